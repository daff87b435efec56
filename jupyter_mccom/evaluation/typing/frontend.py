"""What the front end does with keys and answers, without a browser: asks, paints, and tells what became of a text.

The rules are those of `labextension/src` (provider.ts, outcomes.ts, anchor.ts) and of JupyterLab's completer: a request
a key after the debounce; a newer one cancels the older; a reply takes the place of what is shown. Otherwise than there
a key that is typed along is answered by the server. Left out: brackets that close by themselves, frames, and other
providers. Knows nothing of what will be typed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from ...errors import EngineError
from ...types import READ_MS, CompletionRequest, Origin, Outcome, OutcomeKind, Suggestion
from .rhythm import CORE_DELAY_S, Rhythm

Ending = Literal["accepted", "mismatch", "deleted", "dismissed", "moved", "superseded", "whole"]
"""How a suggestion ends: the values of `Ending` in outcomes.ts, and `whole` where all of it was typed."""


class CompletionServer(Protocol):
    """What the front end speaks with: server.completions.Completions is one."""

    def begin(self, request: CompletionRequest, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs the work of a request; an older one of the same window and document is cancelled."""
        ...

    def complete(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        """The suggestions of a request, as Cascade.complete gives them."""
        ...

    def report(self, outcome: Outcome) -> None:
        """How a suggestion ended."""
        ...

    async def aclose(self) -> None:
        """Ends what runs."""
        ...


@dataclass(slots=True, kw_only=True)
class SentRequest:
    """One request; times in seconds of the event loop."""

    at_s: float
    n_typed: int
    along: bool
    """A whole text that agrees with all that was typed was shown already."""
    rejects: bool = False
    """It tells that a text was rejected, for which the cloud may be asked."""
    cloud_s: float | None = None
    """Until the first text of the cloud was there; None where none came."""
    answered: bool = False
    """Something came."""
    text_s: float | None = None
    """Until its text was whole, from the request that began it; None when it was cancelled before or had none."""
    ended: bool = False
    """True once the final line of the answer came."""


@dataclass(slots=True, kw_only=True)
class Ghost:
    """A text at the cursor."""

    suggestion_id: str
    text: str
    """The whole of it, as it follows what stood there when it was asked for."""
    n_start: int
    """Characters of the statement that stood there then."""
    origin: Origin
    final: bool
    painted_s: float
    whole_s: float = 0.0
    """When all of its text was there; 0 until then."""
    partly: bool = False
    n_kept: int = 0
    """Characters of it that stand there."""


class FrontEnd:
    """`start` is a request at the statement's first character; needs a running event loop.

    `debounce_max_s` is the setting `debounce_max_ms`.
    """

    def __init__(self, server: CompletionServer, start: CompletionRequest, *, debounce_max_s: float) -> None:
        self._server = server
        self._start = start
        self._debounce_max_s = debounce_max_s
        self._rhythm = Rhythm()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last: Outcome | None = None
        self._ended_ids: set[str] = set()
        """A suggestion has one outcome, also where it is shown once more."""
        self.typed = ""
        """What stands of the statement."""
        self.ghost: Ghost | None = None
        """What is shown."""
        self.news = asyncio.Event()
        """Set whenever what is shown changes."""
        self.asked: list[SentRequest] = []
        """The requests, in order."""
        self.painted: dict[str, Ghost] = {}
        """Each suggestion as it was when its text was whole, or as last seen."""

    @property
    def left(self) -> str:
        """What is shown at the cursor; empty when nothing is."""
        return self.ghost.text[len(self.typed) - self.ghost.n_start :] if self.ghost else ""

    def key(self, key: str) -> None:
        """A character is typed."""
        agrees = bool(self.ghost) and self.left.startswith(key)
        self.typed += key
        self._rhythm.key(self._loop.time())
        if self.ghost is not None:
            if agrees:
                self._kept(self.ghost)
                self._end_if_whole()
            else:
                self._end("mismatch")
        self._ask_soon()

    def take(self, text: str) -> None:
        """The next characters of what is shown are accepted."""
        assert self.ghost is not None
        assert self.left.startswith(text)
        ghost, whole = self.ghost, text == self.left
        self.typed += text
        self._rhythm.key(self._loop.time())
        self._kept(ghost)
        ghost.partly = ghost.partly or not whole
        if whole:
            self._end("accepted")
        self._ask_soon()

    async def leave(self) -> None:
        """The cursor goes to another line; what still runs ends."""
        if self._timer is not None:
            self._timer.cancel()
        if self.ghost is not None:
            self._end("moved")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ask_soon(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(CORE_DELAY_S, self._wait)

    def _wait(self) -> None:
        if not (self.ghost and self.ghost.final and self.left):  # else the page goes on with what it has
            for task in self._tasks:
                task.cancel()
        wait_s = self._rhythm.wait_s(self._loop.time(), self._debounce_max_s)
        self._timer = self._loop.call_later(wait_s, self._ask)

    def _ask(self) -> None:
        along = bool(self.ghost and self.ghost.final and self.left)
        asked = SentRequest(at_s=self._loop.time(), n_typed=len(self.typed), along=along)
        request = replace(
            self._start,
            id=f"{self._start.id}-{len(self.asked)}",
            prefix=self._start.prefix + self.typed,
            last=self._last,
        )
        asked.rejects = self._last is not None and self._last.kind == "rejected"
        self._last = None
        self.asked.append(asked)
        task = self._server.begin(request, self._answers(request, asked))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answers(self, request: CompletionRequest, asked: SentRequest) -> None:
        try:
            async with aclosing(self._server.complete(request)) as suggestions:
                async for suggestion in suggestions:
                    self._answered(suggestion, asked)
        except EngineError:
            asked.ended = True  # as the front end does: no text, and the next key asks again
            self._rhythm.answered(self._loop.time() - asked.at_s)

    def _answered(self, suggestion: Suggestion, asked: SentRequest) -> None:
        if not asked.answered and (suggestion.text or suggestion.final):
            asked.answered = True
            if not asked.along:  # those the page answers by itself
                self._rhythm.answered(self._loop.time() - asked.at_s)
        if suggestion.text and suggestion.origin == "cloud" and asked.cloud_s is None:
            asked.cloud_s = self._loop.time() - asked.at_s
        if suggestion.text and suggestion.final:
            asked.text_s = self._loop.time() - self._began_s(asked, suggestion)
        asked.ended = asked.ended or suggestion.final
        since = self.typed[asked.n_typed :]
        if since and not suggestion.final and not (self.ghost and self.ghost.suggestion_id == suggestion.suggestion_id):
            return  # core drops what comes behind a further key; what is final the page has kept
        if not suggestion.text.startswith(since) or len(since) == len(suggestion.text):
            if suggestion.final and not suggestion.text and self.ghost is not None:
                self._end("superseded")
            return
        self._paint(suggestion, asked)

    def _began_s(self, asked: SentRequest, suggestion: Suggestion) -> float:
        """When the answer was asked for that this request took over, else when this one was sent."""
        if suggestion.origin != "again":
            return asked.at_s
        began = asked.n_typed - suggestion.kept_chars
        return next((one.at_s for one in self.asked if one.n_typed == began), asked.at_s)

    def _paint(self, suggestion: Suggestion, asked: SentRequest) -> None:
        ghost = self.ghost
        if ghost is not None and ghost.suggestion_id == suggestion.suggestion_id:
            ghost.final = suggestion.final
            ghost.text = self._start_of(ghost, asked) + suggestion.text
        else:
            if ghost is not None:
                self._end("superseded")
            self.ghost = Ghost(
                suggestion_id=suggestion.suggestion_id,
                text=suggestion.text,
                n_start=asked.n_typed,
                origin=suggestion.origin,
                final=suggestion.final,
                painted_s=self._loop.time(),
            )
            self.painted[suggestion.suggestion_id] = self.ghost
        assert self.ghost is not None
        self._kept(self.ghost)
        if self.ghost.final and not self.ghost.whole_s:
            self.ghost.whole_s = self._loop.time()
        self.news.set()

    def _kept(self, ghost: Ghost) -> None:
        """All that was typed or taken since it was asked for, before it was painted too, as the page counts."""
        ghost.n_kept = min(len(self.typed) - ghost.n_start, len(ghost.text))

    def _start_of(self, ghost: Ghost, asked: SentRequest) -> str:
        """What stood of a suggestion already when the request that continues it was sent."""
        return self.typed[ghost.n_start : asked.n_typed]

    def _end_if_whole(self) -> None:
        if self.ghost is not None and self.ghost.final and not self.left:
            self._end("whole")

    def _end(self, ending: Ending) -> None:
        ghost = self.ghost
        assert ghost is not None
        shown_ms = round(1000 * (self._loop.time() - ghost.painted_s))
        kind = kind_of(ending, painted=True, partly=ghost.partly, kept_chars=ghost.n_kept, shown_ms=shown_ms)
        kept = kept_of(kind, total_chars=len(ghost.text), kept_chars=ghost.n_kept)
        self.ghost = None
        if ghost.suggestion_id not in self._ended_ids:
            self._ended_ids.add(ghost.suggestion_id)
            self._last = Outcome(suggestion_id=ghost.suggestion_id, kind=kind, kept_chars=kept, shown_ms=shown_ms)
            self._server.report(self._last)
        self.news.set()


def kind_of(ending: Ending, *, painted: bool, partly: bool, kept_chars: int, shown_ms: int) -> OutcomeKind:
    """The kind of an outcome, by the rules of `kindOf` in outcomes.ts; both pass `tests/cases/outcomes.json`.

    Only what was visible long enough to be read can be rejected or dismissed.
    """
    if ending == "accepted" or (ending == "whole" and partly):
        return "accepted"
    if not painted:
        return "unseen"
    if partly and kept_chars > 0:
        return "partial"
    if ending == "whole":
        return "typed"
    if ending in ("moved", "superseded") or shown_ms < READ_MS:
        return "moved" if ending == "moved" else "superseded"
    return "dismissed" if ending == "dismissed" else "rejected"


def kept_of(kind: OutcomeKind, *, total_chars: int, kept_chars: int) -> int:
    """The characters that an outcome reports."""
    if kind == "accepted":
        return total_chars
    return kept_chars if kind in ("typed", "partial") else 0
