"""One completion from request to suggestion: start reading here.

1. typed along with the last suggestion → the rest of it, no model call (journal)
2. prompt within the budget (prompt) → 3. the local engine streams until the statement ends (trim) → 4. trace
Local text is held until its statement is finished and then given at once. Knows engines only by their protocol.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ..protocols import Clock, Engine
from ..types import CompletionRequest, Generation, Outcome, Prompt, Route, Stop, Suggestion, Token, Trace
from .journal import Journal
from .language import cell_language
from .prompt import build, healed, texts, typed_of
from .trim import looping, statement_end, trim

N_CONFIDENCE = 3
"""Tokens whose mean probability is the confidence (paper 2.1, table 9)."""


class Cascade:
    """`prompt_tokens` bounds a prompt, `max_tokens` an answer, `latency_budget_s` a request."""

    def __init__(
        self,
        *,
        local: Engine,
        journal: Journal,
        clock: Clock,
        prompt_tokens: int,
        max_tokens: int,
        latency_budget_s: float,
    ) -> None:
        self._local = local
        self.journal = journal
        """Suggestions, outcomes and traces so far."""
        self._clock = clock
        self._prompt_tokens = prompt_tokens
        self._max_tokens = max_tokens
        self._latency_budget_s = latency_budget_s

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        """Suggestions for one position, each the full text so far; the last one is final and may be empty.

        Raises EngineError or ModelError when there is no engine to ask; closing the iterator stops the model.
        """
        run = _Run(request, self._clock)
        if request.last is not None:
            self.report(request.last)
        suggestion = self.journal.again(request) or await self._ask_local(request, run)
        self.journal.open(request, suggestion, run.trace(suggestion))
        yield suggestion

    def report(self, outcome: Outcome) -> None:
        """How a suggestion ended."""
        self.journal.report(outcome)

    async def prompt(self, request: CompletionRequest) -> Prompt:
        """The local engine's prompt for a request, within the budget. Raises as `complete` does."""
        wanted = list(dict.fromkeys(texts(request, self._prompt_tokens)))
        counted = await self._local.count(wanted)
        return build(request, dict(zip(wanted, counted, strict=True)), self._prompt_tokens)

    async def aclose(self) -> None:
        """Ends the engines."""
        await self._local.aclose()

    async def _ask_local(self, request: CompletionRequest, run: _Run) -> Suggestion:
        deadline_s = run.started_s + min(request.deadline_s, self._latency_budget_s)
        prompt = await asyncio.wait_for(self.prompt(request), deadline_s - self._clock.now_s())
        run.lap("prompt")
        stream = self._local.generate(prompt, max_tokens=self._max_tokens)
        language = cell_language(request.language, request.prefix)
        generation = await self._generated(stream, request, language, deadline_s)
        run.generations = (generation,)
        run.lap("local")
        text = (
            ""
            if generation.stop == "late"
            else trim(
                generation.text,
                language=language,
                prefix=request.prefix,
                suffix=request.suffix,
                left_space=healed(typed_of(request.prefix))[1],
            )
        )
        run.lap("trim")
        route = Route(
            to="local" if text else "nothing",
            reason="late" if generation.stop == "late" else "ungated",
            confidence=_confidence(generation.tokens),
        )
        return Suggestion(
            suggestion_id=secrets.token_hex(8), request_id=request.id, text=text, origin="local", route=route
        )

    async def _generated(
        self, stream: AsyncGenerator[Token, None], request: CompletionRequest, language: str, deadline_s: float
    ) -> Generation:
        cut = request.prefix.rfind("\n") + 1
        before, typed = request.prefix[:cut], healed(request.prefix[cut:])[0]
        start_s = self._clock.now_s()
        tokens: list[Token] = []
        text, first_s = "", 0.0
        stop: Stop = "end"
        async with aclosing(stream):
            while True:
                try:
                    token = await asyncio.wait_for(anext(stream), deadline_s - self._clock.now_s())
                except StopAsyncIteration:
                    break
                except asyncio.TimeoutError:
                    stop = "late"
                    break
                first_s = first_s or self._clock.now_s() - start_s
                tokens.append(token)
                text += token.text
                if "\n" in token.text and statement_end(language, before, typed, text) is not None:
                    stop = "statement"
                    break
                if looping(text):
                    stop = "repetition"
                    break
        if stop == "end" and len(tokens) >= self._max_tokens:
            stop = "length"
        total_s = self._clock.now_s() - start_s
        return Generation(
            engine=self._local.name, tokens=tuple(tokens), stop=stop, first_token_s=first_s, total_s=total_s
        )


class _Run:
    """What one request gathers on its way to a Trace."""

    def __init__(self, request: CompletionRequest, clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self._unix_s = clock.unix_s()
        self.started_s = self._lap_s = clock.now_s()
        self._stage_s: dict[str, float] = {}
        self.generations: tuple[Generation, ...] = ()

    def lap(self, stage: str) -> None:
        """Ends a stage."""
        now_s = self._clock.now_s()
        self._stage_s[stage] = now_s - self._lap_s
        self._lap_s = now_s

    def trace(self, suggestion: Suggestion) -> Trace:
        """The trace of this request."""
        request = self._request
        return Trace(
            request_id=request.id,
            suggestion_id=suggestion.suggestion_id,
            document=request.document,
            cell_id=request.cell_id,
            language=request.language,
            trigger=request.trigger,
            started_s=self._unix_s,
            route=suggestion.route,
            origin=suggestion.origin,
            text=suggestion.text,
            generations=self.generations,
            stage_s={**self._stage_s, "total": self._clock.now_s() - self.started_s},
        )


def _confidence(tokens: tuple[Token, ...]) -> float | None:
    probs = [token.prob for token in tokens[:N_CONFIDENCE] if token.prob is not None]
    return sum(probs) / len(probs) if probs else None
