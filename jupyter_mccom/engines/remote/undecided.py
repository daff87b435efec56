"""A model whose name tells no family, on a server that counts tokens: its markers are probed for, else it is a chat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TypeAlias

from ...types import Prompt, Skills, Token
from .cloud_engine import AskedAs, CloudEngine, CloudModel

CountMarkers: TypeAlias = Callable[[Sequence[str]], Awaitable[list[int]]]
"""Tokens in each text, in which markers count as one."""


class Undecided(CloudEngine):
    """`raw` makes the engine of a model with markers, `chat` that of one without."""

    def __init__(
        self,
        model: CloudModel,
        count_markers: CountMarkers,
        raw: Callable[[CloudModel], CloudEngine],
        chat: Callable[[CloudModel], CloudEngine],
    ) -> None:
        super().__init__(model)
        self._count_markers = count_markers
        self._raw = raw
        self._chat = chat
        self._decided: CloudEngine | None = None
        self._deciding = asyncio.Lock()

    @property
    def skills(self) -> Skills:
        """The skills that are known so far."""
        return self._decided.skills if self._decided else super().skills

    @property
    def asked_as(self) -> AskedAs:
        """The form of its prompts; empty before the first request."""
        return self._decided.asked_as if self._decided else ""

    async def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        engine = await self._engine()
        async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
            async for token in tokens:
                yield token

    async def _engine(self) -> CloudEngine:
        async with self._deciding:
            if self._decided is None:
                self._decided = await self._probed()
            return self._decided

    async def _probed(self) -> CloudEngine:
        for fim in self._model.known:
            if await self._count_markers([fim.prefix, fim.suffix, fim.middle]) == [1, 1, 1]:
                return self._raw(replace(self._model, fim=fim))
        return self._chat(self._model)


def decided(
    model: CloudModel,
    count_markers: CountMarkers,
    raw: Callable[[CloudModel], CloudEngine],
    chat: Callable[[CloudModel], CloudEngine],
) -> CloudEngine:
    """The engine of a model: raw prompts where its family is known, else as `Undecided` finds out."""
    return raw(model) if model.fim else Undecided(model, count_markers, raw, chat)
