"""`bench --suite layouts`: in which order a model should read a prompt: how often it is right, and what a key costs.

The same positions a layout: the answer, then two keys of the truth typed on, then the next line. Tokens that the engine
had to evaluate are its own count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from ..compose import OpenCascade, SystemClock, open_cascade
from ..engines.fim import Layout
from ..engines.llamacpp import LlamaCppEngine
from ..errors import InputError
from ..protocols import Engine
from ..settings import MCCom
from ..types import CompletionRequest
from .cascade import written
from .metrics import edit_similarity, exact_match, interval, mean, percentile
from .samples import Sample, notebook_samples, repository_samples

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
_KEYS = 2
Progress = Callable[[int, int], None]
"""Is told how many of how many are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One layout at one position."""

    right: bool
    similar: float
    key_tokens: tuple[int, ...]
    """Evaluated before the first token, a key that was typed on."""
    key_s: tuple[float, ...]
    """Until the first token, a key."""
    line_tokens: int
    """Evaluated before the first token of the next line."""


def measure(settings: MCCom, data: Path, n: int, seed: int, progress: Progress) -> str:
    """The table: half notebook statements, half repository lines. Raises InputError without the data."""
    samples = notebook_samples(data, n - n // 2, seed) + repository_samples(data, n // 2, seed)
    found = asyncio.run(_run(settings, samples, progress))
    return f"model {settings.model}\n\n{table(found)}"


def table(found: Sequence[dict[Layout, Score]]) -> str:
    """Markdown: a row a layout."""
    head = (
        f"n = {len(found)}; exact match with its 95 % bootstrap interval; tokens evaluated before the first token\n\n"
        "| layout | exact match | edit similarity | a key: tokens, median (p95) | a key: s, median | × "
        "| next line: tokens, median |\n|---|---|---|---|---|---|---|"
    )
    base_s = percentile([s for scores in found for s in scores["standard"].key_s], 0.5)
    return "\n".join([head, *(_row(layout, [scores[layout] for scores in found], base_s) for layout in LAYOUTS)])


def _row(layout: Layout, of: Sequence[Score], base_s: float) -> str:
    right = [float(score.right) for score in of]
    low, high = interval(right)
    tokens = [float(n) for score in of for n in score.key_tokens]
    key_s = percentile([s for score in of for s in score.key_s], 0.5)
    line_tokens = percentile([float(score.line_tokens) for score in of], 0.5)
    return (
        f"| {layout} | {mean(right):.3f} ({low:.3f}–{high:.3f}) | {mean([score.similar for score in of]):.3f} "
        f"| {percentile(tokens, 0.5):.0f} ({percentile(tokens, 0.95):.0f}) | {key_s:.2f} | {key_s / base_s:.2f} "
        f"| {line_tokens:.0f} |"
    )


async def _run(settings: MCCom, samples: Sequence[Sample], progress: Progress) -> list[dict[Layout, Score]]:
    opened = open_cascade(settings)
    fim = opened.model.fim
    if fim is None:
        await opened.aclose()
        raise InputError(f"{opened.model.id} reads only what stands before the cursor; name a model that fills in")
    name, host = opened.model.id, opened.host
    assert host is not None, "only models of this machine have known markers"
    engines = {layout: LlamaCppEngine(name=name, host=host, fim=fim, layout=layout) for layout in LAYOUTS}
    found: list[dict[Layout, Score]] = []
    try:
        for sample in samples:
            scores = {layout: await _score(opened, settings, engine, sample) for layout, engine in engines.items()}
            found.append(scores)
            progress(len(found), len(samples))
    finally:
        for engine in engines.values():
            await engine.aclose()
        await opened.aclose()
    return found


async def _score(opened: OpenCascade, settings: MCCom, engine: Engine, sample: Sample) -> Score:
    request = sample.request
    prompt = await opened.cascade.prompt(request)
    answer = await written(engine, request, prompt, max_tokens=settings.max_tokens)
    keys = [await _first(opened, engine, _typed(request, sample.truth[:n])) for n in range(1, _KEYS + 1)]
    indent = request.prefix.rpartition("\n")[2]
    indent = indent[: len(indent) - len(indent.lstrip())]
    line_tokens, _ = await _first(opened, engine, _typed(request, f"{sample.truth}\n{indent}x"))
    return Score(
        right=exact_match(answer.text, sample.truth),
        similar=edit_similarity(answer.text, sample.truth),
        key_tokens=tuple(n_tokens for n_tokens, _ in keys),
        key_s=tuple(s for _, s in keys),
        line_tokens=line_tokens,
    )


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
