"""The small model at one position: prompt, writing, parse gate; while nobody types, where the person will be next.

Knows nothing of routes, and starts no task: whoever calls `warm` or `look_ahead` cancels it at the next key.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from ..protocols import Clock, Engine
from ..types import CompletionRequest, Generation, Hit, Token
from .answer import Run
from .drafts.speculate import draft_of
from .engine_context import Context
from .text.language import cell_language
from .text.parse import breaks
from .writing import Writing, within

_KEPT = 8
"""Answers given in advance: two a suggestion, of the last few."""
_INDENT = "    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the local model wrote at a position."""

    text: str
    """Trimmed."""
    generation: Generation
    parses: bool
    """The cell holds with it; not looked at where it came too late."""
    hits: tuple[Hit, ...]
    """What stood in its prompt."""


class Local:
    """One a cascade."""

    def __init__(self, context: Context, *, clock: Clock, max_tokens: int) -> None:
        self._context = context
        self._clock = clock
        self._max_tokens = max_tokens
        self._ahead: OrderedDict[CompletionRequest, Written] = OrderedDict()

    @property
    def engine(self) -> Engine:
        """The one that writes."""
        return self._context.engine

    async def write(self, run: Run, *, hopeless: Callable[[Sequence[Token]], bool], begun: str = "") -> Written:
        """The answer of a request, at once where it was given in advance; `hopeless` ends it early.

        Its text follows `begun`, which stands at the cursor as if it had been typed.

        Raises EngineError or ModelError when the engine cannot be asked, TimeoutError when the prompt comes too late.
        """
        request = replace(run.request, prefix=run.request.prefix + begun)
        written = self._ahead.get(_position(request))
        if written is None:
            written = await self._written(run, request, hopeless)
        else:
            run.took("local", written.generation)
        run.hits = written.hits
        return written

    async def warm(self, request: CompletionRequest) -> None:
        """Evaluates the prompt of a position, so that the first key there finds it in the model's cache.

        Raises EngineError or ModelError.
        """
        prompt, _ = await self._context.prompt(request)
        async with aclosing(self.engine.generate(prompt, max_tokens=1)) as tokens:
            async for _ in tokens:
                return

    async def look_ahead(self, request: CompletionRequest, text: str, *, budget_s: float) -> None:
        """Answers in advance where the person will be after taking `text`: behind it, then on the next line.

        Raises EngineError or ModelError.
        """
        accepted = replace(request, prefix=request.prefix + text)
        rest_of_line = request.suffix.partition("\n")[0]
        for following in (accepted, *([] if rest_of_line.strip() else [_next_line(accepted)])):
            position = _position(following)
            if position not in self._ahead:
                run = Run(following, self._clock, budget_s, None)
                try:
                    written = await self._written(run, following, lambda tokens: False)
                except TimeoutError:  # its prompt alone took as long
                    return
                if written.generation.stop == "late":
                    return
                self._ahead[position] = written
                while len(self._ahead) > _KEPT:
                    self._ahead.popitem(last=False)

    def forget(self) -> None:
        """Drops what was answered in advance. Only assigns, so that any thread may call it."""
        self._ahead = OrderedDict()

    async def _written(
        self, run: Run, request: CompletionRequest, hopeless: Callable[[Sequence[Token]], bool]
    ) -> Written:
        run.writing = writing = Writing(
            self.engine, request, clock=self._clock, max_tokens=self._max_tokens, hopeless=hopeless
        )
        prompt, hits = await within(run.left_s, self._context.prompt(request))
        draft = await self._draft(request, hits)
        run.lap("prompt")
        async with aclosing(writing.texts(prompt, draft=draft, deadline_s=run.deadline_s)) as found:
            async for _ in found:
                run.wake()
        text, generation, parses = writing.text, writing.generation, True
        run.took("local", generation)
        if generation.stop != "late":
            language = cell_language(request.language, request.prefix)
            parses = not await asyncio.to_thread(breaks, language, request.prefix, text, request.suffix)
            run.lap("gates")
        return Written(text=text, generation=generation, parses=parses, hits=hits)

    async def _draft(self, request: CompletionRequest, hits: Sequence[Hit]) -> str:
        if not self.engine.skills.checks_draft:
            return ""
        return await asyncio.to_thread(draft_of, request, [hit.chunk for hit in hits])


def _position(request: CompletionRequest) -> CompletionRequest:
    """The request less what differs between two of them at the same place."""
    return replace(request, id="", last=None, trigger="typing", deadline_s=0.0)


def _next_line(request: CompletionRequest) -> CompletionRequest:
    """After Enter, indented as an editor does."""
    line = request.prefix.rpartition("\n")[2]
    indent = line[: len(line) - len(line.lstrip())]
    deeper = _INDENT if line.rstrip().endswith(":") else ""
    return replace(request, prefix=f"{request.prefix}\n{indent}{deeper}")
