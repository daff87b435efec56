"""`bench --suite reuse`: how much of a prompt a model finds in its cache when a cell is entered and a statement typed.

Real statements of real notebooks. Each time is divided by that of the same prompt read from nothing, in the same run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ..compose import OpenCascade, SystemClock, open_cascade
from ..types import CompletionRequest, Prompt
from .bench import Bench
from .findings import Findings, Table, percentile_with_interval, pooled_percentile, with_interval
from .metrics import percentile
from .samples import Sample, notebook_samples

_KEYS = 6
NOTHING = Prompt(chunks=(), prefix="", typed="0", suffix="")
"""Shares no token with other prompts but the marker before it."""
_ALL = 10**6
_STATES = {
    "nothing": "nothing in the cache",
    "moved": "after work in the cell above",
    "warmed": "after the cell was entered and read while nobody typed",
}


def measure(bench: Bench) -> Findings:
    """Over `n` notebook statements with a code cell above. Raises InputError without the data."""
    every = notebook_samples(bench.data, _ALL, bench.seed)
    samples = [sample for sample in every if cell_above(sample.request)][: bench.n]
    asyncio.run(_run(bench, samples))
    rows = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    typed = [row["keys"] for row in rows]
    keys = [float(n_tokens) for of_one in typed for n_tokens in of_one]
    return Findings(
        tables=[
            Table(
                title=f"The first key in a cell, n = {len(rows)}; each ratio at the same position",
                head=["state", "tokens read, mean", "s ÷ s from nothing, mean", "median"],
                rows=[_line(state, rows) for state in _STATES],
            )
        ],
        notes=[
            f"tokens read a key typed on: median {pooled_percentile(typed, 0.5, 0)}, "
            f"p95 {pooled_percentile(typed, 0.95, 0)} of {len(keys)} keys (goal: median ≤ 2)"
        ],
        figures={"key_tokens_median": percentile(keys, 0.5), "key_tokens_p95": percentile(keys, 0.95)},
    )


def _line(state: str, rows: Sequence[dict[str, Any]]) -> list[str]:
    ratios = [row[state][1] / row["nothing"][1] for row in rows]
    n_tokens = [float(row[state][0]) for row in rows]
    return [_STATES[state], with_interval(n_tokens, 0), with_interval(ratios), percentile_with_interval(ratios, 0.5, 2)]


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    try:
        for number, sample in enumerate(samples, 1):
            if bench.rows.get(sample.task) is None:
                bench.rows.put(sample.task, await _entered(opened, sample))
            bench.progress(number, len(samples))
    finally:
        await opened.aclose()


async def _entered(opened: OpenCascade, sample: Sample) -> dict[str, Any]:
    """Of each state: tokens read before the first token, and seconds until it was there."""
    request = sample.request
    line = request.prefix.rpartition("\n")[2]
    entered = replace(request, prefix=request.prefix[: len(request.prefix) - len(line)])
    above = cell_above(request)
    assert above is not None
    prompt = await opened.cascade.prompt(request)
    await _first(opened, NOTHING)
    nothing = await _first(opened, prompt)
    await _first(opened, NOTHING)
    await _first(opened, await opened.cascade.prompt(above))
    moved = await _first(opened, prompt)
    await _first(opened, NOTHING)
    await opened.cascade.warm(entered)
    warmed = await _first(opened, prompt)
    keys = []
    for n_typed in range(1, min(_KEYS, len(sample.truth)) + 1):
        typed = replace(request, prefix=request.prefix + sample.truth[:n_typed])
        keys.append((await _first(opened, await opened.cascade.prompt(typed)))[0])
    return {"nothing": nothing, "moved": moved, "warmed": warmed, "keys": keys}


def cell_above(request: CompletionRequest) -> CompletionRequest | None:
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
