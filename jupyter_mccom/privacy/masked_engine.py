"""An Engine whose prompts hold no secrets: masks what goes in, restores what comes out. Knows nothing of servers."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from ..protocols import Engine
from ..types import Prompt, Skills, Token
from .own_text import above, at_cursor, placed
from .secrets import Masking

_CHARS_A_TOKEN = 3
"""As in `engines/token_counts.py`: few enough to keep a prompt within its budget."""


class MaskedEngine:
    """Wraps an engine that is not on this machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def inner(self) -> Engine:
        """The engine that is asked."""
        return self._engine

    @property
    def name(self) -> str:
        """The name of the inner engine."""
        return self._engine.name

    @property
    def skills(self) -> Skills:
        """The skills of the inner engine."""
        return self._engine.skills

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Generates as many tokens as the inner engine. A token that may begin a placeholder is held back."""
        masking = Masking()
        masked, masked_draft = await asyncio.to_thread(_masked, masking, prompt, draft)
        restoring = _Restoring(masking)
        stream = self._engine.generate(masked, max_tokens=max_tokens, draft=masked_draft)
        async with aclosing(stream):
            async for token in stream:
                for restored in restoring.put(token):
                    yield restored
        for restored in restoring.end():
            yield restored

    async def count(self, texts: Sequence[str]) -> list[int]:
        """An estimate: an engine that asks its server would send pieces of text with their secrets."""
        return [math.ceil(len(text) / _CHARS_A_TOKEN) for text in texts]

    async def aclose(self) -> None:
        """Ends the inner engine."""
        await self._engine.aclose()


def _masked(masking: Masking, prompt: Prompt, draft: str) -> tuple[Prompt, str]:
    """All texts are read before the first is masked: a secret may be bare in one and named in a later one, or in a
    document that the prompt holds only a part of.

    Where a placeholder touches the forced text, nothing is forced: an answer need not begin with a placeholder's end.
    """
    secrets = list(at_cursor(*prompt.own))
    own = "".join(prompt.own)
    for start, end in secrets:
        masking.add(own[start:end])
    for cell in prompt.cells:
        masking.learn(cell)
    for chunk in prompt.chunks:
        masking.learn(chunk.text)
        for start, end in chunk.hidden:
            masking.add(chunk.text[start:end])
    line, found = prompt.typed + prompt.forced, placed(prompt, secrets)
    if found is None:
        masking.learn(prompt.prefix, line, prompt.suffix)
    _, _, masked_draft = masking.mask_parts(above(prompt.prefix), line, draft)

    def cut(*parts: str) -> list[str]:
        return masking.mask_parts(*parts) if found is None else masking.mask_found(parts, found)

    prefix, whole, suffix = cut(prompt.prefix, line, prompt.suffix)
    _, typed, forced, _ = cut(prompt.prefix, prompt.typed, prompt.forced, prompt.suffix)
    if typed + forced != whole or forced != prompt.forced or masking.ends_masked(typed):
        typed, forced = whole, ""
    chunks = tuple(replace(chunk, text=masking.mask(chunk.text, chunk.hidden), hidden=()) for chunk in prompt.chunks)
    masked = replace(prompt, chunks=chunks, prefix=prefix, typed=typed, forced=forced, suffix=suffix)
    return replace(masked, own=("", ""), cells=()), masked_draft


class _Restoring:
    """Puts secrets back into a stream whose tokens may cut a placeholder."""

    def __init__(self, masking: Masking) -> None:
        self._masking = masking
        self._held: Token | None = None

    def put(self, token: Token) -> Iterator[Token]:
        """The tokens that can be given out now. The held token keeps text that may still become a placeholder."""
        held, self._held = self._held, None
        text = (held.text if held else "") + token.text
        settled = text[: len(text) - self._masking.unfinished(text)]
        restored = self._masking.restore(settled)
        if settled != text:
            self._held = replace(token, text=text[len(settled) :] if held else text)
            if held:
                yield replace(held, text=restored)
        elif held and restored != text:
            yield replace(held, text=restored)
            yield replace(token, text="")
        elif held:
            yield held
            yield token
        else:
            yield replace(token, text=restored)

    def end(self) -> Iterator[Token]:
        """The token that waited in vain."""
        if self._held:
            yield replace(self._held, text=self._masking.restore(self._held.text))
