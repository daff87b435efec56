"""`bench --suite drafts`: does the local text as a draft make the configured cloud faster, and is the answer the same?

Each prompt is evaluated once before it is timed, so that only the writing is compared; the order alternates.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..compose import SystemClock, open_cascade
from ..errors import InputError
from ..protocols import Engine
from ..settings import MCCom
from ..types import DraftCheck, Prompt
from .cascade import answer
from .metrics import interval, mean
from .samples import Sample, notebook_samples

Progress = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One position, asked without and with a draft."""

    plain_s: float
    drafted_s: float
    same: bool
    check: DraftCheck | None


def measure(settings: MCCom, data: Path, n: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Figures over `n` notebook statements, less those where the local model writes nothing.

    Raises InputError without a cloud or without the data.
    """
    if not settings.cloud_dialect:
        raise InputError("this suite asks a cloud; give --MCCom.cloud_dialect, --MCCom.cloud_url and its key")
    pairs = asyncio.run(_run(settings, notebook_samples(data, n, seed), progress))
    ratios = [pair.drafted_s / pair.plain_s for pair in pairs]
    checks = [pair.check for pair in pairs if pair.check is not None]
    return {
        "n": len(pairs),
        "plain_s": mean([pair.plain_s for pair in pairs]),
        "drafted_s": mean([pair.drafted_s for pair in pairs]),
        "drafted_to_plain": mean(ratios),
        "drafted_to_plain_95": interval(ratios),
        "offered": sum(check.offered for check in checks),
        "accepted": sum(check.accepted for check in checks),
        "same": sum(pair.same for pair in pairs),
    }


async def _run(settings: MCCom, samples: list[Sample], progress: Progress) -> list[Pair]:
    opened = open_cascade(settings)
    cloud = opened.cascade.cloud
    assert cloud is not None
    pairs: list[Pair] = []
    try:
        for number, sample in enumerate(samples, 1):
            draft = (await answer(opened, sample, settings)).text
            if draft:
                prompt = await opened.cascade.prompt(sample.request, cloud=True)
                pairs.append(await _pair(cloud.engine, prompt, settings.max_tokens, draft, plain_first=number % 2 == 0))
            progress(number, len(samples))
    finally:
        await opened.aclose()
    return pairs


async def _pair(engine: Engine, prompt: Prompt, max_tokens: int, draft: str, *, plain_first: bool) -> Pair:
    await _asked(engine, prompt, 1, "")
    drafts = ("", draft) if plain_first else (draft, "")
    found = {given: await _asked(engine, prompt, max_tokens, given) for given in drafts}
    (plain, plain_s, _), (drafted, drafted_s, check) = found[""], found[draft]
    return Pair(plain_s=plain_s, drafted_s=drafted_s, same=plain == drafted, check=check)


async def _asked(engine: Engine, prompt: Prompt, max_tokens: int, draft: str) -> tuple[str, float, DraftCheck | None]:
    """The first line, the seconds until it was there, and what became of the draft."""
    clock, text, check = SystemClock(), "", None
    start_s = clock.now_s()
    end_s: float | None = None
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        async for token in tokens:
            text, check = text + token.text, token.check or check
            if end_s is None and "\n" in text.lstrip():
                end_s = clock.now_s()
    return text.lstrip().partition("\n")[0], (end_s or clock.now_s()) - start_s, check
