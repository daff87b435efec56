"""`bench --suite layouts`: in which order a model should read a prompt: how often it is right, and what a key costs.

The same positions a layout: the answer, then two keys of the truth typed on, then the next line. Tokens that the engine
had to evaluate are its own count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, get_args

from ..compose import OpenCascade, SystemClock, open_cascade
from ..engines.direct import DirectEngine
from ..engines.fim import Layout, PromptFormat
from ..errors import InputError
from ..protocols import Engine
from ..settings import MCCom
from ..types import CompletionRequest
from .bench import Bench
from .cascade import written
from .findings import (
    Findings,
    Table,
    gained,
    percentile_with_interval,
    pooled_percentile,
    ratio_with_interval,
    with_interval,
)
from .metrics import edit_similarity, exact_match, mean
from .samples import Sample, notebook_samples, repository_samples

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
_KEYS = 2


def measure(bench: Bench) -> Findings:
    """Half notebook statements, half repository lines. Raises InputError without the data."""
    samples = notebook_samples(bench.data, bench.n - bench.n // 2, bench.seed)
    samples += repository_samples(bench.data, bench.n // 2, bench.seed)
    asyncio.run(_run(bench, samples))
    rows = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    head = ["layout", "exact match", "gained", "edit similarity", "a key: tokens, median", "p95", "time ×"]
    head = [*head, "next line: tokens, median"]
    return Findings(
        tables=[
            Table(
                title=f"{bench.settings.model}, n = {len(rows)}; tokens read before the first one was written",
                head=head,
                rows=[_line(layout, rows) for layout in LAYOUTS],
            )
        ]
    )


def _line(layout: Layout, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    of = [row[layout] for row in rows]
    tokens = [row["key_tokens"] for row in of]
    key_s, base_s = ([mean(row[name]["key_s"]) for row in rows] for name in (layout, "standard"))
    return [
        layout,
        with_interval([float(row["right"]) for row in of], 3),
        gained(*([float(row[name]["right"]) for row in rows] for name in (layout, "standard"))),
        with_interval([row["similar"] for row in of], 3),
        pooled_percentile(tokens, 0.5, 0),
        pooled_percentile(tokens, 0.95, 0),
        ratio_with_interval(key_s, base_s),
        percentile_with_interval([float(row["line_tokens"]) for row in of], 0.5, 0),
    ]


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    fim = opened.model.fim
    if fim is None:
        await opened.aclose()
        raise InputError(f"{opened.model.id} reads only what stands before the cursor; name a model that fills in")
    name, host = opened.model.id, opened.host
    assert host is not None, "only models of this machine have known markers"
    engines = {
        layout: DirectEngine(name=name, host=host, reads=PromptFormat(fim=fim, layout=layout)) for layout in LAYOUTS
    }
    try:
        for number, sample in enumerate(samples, 1):
            if bench.rows.get(sample.task) is None:
                scores: dict[str, Any] = {
                    layout: await _score(opened, bench.settings, engine, sample) for layout, engine in engines.items()
                }
                bench.rows.put(sample.task, scores)
            bench.progress(number, len(samples))
    finally:
        for engine in engines.values():
            await engine.aclose()
        await opened.aclose()


async def _score(opened: OpenCascade, settings: MCCom, engine: Engine, sample: Sample) -> dict[str, Any]:
    request = sample.request
    prompt = await opened.cascade.prompt(request)
    answer = await written(engine, request, prompt, max_tokens=settings.max_tokens)
    keys = [await _first(opened, engine, _typed(request, sample.truth[:n])) for n in range(1, _KEYS + 1)]
    indent = request.prefix.rpartition("\n")[2]
    indent = indent[: len(indent) - len(indent.lstrip())]
    line_tokens, _ = await _first(opened, engine, _typed(request, f"{sample.truth}\n{indent}x"))
    return {
        "right": exact_match(answer.text, sample.truth),
        "similar": edit_similarity(answer.text, sample.truth),
        "key_tokens": [n_tokens for n_tokens, _ in keys],
        "key_s": [s for _, s in keys],
        "line_tokens": line_tokens,
    }


def _typed(request: CompletionRequest, text: str) -> CompletionRequest:
    return replace(request, prefix=request.prefix + text)


async def _first(opened: OpenCascade, engine: Engine, request: CompletionRequest) -> tuple[int, float]:
    """Tokens evaluated before the first token, and seconds until it was there."""
    prompt = await opened.cascade.prompt(request)
    clock = SystemClock()
    start_s = clock.now_s()
    async with aclosing(engine.generate(prompt, max_tokens=1)) as tokens:
        async for token in tokens:
            return token.n_evaluated, clock.now_s() - start_s
    return 0, clock.now_s() - start_s
