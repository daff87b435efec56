"""What an engine writes at a position, trimmed as the product does it, with its times. Knows no suite."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from ...cascade.text.language import cell_language
from ...cascade.text.parse import breaks
from ...cascade.writing import Writing
from ...compose import OpenCascade, SystemClock
from ...protocols import Engine
from ...settings import MCCom
from ...types import CompletionRequest, Prompt, Token
from .samples import Sample

PATIENCE_S = 120.0
"""The longest that a suite waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedAnswer:
    """One model at one position."""

    text: str
    tokens: tuple[Token, ...]
    prompt_s: float
    """Seconds from the request to the first token."""
    total_s: float
    parses: bool
    before_s: float = 0.0
    """The part of both times that went by on this machine before the model was asked; the network is no part of it."""

    def until_s(self, n_tokens: int) -> float:
        """Seconds until the first tokens are there."""
        if n_tokens >= len(self.tokens):
            return self.total_s
        return self.prompt_s + (self.total_s - self.prompt_s) * (n_tokens - 1) / max(1, len(self.tokens) - 1)


async def answer(opened: OpenCascade, sample: Sample, settings: MCCom) -> TimedAnswer:
    """What the local engine of a cascade writes at a position, however long it takes."""
    clock = SystemClock()
    start_s = clock.now_s()
    prompt = await opened.cascade.prompt(sample.request)
    before_s = clock.now_s() - start_s
    return await written(opened.engine, sample.request, prompt, max_tokens=settings.max_tokens, before_s=before_s)


async def written(
    engine: Engine,
    request: CompletionRequest,
    prompt: Prompt,
    *,
    max_tokens: int,
    before_s: float = 0.0,
    network_s: float = 0.0,
) -> TimedAnswer:
    """What an engine writes for a prompt, trimmed; `before_s` went by before it was asked, the network aside."""
    clock = SystemClock()
    writing = Writing(engine, request, clock=clock, max_tokens=max_tokens)
    async with aclosing(writing.texts(prompt, deadline_s=clock.now_s() + PATIENCE_S)) as texts:
        async for _ in texts:
            pass
    generation, text = writing.generation, writing.text
    return TimedAnswer(
        text=text,
        tokens=generation.tokens,
        prompt_s=before_s + network_s + generation.first_token_s,
        total_s=before_s + network_s + generation.total_s,
        before_s=before_s,
        parses=not breaks(cell_language(request.language, request.prefix), request.prefix, text, request.suffix),
    )


def token_from(value: Mapping[str, Any]) -> Token:
    """A Token from its row; what became of a draft is left out."""
    return Token(**{**value, "check": None})
