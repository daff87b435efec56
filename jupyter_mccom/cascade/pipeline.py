"""One completion from request to suggestion: start reading here.

1. typed along with the last suggestion → the rest of it, no model call (journal)
2. the person's action may send it straight to the cloud, or end asking here (positions)
3. text on which the context agrees is given at once (context_text), and the local engine writes on behind it
4. prompt (prompt) → the local engine streams (local, writing) → gates (route, parse): local, cloud or nothing
5. the cloud streams, the local text its draft; when it fails, the local text if that may be shown → 6. trace
Local text is held until its gates have spoken and then given at once. Knows engines only by their protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from ..errors import EngineError, ModelError, RetrievalError
from ..protocols import Clock, Retriever
from ..types import CompletionRequest, Multiline, Prompt, Reason, Route, Suggestion
from .answer import Run
from .cloud import Cloud
from .document import Flight
from .drafts.context_text import ContextText, context_text
from .engine_context import Context
from .first_to_answer import first_to_answer
from .line import Position, Positions, forced
from .record import Journal
from .route import CloudState, Gates, confidence
from .text.heal import heal
from .text.noise import is_noise
from .tiers import Local
from .writing import Writing, within

_PATIENCE_S = 1.0
"""A cloud that is silent for longer does not keep the local model from answering the next key."""
_TOO_SLOW = "the cloud did not answer in time; name a faster cloud_model, or allow more with latency_budget_s"


class Cascade:
    """`max_tokens` bounds an answer, `latency_budget_s` a request; `multiline` holds for one that does not say."""

    def __init__(
        self,
        *,
        context: Context,
        journal: Journal,
        clock: Clock,
        gates: Gates,
        max_tokens: int,
        latency_budget_s: float,
        multiline: Multiline = "statement",
        cloud: Cloud | None = None,
        retriever: Retriever | None = None,
    ) -> None:
        self._local = Local(context, clock=clock, max_tokens=max_tokens)
        self._context = context
        self._retriever = retriever
        self.journal = journal
        """Suggestions, outcomes and traces so far."""
        self.cloud = cloud
        """None: nothing ever leaves the machine."""
        self._clock = clock
        self.gates = gates
        """May be replaced at any time: those of the next route hold."""
        self._max_tokens = max_tokens
        self._latency_budget_s = latency_budget_s
        self._multiline = multiline
        self._positions = Positions()
        self._flights: dict[tuple[str, str], Flight] = {}

    async def complete(
        self, request: CompletionRequest, *, local_only: bool = False
    ) -> AsyncGenerator[Suggestion, None]:
        """Suggestions for one position, each the full text so far; the last one is final and may be empty.

        A newer request of the same window and document ends them early, or takes them over while it agrees with them.
        Raises EngineError or ModelError when no engine can be asked; closing the iterator stops the model, unless such
        a request comes at once.
        """
        request = self._with_extent(request)
        if request.last is not None:
            self.journal.report(request.last)
        self.journal.asked(request)
        position = self._positions.of(request)
        run = Run(request, self._clock, self._latency_budget_s, forced(request, position))
        run.taken = self.journal.just_taken(request)
        position.ids.add(run.suggestion_id)
        again = self.journal.again(request) if run.forced is None else None
        if again is not None:
            position.ids.add(again.suggestion_id)
            self.journal.open(request, again, run.trace(again))
            yield again
            return
        place = (request.client, request.document)
        running = self._flights.get(place)
        if running is not None:
            async with aclosing(self._of_running(running, run, position)) as suggestions:
                async for suggestion in suggestions:
                    if suggestion.final:
                        self.journal.open(request, suggestion, run.trace(suggestion), local_text=run.local_text)
                    yield suggestion
                    if suggestion.final:
                        return
            await running.aclose()
        flight = self._flights[place] = self._start(run, position, local_only)
        async with aclosing(flight.suggestions()) as suggestions:
            async for suggestion in suggestions:
                yield suggestion

    def forget(self) -> None:
        """Drops all that was written and done. Only assigns, so that any thread may call it."""
        for part in (self.journal, self._positions, self._local):
            part.forget()

    async def warm(self, request: CompletionRequest) -> None:
        """Makes the first key at a position quick. Raises as `complete` does; cancelling it frees the model."""
        await self._local.warm(request)

    async def look_ahead(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        """Answers in advance where the person will be after taking `suggestion`, the final one of `request`.

        Raises as `complete` does; cancelling it frees the model.
        """
        request = self._with_extent(request)
        await self._local.look_ahead(request, suggestion.text, budget_s=self._latency_budget_s)

    def _with_extent(self, request: CompletionRequest) -> CompletionRequest:
        return replace(request, multiline=request.multiline or self._multiline)

    async def prompt(
        self, request: CompletionRequest, *, cloud: bool = False, text: str = "", confidence: float | None = None
    ) -> Prompt:
        """The local or the cloud engine's prompt for a request; `text` and `confidence` as in Context.prompt."""
        assert not cloud or self.cloud is not None
        context = self.cloud.context if cloud and self.cloud else self._context
        return (await context.prompt(request, text=text, confidence=confidence))[0]

    async def stop(self) -> None:
        """Ends what runs."""
        await asyncio.gather(*(flight.aclose() for flight in self._flights.values()))

    async def aclose(self) -> None:
        """Ends what runs, and the engines."""
        await self.stop()
        await self._context.engine.aclose()
        if self.cloud is not None:
            await self.cloud.engine.aclose()
        if self._retriever is not None:
            await self._retriever.aclose()

    async def _of_running(self, running: Flight, run: Run, position: Position) -> AsyncGenerator[Suggestion, None]:
        """A running answer, while it agrees with what was typed since; of a silent cloud and the local model the first.

        Ends with no final one when neither has any.
        """
        if run.forced is not None or not running.agrees(run.request):
            return
        answers = running.rest(run.request)
        if running.silent_s > _PATIENCE_S:
            answers = first_to_answer(answers, self._meanwhile(run, position))
        async with aclosing(answers):
            async for suggestion in answers:
                yield suggestion

    async def _meanwhile(self, run: Run, position: Position) -> AsyncGenerator[Suggestion, None]:
        """The local text, if it may be shown."""
        try:
            async with aclosing(self._answers(run, position, "spent")) as suggestions:
                async for suggestion in suggestions:
                    if suggestion.text:
                        yield suggestion
        except (EngineError, ModelError):
            return

    def _start(self, run: Run, position: Position, local_only: bool) -> Flight:
        place = (run.request.client, run.request.document)

        def over(flight: Flight) -> None:
            if self._flights.get(place) is flight:
                del self._flights[place]

        answers = self._noted(run, position, local_only)
        flight = Flight(run.request, answers, peek=run.peek, silent_s=lambda: run.cloud_silent_s, over=over)
        run.wake = flight.wake
        return flight

    async def _noted(self, run: Run, position: Position, local_only: bool) -> AsyncGenerator[Suggestion, None]:
        """The answers, the final one noted in the journal."""
        state: CloudState = "off" if local_only else self._cloud_state(run, position)
        async with aclosing(self._answers(run, position, state)) as suggestions:
            async for suggestion in suggestions:
                if suggestion.final:
                    self.journal.open(run.request, suggestion, run.trace(suggestion), local_text=run.local_text)
                yield suggestion

    async def _answers(self, run: Run, position: Position, state: CloudState) -> AsyncGenerator[Suggestion, None]:
        if run.forced == "dismissed":
            yield run.suggestion("", Route(to="nothing", reason="dismissed"))
            return
        if run.forced and state == "ready":
            route = Route(to="cloud", reason=run.forced)
        else:
            begun = await self._from_context(run)
            if begun is not None and not begun.whole:
                yield run.suggestion(begun.text, Route(to="local", reason="context"), final=False)
            route = await (self._grown(run, begun) if begun else self._local_route(run, state))
            position.wrote(run.request.prefix, run.local_text, run.confidence, run.suggestion_id, run.hits)
        if route.to != "cloud":
            yield run.suggestion(run.local_text if route.to == "local" else "", route)
            return
        async with aclosing(self._cloud_texts(run, position, route)) as suggestions:
            async for suggestion in suggestions:
                yield suggestion

    async def _from_context(self, run: Run) -> ContextText | None:
        """What may be shown at once; nothing that the person has just rejected, and no noise."""
        found = await asyncio.to_thread(context_text, run.request) if run.forced is None else None
        if found is not None and run.request.trigger == "typing" and is_noise(run.request, found.text, taken=run.taken):
            return None
        if found is not None:
            run.from_context = found.text
            run.wrote(found.text, parses=True)
            run.lap("context")
        return found

    async def _grown(self, run: Run, begun: ContextText) -> Route:
        """What the local model adds, where its gates let it; the text that is shown already stays in any case."""
        route = Route(to="local", reason="context")
        if begun.whole:
            return route
        gates, run.begun = self._gates_of(run.request), begun.begun
        try:
            written = await self._local.write(run, hopeless=gates.hopeless, begun=begun.begun)
        except (EngineError, ModelError, TimeoutError):
            return route
        finally:
            run.begun = ""
        added = written.text if written.generation.stop not in ("late", "hopeless") else ""
        found = gates.route(written.generation.tokens, text=added, parses=written.parses, cloud="off")
        if found.to == "local":
            run.wrote((begun.begun + added).rstrip(), parses=True)
            return replace(route, confidence=found.confidence, chance=found.chance)
        return route

    async def _local_route(self, run: Run, state: CloudState) -> Route:
        """Lets the local engine write, and asks the gates."""
        gates = self._gates_of(run.request)
        hopeless = gates.hopeless if state == "ready" else lambda tokens: False
        try:
            written = await self._local.write(run, hopeless=hopeless)
        except (EngineError, ModelError):
            if state != "ready":
                raise
            return Route(to="cloud", reason="offline")
        except TimeoutError:
            return Route(to="nothing", reason="late")
        tokens = written.generation.tokens
        if written.generation.stop == "late":
            return Route(to="nothing", reason="late", confidence=confidence(tokens))
        text, parses = written.text, written.parses
        run.wrote(text, parses=parses)
        noise = run.request.trigger == "typing" and await asyncio.to_thread(
            is_noise, run.request, text, taken=run.taken
        )
        return gates.route(tokens, text=text, parses=parses, cloud=state, noise=noise)

    async def _cloud_texts(self, run: Run, position: Position, route: Route) -> AsyncGenerator[Suggestion, None]:
        assert self.cloud is not None
        request, engine = run.request, self.cloud.engine
        draft = run.local_text or position.draft(request.prefix)
        draft = draft if self.cloud.context.allows(position.local_hits) else ""
        draft = draft and heal(request.prefix.rpartition("\n")[2]).left + draft
        run.writing = writing = Writing(engine, request, clock=self._clock, max_tokens=self._max_tokens)
        shown, reason = "", route.reason
        if not self.cloud.budget.take():
            yield self._without_cloud(run, "budget")
            return
        asked_before, position.cloud_asked = position.cloud_asked, True
        run.asks_cloud()
        position.asked_prefix = request.prefix if route.reason == "asked" else position.asked_prefix
        try:
            query = position.local_line
            more = self.cloud.context.prompt(request, text=query, confidence=position.local_confidence)
            prompt, run.hits = await within(run.left_s, more)
            await self.cloud.spend(prompt, draft)
            async with aclosing(writing.texts(prompt, draft=draft, deadline_s=run.deadline_s)) as found:
                async for _ in found:
                    run.wake()
                    text = writing.text
                    if text != shown and text.startswith(shown):
                        shown = text
                        yield run.suggestion(text, route, origin="cloud", final=False)
        except EngineError as error:
            run.trouble, reason = str(error), "offline"
        except TimeoutError:
            reason = "late"
        except (asyncio.CancelledError, GeneratorExit):
            position.cut_off(asked_before=asked_before)
            raise
        finally:
            run.took("cloud", writing.generation)
            self.cloud.budget.spend(sum(bool(token.text) for token in writing.generation.tokens))
        if reason == "late" or (reason != "offline" and writing.generation.stop == "late"):
            run.trouble, reason = _TOO_SLOW, "late"
        text = shown if reason in ("offline", "late") else writing.text
        yield run.suggestion(text, route, origin="cloud") if text else self._without_cloud(run, reason)

    def _without_cloud(self, run: Run, reason: Reason) -> Suggestion:
        """The local text after all, where it may be shown; never one that the person has rejected."""
        text = run.local_text if run.parses and run.forced is None else ""
        route = self._gates_of(run.request).without_cloud(run.features, text, reason)
        return run.suggestion(text if route.to == "local" else "", route)

    def _gates_of(self, request: CompletionRequest) -> Gates:
        """Who asks by hand is shown what there is."""
        return self.gates if request.trigger == "typing" else replace(self.gates, show=0.0)

    def _cloud_state(self, run: Run, position: Position) -> CloudState:
        if self.cloud is None:
            return "off"
        try:
            if self.cloud.kept_out(run.request.document):
                return "off"
        except RetrievalError as error:
            run.trouble = str(error)
            return "off"
        if self.cloud.budget.spent:
            return "budget"
        return "spent" if position.cloud_asked and run.forced != "asked" else "ready"
