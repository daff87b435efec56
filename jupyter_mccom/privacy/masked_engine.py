"""An Engine whose prompts hold no secrets: masks what goes in, restores what comes out. Knows nothing of servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace

from ..protocols import Engine
from ..types import Prompt, Skills, Token
from .secrets import Masking


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
        """Counts tokens by the inner engine. Raises as it does."""
        return await self._engine.count(texts)

    async def aclose(self) -> None:
        """Ends the inner engine."""
        await self._engine.aclose()


def _masked(masking: Masking, prompt: Prompt, draft: str) -> tuple[Prompt, str]:
    """All texts are read before the first is masked: a secret may be bare in one and named in a later one.

    Where a placeholder touches the forced text, nothing is forced: an answer need not begin with a placeholder's end.
    """
    for chunk in prompt.chunks:
        masking.learn(chunk.text)
    line = prompt.typed + prompt.forced
    masking.learn(prompt.prefix, line, prompt.suffix)
    _, _, masked_draft = masking.mask_parts(prompt.prefix, line, draft)
    prefix, whole, suffix = masking.mask_parts(prompt.prefix, line, prompt.suffix)
    _, typed, forced, _ = masking.mask_parts(prompt.prefix, prompt.typed, prompt.forced, prompt.suffix)
    if typed + forced != whole or forced != prompt.forced or masking.ends_masked(typed):
        typed, forced = whole, ""
    chunks = tuple(replace(chunk, text=masking.mask(chunk.text)) for chunk in prompt.chunks)
    return replace(prompt, chunks=chunks, prefix=prefix, typed=typed, forced=forced, suffix=suffix), masked_draft


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
