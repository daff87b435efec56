"""What a prompt becomes before it leaves. Asks no model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from ...privacy.masked_engine import MaskedEngine
from ...types import Prompt, Skills, Token


async def masked_prompt(prompt: Prompt) -> Prompt:
    """The prompt that a cloud's engine is given for this one."""
    engine = _Keeping()
    async with aclosing(MaskedEngine(engine).generate(prompt, max_tokens=1)) as tokens:
        async for _ in tokens:
            pass
    return engine.given[-1]


class _Keeping:
    """Satisfies Engine: keeps its prompts and writes nothing."""

    name = "keeping"

    def __init__(self) -> None:
        self.given: list[Prompt] = []
        self.skills = Skills(probs=False, infill=True, checks_draft=False)
        self._writes: Sequence[Token] = ()

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Keeps the prompt."""
        self.given.append(prompt)
        for token in self._writes:
            yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """One token a text."""
        return [1 for _ in texts]

    async def aclose(self) -> None:
        """Nothing was started."""
