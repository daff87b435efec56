"""What was done at each cursor line: the cloud was asked, a suggestion was sent away, the last local text.

A position is a line of a cell (the text above it); it is forgotten when the cursor's line changes. Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from ..types import READ_MS, CompletionRequest, Hit, Outcome, Reason

_KEPT = 100
_MOST_CUT_OFF = 3
"""Calls a line that may be cut off before their text was whole until the line counts as asked: a quick typist types
something else than the first word of most (`bench --suite keystrokes`: 18 of 20 calls)."""


@dataclass(slots=True, kw_only=True)
class Position:
    """The memory of one line; the pipeline writes into it."""

    cell_id: str
    above: str
    cloud_asked: bool = False
    """Its text was whole once, or it has had its chances."""
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

    def cut_off(self, *, asked_before: bool) -> None:
        """The running call has brought no whole text: the next key may ask again, unless the line counted before."""
        self.n_cut_off += 1
        self.cloud_asked = asked_before or self.n_cut_off > _MOST_CUT_OFF

    def draft(self, prefix: str) -> str:
        """The local text, re-based: what is left of it when all that was typed since agrees with it; else empty."""
        typed = prefix.removeprefix(self.local_prefix)
        agrees = prefix.startswith(self.local_prefix) and self.local_text.startswith(typed)
        return self.local_text[len(typed) :] if agrees else ""


class Positions:
    """The current position of each window and document."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Position] = OrderedDict()

    def of(self, request: CompletionRequest) -> Position:
        """The request's position, new when the line has changed since the document's last request."""
        place, kept = (request.client, request.document), self._kept
        above = request.prefix[: request.prefix.rfind("\n") + 1]
        found = kept.get(place)
        if found is None or (found.cell_id, found.above) != (request.cell_id, above):
            found = kept[place] = Position(cell_id=request.cell_id, above=above)
        kept.move_to_end(place)
        while len(kept) > _KEPT:
            kept.popitem(last=False)
        return found

    def forget(self) -> None:
        """Drops all. Only assigns, so that any thread may call it."""
        self._kept = OrderedDict()


def forced(request: CompletionRequest, position: Position) -> Reason | None:
    """`asked` or `rejected` when the person's action sends this request to the cloud, `dismissed` when it ends asking.

    An action counts for the position at which it was done; `ask` works once at a cursor, the rest once a line.
    """
    last = request.last
    if last is not None and last.kind == "dismissed" and last.shown_ms >= READ_MS:
        position.dismissed = position.dismissed or last.suggestion_id in position.ids
    if request.trigger == "ask" and position.asked_prefix != request.prefix:
        return "asked"
    if request.trigger != "typing":
        position.dismissed = False
    if position.dismissed:
        return "dismissed"
    return "rejected" if last is not None and _counts(last, position) else None


def _counts(last: Outcome, position: Position) -> bool:
    read = last.kind == "rejected" and last.shown_ms >= READ_MS
    return read and last.suggestion_id == position.local_id and not position.cloud_asked
