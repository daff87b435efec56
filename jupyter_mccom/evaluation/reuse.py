"""`bench --suite reuse`: how much of a prompt a model finds in its cache when a cell is entered and a statement typed.

Real statements of real notebooks. Each time is divided by that of the same prompt read from nothing, in the same run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..compose import OpenCascade, SystemClock, open_cascade
from ..settings import MCCom
from ..types import CompletionRequest, Prompt
from .metrics import interval, mean, percentile
from .samples import Sample, notebook_samples

_KEYS = 6
_NOTHING = Prompt(chunks=(), prefix="", typed="0", suffix="")
"""Shares no token with other prompts but the marker before it."""
Progress = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """One cell. Tokens evaluated before the first token, and seconds until it was there."""

    nothing: tuple[int, float]
    moved: tuple[int, float]
    """After work in the cell above."""
    warmed: tuple[int, float]
    """After the cell's prompt was read while nobody typed."""
    keys: tuple[int, ...]
    """Tokens evaluated a key typed on."""


def measure(settings: MCCom, data: Path, n: int, seed: int, progress: Progress) -> dict[str, Any]:
    """Ratios and tokens over `n` notebook statements with a code cell above. Raises InputError without the data."""
    samples = [sample for sample in notebook_samples(data, 2 * n, seed) if _cell_above(sample.request)][:n]
    found = asyncio.run(_run(settings, samples, progress))
    keys = [float(tokens) for entered in found for tokens in entered.keys]
    return {
        "n": len(found),
        "key_tokens_median": percentile(keys, 0.5),
        "key_tokens_p95": percentile(keys, 0.95),
        "moved_to_nothing": _ratio([entered.moved[1] / entered.nothing[1] for entered in found]),
        "warmed_to_nothing": _ratio([entered.warmed[1] / entered.nothing[1] for entered in found]),
        "tokens_from_nothing": mean([float(entered.nothing[0]) for entered in found]),
        "tokens_moved": mean([float(entered.moved[0]) for entered in found]),
        "tokens_warmed": mean([float(entered.warmed[0]) for entered in found]),
    }


def _ratio(ratios: Sequence[float]) -> dict[str, Any]:
    return {"mean": mean(ratios), "interval_95": interval(ratios), "median": percentile(ratios, 0.5)}


async def _run(settings: MCCom, samples: Sequence[Sample], progress: Progress) -> list[Entered]:
    opened = open_cascade(settings)
    found: list[Entered] = []
    try:
        for sample in samples:
            found.append(await _entered(opened, sample))
            progress(len(found), len(samples))
    finally:
        await opened.aclose()
    return found


async def _entered(opened: OpenCascade, sample: Sample) -> Entered:
    request = sample.request
    line = request.prefix.rpartition("\n")[2]
    entered = replace(request, prefix=request.prefix[: len(request.prefix) - len(line)])
    above = _cell_above(request)
    assert above is not None
    prompt = await opened.cascade.prompt(request)
    await _first(opened, _NOTHING)
    nothing = await _first(opened, prompt)
    await _first(opened, _NOTHING)
    await _first(opened, await opened.cascade.prompt(above))
    moved = await _first(opened, prompt)
    await _first(opened, _NOTHING)
    await opened.cascade.warm(entered)
    warmed = await _first(opened, prompt)
    keys = []
    for n_typed in range(1, min(_KEYS, len(sample.truth)) + 1):
        typed = replace(request, prefix=request.prefix + sample.truth[:n_typed])
        keys.append((await _first(opened, await opened.cascade.prompt(typed)))[0])
    return Entered(nothing=nothing, moved=moved, warmed=warmed, keys=tuple(keys))


def _cell_above(request: CompletionRequest) -> CompletionRequest | None:
    """The end of the code cell above, as the person left it; None where there is none."""
    cells = (*request.cells_before, *request.cells_after)
    numbers = [number for number, cell in enumerate(request.cells_before) if cell.kind == "code" and cell.source]
    if not numbers:
        return None
    number = numbers[-1]
    return replace(
        request, cell_id=cells[number].cell_id, prefix=cells[number].source, suffix="",
        cells_before=request.cells_before[:number], cells_after=cells[number + 1 :],
    )  # fmt: skip


async def _first(opened: OpenCascade, prompt: Prompt) -> tuple[int, float]:
    clock = SystemClock()
    start_s = clock.now_s()
    async with aclosing(opened.engine.generate(prompt, max_tokens=1)) as tokens:
        async for token in tokens:
            return token.n_evaluated, clock.now_s() - start_s
    return 0, clock.now_s() - start_s
