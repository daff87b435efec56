"""The cursor's line: what was done there, and what the local model last wrote; which action sends a request on.

A line is told by the text above it in its cell, and is forgotten when the cursor goes to another one. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ..types import READ_MS, CompletionRequest, Hit, Outcome, Reason

_MOST_CUT_OFF = 3
"""Calls a line that may be cut off before their text was whole until the line counts as asked: a quick typist types
something else than the first word of most (`bench --suite keystrokes`: 18 of 20 calls)."""

_CUT_WORD = re.compile(r"\w+$")


@dataclass(slots=True, kw_only=True)
class Line:
    """The memory of one line; the tiers write into it."""

    cell_id: str
    above: str
    cloud_asked: bool = False
    """The cloud's text was whole once, or the line has had its chances."""
    n_cut_off: int = 0
    """Calls whose text was never whole, since what was typed meanwhile was something else."""
    dismissed: bool = False
    ids: set[str] = field(default_factory=set)
    """Suggestions that were made or went on here."""
    asked_prefix: str = ""
    """Where the person last asked for the cloud."""
    local_id: str = ""
    """The suggestion whose text was written by the local model here."""
    local_text: str = ""
    local_prefix: str = ""
    local_confidence: float | None = None
    local_hits: tuple[Hit, ...] = ()
    """What stood in the local model's prompt, so that its text may tell of it."""

    def holds(self, request: CompletionRequest) -> bool:
        """The cursor of this request stands on this line."""
        return (self.cell_id, self.above) == place_of(request)

    @property
    def local_line(self) -> str:
        """The line as the local model would have had it; empty when it wrote nothing."""
        return self.local_prefix.rpartition("\n")[2] + self.local_text if self.local_text else ""

    def wrote(
        self, prefix: str, text: str, confidence: float | None, suggestion_id: str, hits: tuple[Hit, ...]
    ) -> None:
        """Keeps what the local model wrote at `prefix`."""
        self.local_prefix, self.local_text, self.local_hits = prefix, text, hits
        self.local_confidence, self.local_id = confidence, suggestion_id

    def wrote_hopeless(self, prefix: str, text: str, confidence: float | None, hits: tuple[Hit, ...]) -> None:
        """Keeps a text that was cut off, less the word that it was cut in, unless a whole one still agrees."""
        if not self.draft(prefix):
            self.wrote(prefix, _CUT_WORD.sub("", text), confidence, "", hits)

    def cut_off(self, *, asked_before: bool) -> None:
        """The running call has brought no whole text: the next key may ask again, unless the line counted before."""
        self.n_cut_off += 1
        self.cloud_asked = asked_before or self.n_cut_off > _MOST_CUT_OFF

    def typed_over(self, prefix: str) -> tuple[str, str]:
        """The local text, and what was typed in its place; both empty where the line was changed before it."""
        if not self.local_text or not prefix.startswith(self.local_prefix):
            return "", ""
        return self.local_text, prefix[len(self.local_prefix) :]

    def draft(self, prefix: str) -> str:
        """The local text, re-based: what is left of it when all that was typed since agrees with it; else empty."""
        typed = prefix.removeprefix(self.local_prefix)
        agrees = prefix.startswith(self.local_prefix) and self.local_text.startswith(typed)
        return self.local_text[len(typed) :] if agrees else ""


def place_of(request: CompletionRequest) -> tuple[str, str]:
    """The cell of the cursor's line and the text above it there."""
    return request.cell_id, request.prefix[: request.prefix.rfind("\n") + 1]


def forced(request: CompletionRequest, line: Line) -> Reason | None:
    """`asked` or `rejected` when the person's action sends this request to the cloud, `dismissed` when it ends asking.

    An action counts for the line at which it was done; `ask` works once at a cursor, the rest once a line.
    """
    last = request.last
    if last is not None and last.kind == "dismissed" and last.shown_ms >= READ_MS:
        line.dismissed = line.dismissed or last.suggestion_id in line.ids
    if request.trigger == "ask" and line.asked_prefix != request.prefix:
        return "asked"
    if request.trigger != "typing":
        line.dismissed = False
    if line.dismissed:
        return "dismissed"
    return "rejected" if last is not None and _counts(last, line) else None


def _counts(last: Outcome, line: Line) -> bool:
    read = last.kind == "rejected" and last.shown_ms >= READ_MS
    return read and last.suggestion_id == line.local_id and not line.cloud_asked
