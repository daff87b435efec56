"""The cloud asked in advance: while a shown text that is likely wrong is read, its rejection is prepared.

One call a shown text at most, kept by its document until the person has decided: a rejection that agrees with the
call's text takes it over, anything else ends it. Knows engines only by their protocol.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from ..types import CompletionRequest, Route, Suggestion
from .answer import RunningAnswer
from .escalation import Escalation
from .line import Line
from .record import Journal
from .typed_along import typed_since

_LIKELY_RIGHT = 0.75
"""Chance, or else confidence, from which on a shown text is not prepared for: three of four such calls would be for
nothing. The person's eagerness has no part in it."""


def likely_wrong(suggestion: Suggestion) -> bool:
    """A local text that may well be rejected."""
    route = suggestion.route
    known = route.chance if route.chance is not None else route.confidence
    local = suggestion.origin == "local" and route.to == "local" and bool(suggestion.text)
    return local and known is not None and known < _LIKELY_RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class AheadCall:
    """One such call; `answer` is what it writes into, of which nothing is shown before it is taken over."""

    answer: RunningAnswer

    @property
    def text(self) -> str:
        """The cloud's text so far."""
        return self.answer.shown[-1].text if self.answer.shown else ""

    def left(self, request: CompletionRequest) -> str | None:
        """What is left of the text so far for a later request.

        None when that disagrees with what was typed since, or nothing is left and nothing more will come.
        """
        typed = typed_since(self.answer.request, request)
        if typed is None:
            return None
        if self.text.startswith(typed) and (len(self.text) > len(typed) or not self.answer.over):
            return self.text[len(typed) :]
        return "" if typed.startswith(self.text) and not self.answer.over else None

    async def given_to(self, answer: RunningAnswer) -> Suggestion | None:
        """Shows the text to the request of `answer`, whose rejection it was made for; None where it disagrees."""
        mine, route, shown = self.answer, Route(to="cloud", reason="rejected"), ""
        answer.line.cloud_asked = True
        answer.asks_cloud()
        answer.route = route
        while True:
            mine.news.clear()
            left, over = self.left(answer.request), mine.over
            if left is None or (over and not left):
                answer.line.cloud_asked = False
                answer.asks_nobody()
                return None
            if over:
                answer.took_over(mine)
                return answer.suggestion(left, route, origin="cloud")
            if left not in ("", shown):
                shown = left
                answer.show(answer.suggestion(left, route, origin="cloud", final=False))
            await mine.news.wait()


class AskedAhead:
    """The call of one document, if there is one. `journal` has each call, also one that served nobody."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._call: AheadCall | None = None
        """The one that may still be taken over."""
        self._running: dict[RunningAnswer, Escalation] = {}

    @property
    def busy(self) -> bool:
        """True while a call runs."""
        return bool(self._running)

    def begin(self, request: CompletionRequest, suggestion: Suggestion, line: Line, escalation: Escalation) -> None:
        """Asks while `suggestion` is read, the final one of `request`; nothing where the cloud may not be asked."""
        if not escalation.asks_ahead or self._call is not None or not likely_wrong(suggestion):
            return
        answer = RunningAnswer(
            request=replace(request, last=None, trigger="typing", id=f"{request.id} ahead"),
            line=line,
            ahead={},
            clock=escalation.clock,
            latency_budget_s=escalation.latency_budget_s,
        )
        if answer.forced is None and escalation.cloud_state(answer) == "ready":
            self._call = AheadCall(answer=answer)
            self._running[answer] = escalation
            task = answer.start(escalation.ask_ahead(answer, suggestion.text))
            task.add_done_callback(lambda _: self._running.pop(answer, None))

    async def rejected_by(self, answer: RunningAnswer) -> AheadCall | None:
        """The call, where the request of `answer` is the rejection that it was made for.

        Typing along lets it go on; whatever else the person does ends it.
        """
        call, request = self._call, answer.request
        if call is None:
            return None
        left = call.left(request)
        if answer.forced == "rejected" and left is not None:
            self._call = None
            return call
        if left is None or answer.forced is not None or request.last is not None:
            await self.end()
        return None

    async def taken(self, call: AheadCall, answer: RunningAnswer) -> Suggestion | None:
        """The call's text as that of `answer`; None where it disagrees with what was typed, or the call failed."""
        try:
            final = await call.given_to(answer)
        except asyncio.CancelledError:
            answer.line.cut_off(asked_before=False)
            await call.answer.aclose()
            answer.took_over(call.answer)
            raise
        if final is None:
            await call.answer.aclose()
            self._note(call)
        return final

    async def end(self) -> None:
        """Ends the call that may still be taken over; it was made, so it is in the record."""
        call, self._call = self._call, None
        if call is not None:
            await call.answer.aclose()
            self._note(call)

    async def stop(self, escalation: Escalation | None) -> None:
        """Ends the calls of one cascade, or of all, and waits for them."""
        if self._call is not None and self._running.get(self._call.answer, escalation) in (None, escalation):
            await self.end()
        ending = [answer for answer, by in self._running.items() if escalation in (None, by)]
        await asyncio.gather(*(answer.aclose() for answer in ending))

    def renew(self) -> None:
        """Other tiers answer from now on: the call serves nobody."""
        call, self._call = self._call, None
        if call is not None:
            self._note(call)

    def forget(self) -> None:
        """Drops the text; what runs is not noted. Only assigns, so that any thread may call it."""
        self._call = None
        for answer in tuple(self._running):
            answer.forgotten = True

    def _note(self, call: AheadCall) -> None:
        answer = call.answer
        if answer.asked_cloud and not answer.forgotten:
            self._journal.asked_ahead(answer.trace(answer.suggestion("", answer.route, origin="cloud")))
