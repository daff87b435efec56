"""What the process of a local model holds: once it is loaded, and after prompts of which nothing is cached."""

from __future__ import annotations

from contextlib import aclosing
from dataclasses import dataclass

from ...compose import OpenCascade
from ...types import Prompt

_CHARS_A_TOKEN = 2
"""Of the prompts below: digits are tokens each."""
_WRITTEN_TOKENS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Resident memory in bytes."""

    loaded: int
    """Once the model is loaded and has read a few tokens."""
    first: int
    """After the first long prompt."""
    last: int
    """After all of them."""
    file: int
    """Size of the model's file."""

    @property
    def share(self) -> float:
        """What is held in the end ÷ the file."""
        return self.last / self.file


async def held(opened: OpenCascade, n_prompts: int) -> Held:
    """Starts the model and asks `n_prompts` long prompts. Raises EngineError or ModelError."""
    await _ask(opened, "x = 1\n")
    loaded = first = last = _resident_bytes(opened)
    for number in range(n_prompts):
        n_chars = opened.settings.n_prompt * _CHARS_A_TOKEN
        lines = "".join(f"value_{number}_{line} = {line * number}\n" for line in range(n_chars))
        await _ask(opened, lines[:n_chars])
        last = _resident_bytes(opened)
        first = last if number == 0 else first
    return Held(loaded=loaded, first=first, last=last, file=opened.model.n_bytes)


async def _ask(opened: OpenCascade, prefix: str) -> None:
    prompt = Prompt(chunks=(), prefix=prefix, typed="va", forced="lu", suffix="")
    async with aclosing(opened.engine.generate(prompt, max_tokens=_WRITTEN_TOKENS)) as tokens:
        async for _ in tokens:
            pass


def _resident_bytes(opened: OpenCascade) -> int:
    import psutil

    assert opened.pid is not None, "it has just answered"
    return int(psutil.Process(opened.pid).memory_info().rss)
