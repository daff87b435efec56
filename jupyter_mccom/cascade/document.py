"""One open document in one window, from its first request until it is forgotten: start at `complete`.

1. typed along with the last suggestion → the rest of it, no model call
2. an answer still runs that agrees with what was typed since → it goes on for this request
3. else a new answer: the tiers in turn (`escalation.py`), the final suggestion noted in the record
Holds the line that the cursor is on, the last suggestion, the running answer, the hits of retrieval and what was
answered in advance. Knows engines only by their protocol, and nothing of HTTP.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Coroutine, Iterator, MutableMapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from ..errors import EngineError, ModelError
from ..types import CompletionRequest, Hit, Suggestion
from .answer import RunningAnswer
from .asked_ahead import AheadCall, AskedAhead
from .escalation import Escalation
from .first_to_answer import first_to_answer
from .line import Line, place_of
from .line_agreement import LocalTexts
from .record import Journal
from .route import CloudState
from .typed_along import Follower, agrees, continued, typed_since
from .writing import LocalText

_PATIENCE_S = 1.0
"""A cloud that is silent for longer does not keep the local model from answering the next key."""


class Document:
    """The memory of one document; `journal` is that of all."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._line: Line | None = None
        self._last: tuple[CompletionRequest, Suggestion] | None = None
        self._texts = LocalTexts()
        self.held: MutableMapping[str, Sequence[Hit]] = {}
        """The last hits of a first round of retrieval, by cell."""
        self.ahead: OrderedDict[CompletionRequest, LocalText] = OrderedDict()
        """Answers given in advance."""
        self._answer: RunningAnswer | None = None
        """The one that a later request may take over."""
        self._running: dict[RunningAnswer, Escalation] = {}
        """All that are not over yet, and who writes them."""
        self._open: set[RunningAnswer] = set()
        """The answers of requests that are being answered, begun or not."""
        self._asked_ahead = AskedAhead(journal)
        """The call that was made in advance for the last suggestion."""
        self._escalation: Escalation | None = None
        self._asking: asyncio.Task[None] | None = None

    def begin(self, request: CompletionRequest, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs the work of a request; that of an older one is cancelled."""
        if self._asking is not None:
            self._asking.cancel()
        self._asking = asyncio.create_task(work, name=f"mccom complete {request.id}")
        self._asking.add_done_callback(self._answered)
        return self._asking

    @property
    def asking(self) -> asyncio.Task[None] | None:
        """The request that waits for an answer now."""
        return self._asking

    @property
    def busy(self) -> bool:
        """True while a request waits or an answer runs."""
        return self._asking is not None or bool(self._running or self._open) or self._asked_ahead.busy

    async def complete(
        self, request: CompletionRequest, escalation: Escalation, *, local_only: bool = False
    ) -> AsyncGenerator[Suggestion, None]:
        """The suggestions for one request; Cascade.complete says what is promised."""
        await self._keep_hedged(request)
        with self._opened(request, escalation) as answer, ExitStack() as waiting:
            again = self._again(request) if answer.forced is None else None
            if again is not None:
                answer.line.ids.add(again.suggestion_id)
                self._note(answer, again)
                yield again
                return
            asked = await self._asked_ahead.rejected_by(answer)
            if asked is not None:
                follower = await self._newer(answer, escalation, waiting, local_only=local_only, asked=asked)
                found: Sequence[Suggestion] = await follower.more()
            else:
                follower, found = await self._older(answer, escalation, waiting)
            if not found:
                follower = await self._newer(answer, escalation, waiting, local_only=local_only)
                found = await follower.more()
            while found:
                for suggestion in found:
                    if suggestion.final:
                        self._note(answer, suggestion)
                    yield suggestion
                found = await follower.more()

    async def warm(self, request: CompletionRequest, escalation: Escalation) -> None:
        """Evaluates the prompt of a position, so that the first key there is quick."""
        self._renew(escalation)
        await escalation.local.warm(request)

    async def look_ahead(self, request: CompletionRequest, suggestion: Suggestion, escalation: Escalation) -> None:
        """Answers in advance what follows `suggestion`; nothing where that was forgotten meanwhile."""
        self._renew(escalation)
        if self._last is None:
            return
        budget_s = escalation.latency_budget_s
        await escalation.local.look_ahead(request, suggestion.text, self.ahead, budget_s=budget_s)

    def ask_ahead(self, request: CompletionRequest, suggestion: Suggestion, escalation: Escalation) -> None:
        """Asks the cloud while a suggestion is read that is likely wrong; nothing where it may not be asked."""
        if self._line is not None and self._last is not None and self._last[1] == suggestion:
            self._asked_ahead.begin(request, suggestion, self._line, escalation)

    def agrees(self, request: CompletionRequest) -> bool:
        """An answer runs, and what was typed since it began may still be the beginning of its text."""
        return self._answer is not None and not self._answer.over and agrees(self._answer, request)

    def rest(self, request: CompletionRequest) -> Suggestion | None:
        """What is left of the last suggestion; None when what was typed since disagrees with it, or it has ended."""
        first, shown = self._last or (None, None)
        if first is None or shown is None or not shown.final or self._journal.ended(shown.suggestion_id):
            return None
        return continued(first, shown, request)

    def forget(self) -> None:
        """Drops every text. Only assigns, so that any thread may call it; what runs ends as it is and is not noted."""
        self._line, self._last, self._texts = None, None, LocalTexts()
        self.held, self.ahead, self._answer = {}, OrderedDict(), None
        self._asked_ahead.forget()
        for answer in (*tuple(self._running), *tuple(self._open)):
            answer.forgotten = True

    async def stop(self, escalation: Escalation | None = None) -> None:
        """Ends the answers that run, of one cascade or of all, and waits until the models are free."""
        await self._asked_ahead.stop(escalation)
        ending = [answer for answer, by in self._running.items() if escalation in (None, by)]
        await asyncio.gather(*(answer.aclose() for answer in ending))

    @contextmanager
    def _opened(self, request: CompletionRequest, escalation: Escalation) -> Iterator[RunningAnswer]:
        """The state of a request: how the last suggestion ended, what was left on the line before, which line it is."""
        self._renew(escalation)
        if request.last is not None:
            self._journal.report(request.last)
        self._journal.left(self._texts.left(request))
        line = self._line
        if line is None or not line.holds(request):
            cell_id, above = place_of(request)
            line = self._line = Line(cell_id=cell_id, above=above)
        answer = RunningAnswer(
            request=request,
            line=line,
            ahead=self.ahead,
            clock=escalation.clock,
            latency_budget_s=escalation.latency_budget_s,
            taken=self._just_taken(request),
        )
        self._open.add(answer)
        try:
            yield answer
        finally:
            self._open.discard(answer)

    def _renew(self, escalation: Escalation) -> None:
        """Drops what other tiers have written, after a change of the settings; the last suggestion stays."""
        former, self._escalation = self._escalation, escalation
        if former not in (None, escalation):
            self._line, self._answer = None, None
            self._asked_ahead.renew()
            self.held, self.ahead = {}, OrderedDict()

    def _again(self, request: CompletionRequest) -> Suggestion | None:
        return self.rest(request) if request.trigger != "ask" else None

    def _just_taken(self, request: CompletionRequest) -> bool:
        """The last suggestion was accepted, and the cursor stands where it ends."""
        first, shown = self._last or (None, None)
        if first is None or shown is None or request.last is None or request.last.kind != "accepted":
            return False
        return first.cell_id == request.cell_id and request.prefix == first.prefix + shown.text

    async def _older(
        self, answer: RunningAnswer, escalation: Escalation, waiting: ExitStack
    ) -> tuple[Follower, Sequence[Suggestion]]:
        """The running answer, while it agrees with what was typed since, and what it has for this request.

        While its cloud is silent the local model writes too, and the first to have something is taken. Without
        suggestions where neither has any.
        """
        request, older = answer.request, self._answer
        follower = Follower(answer, request)
        if older is None or answer.forced is not None or not self.agrees(request):
            return follower, []
        rest = Follower(older, request)
        if older.cloud_silent_s <= _PATIENCE_S:
            waiting.enter_context(older.awaited())
            return rest, await rest.more()
        with ExitStack() as of_older:
            of_older.enter_context(older.awaited())
            self._start(answer, self._meanwhile(answer, escalation), escalation)
            waiting.callback(answer.cancel)
            number, found = await first_to_answer(_while(of_older, rest), follower.more()) or (0, [])
            if number == 0:
                waiting.enter_context(of_older.pop_all())
                await answer.aclose()
        return (rest, follower)[number], found

    async def _newer(
        self,
        answer: RunningAnswer,
        escalation: Escalation,
        waiting: ExitStack,
        *,
        local_only: bool,
        asked: AheadCall | None = None,
    ) -> Follower:
        """A new answer takes the place of the running one, once the model is free.

        Whether the cloud may be asked is known only then: the running one's call may have been cut off by it.
        """
        if not local_only:
            await escalation.look(answer)
        waiting.close()
        running = [one for one, by in self._running.items() if by is escalation]
        await asyncio.gather(*(one.aclose() for one in running))
        state: CloudState = "off" if local_only else escalation.cloud_state(answer)
        if state in ("ready", "spent") and answer.forced != "dismissed" and not answer.proposes:
            self._journal.would_ask(escalation.clock.unix_s())
        self._start(answer, self._write(answer, escalation, state, asked), escalation)
        self._answer = answer
        waiting.enter_context(answer.awaited())
        return Follower(answer, answer.request)

    async def _keep_hedged(self, request: CompletionRequest) -> None:
        """Once something is typed, the local text that is shown for a silent cloud stays: the call ends."""
        older = self._answer
        if older is None or older.over or not older.holds_local or typed_since(older.request, request) == "":
            return
        await older.aclose()

    def _start(self, answer: RunningAnswer, work: Coroutine[Any, Any, None], escalation: Escalation) -> None:
        self._running[answer] = escalation
        answer.start(work).add_done_callback(lambda _: self._over(answer))

    def _over(self, answer: RunningAnswer) -> None:
        if answer.over:
            self._running.pop(answer, None)
            self._answer = None if self._answer is answer else self._answer
            self.held = {} if answer.forgotten else self.held  # it may have searched since

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._asking = None if self._asking is task else self._asking

    async def _write(
        self, answer: RunningAnswer, escalation: Escalation, state: CloudState, asked: AheadCall | None
    ) -> None:
        try:
            final = await self._asked_ahead.taken(asked, answer) if asked is not None else None
            final = final or await escalation.answer(answer, state)
        except asyncio.CancelledError:
            if answer.asked_cloud:  # a call that was made is in the record, whatever came of it
                self._note(answer, answer.cut_off())
            raise
        self._note(answer, final)
        answer.show(final)

    async def _meanwhile(self, answer: RunningAnswer, escalation: Escalation) -> None:
        """The local text, if it may be shown."""
        with suppress(EngineError, ModelError):
            final = await escalation.answer(answer, "spent")
            if final.text:
                answer.show(final)

    def _note(self, answer: RunningAnswer, suggestion: Suggestion) -> None:
        """Keeps the final suggestion of a request, once."""
        if answer.noted or answer.forgotten:
            return
        answer.noted = True
        trace = answer.trace(suggestion)
        if suggestion.origin != "again":
            self._last = (answer.request.without_cells(), suggestion)
        if self._journal.note(suggestion, trace, local_text=answer.local_text):
            self._texts.wrote(answer.request, trace.suggestion_id, answer.local_text)


async def _while(waiting: ExitStack, follower: Follower) -> Sequence[Suggestion]:
    """What is new for a follower, which stops waiting when there is nothing."""
    found = await follower.more()
    if not found:
        waiting.close()
    return found
