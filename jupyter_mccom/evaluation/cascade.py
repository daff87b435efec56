"""`bench --suite cascade`: both models at the same real positions, then a table of policies.

The cloud is a second model of the catalogue in a child process of this machine, with a network delay added.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

from ..cascade.language import cell_language
from ..cascade.parse import breaks
from ..cascade.writing import Writing
from ..compose import OpenCascade, SystemClock, gates_of, open_cascade, open_store
from ..protocols import Engine
from ..settings import MCCom, changed
from ..types import CompletionRequest, Prompt
from .metrics import interval, mean, percentile
from .policies import Answer, Both, Policy, Result, policies
from .samples import Sample, crossfile_samples, notebook_samples

NETWORK_S = 0.2
"""Added to each cloud answer (paper 6.1)."""
_CLOUD_MODEL = "qwen2.5-coder-1.5b"
_CROSSFILE_SHARE = 1 / 3
_PATIENCE_S = 120.0
Progress = Callable[[int, int], None]
"""Is told how many of how many are done."""


def measure(settings: MCCom, data: Path, n: int, out: Path | None, seed: int, progress: Progress) -> str:
    """The table; with `out` also one JSON line a sample in `out/cascade.jsonl`. Raises InputError without the data."""
    n_crossfile = round(n * _CROSSFILE_SHARE)
    samples = notebook_samples(data, n - n_crossfile, seed) + crossfile_samples(data, n_crossfile, seed)
    found: list[Both] = []

    def keep(both: Both) -> None:
        found.append(both)
        progress(len(found), len(samples))
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            with (out / "cascade.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(both), ensure_ascii=False) + "\n")

    asyncio.run(_run(settings, samples, keep))
    return table(found, policies(gates_of(settings, open_store(settings).entry(settings.model))))


def table(found: Sequence[Both], rows: Mapping[str, Policy]) -> str:
    """Markdown: a row a policy; ratios are against the cloud alone in this run."""
    results = {name: [policy(both) for both in found] for name, policy in rows.items()}
    base = results["cloud alone"]
    head = (
        f"n = {len(found)}; × = against the cloud alone in this run; intervals are 95 % bootstrap\n\n"
        "| policy | exact match | × | mean latency s | × | p95 s | cloud calls | wrong among shown | of local ones |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    return "\n".join([head, *(_row(name, of, base) for name, of in results.items())])


def _row(name: str, of: Sequence[Result], base: Sequence[Result]) -> str:
    right, latency = [float(result.right) for result in of], [result.latency_s for result in of]
    low, high = interval(right)
    base_right, base_s = mean([float(result.right) for result in base]), mean([result.latency_s for result in base])
    shown, wrong = sum(result.shown for result in of), sum(result.wrong for result in of)
    local_shown, local_wrong = sum(result.local_shown for result in of), sum(result.local_wrong for result in of)
    return (
        f"| {name} | {mean(right):.3f} ({low:.3f}–{high:.3f}) | {mean(right) / max(base_right, 1e-9):.2f} "
        f"| {mean(latency):.2f} | {mean(latency) / base_s:.2f} | {percentile(latency, 0.95):.2f} "
        f"| {mean([float(result.calls) for result in of]):.2f} | {wrong / max(1, shown):.2f} of {shown} "
        f"| {local_wrong / max(1, local_shown):.2f} of {local_shown} |"
    )


async def _run(settings: MCCom, samples: Sequence[Sample], keep: Callable[[Both], None]) -> None:
    local, cloud = open_cascade(settings), open_cascade(changed(settings, model=_CLOUD_MODEL))
    try:
        for opened in (local, cloud):
            await answer(opened, samples[0], settings)
        for sample in samples:
            mine, theirs = await answer(local, sample, settings), await answer(cloud, sample, settings, NETWORK_S)
            keep(Both(local=mine, cloud=theirs, truth=sample.truth, kind=sample.kind, era=sample.era))
    finally:
        await local.aclose()
        await cloud.aclose()


async def answer(opened: OpenCascade, sample: Sample, settings: MCCom, network_s: float = 0.0) -> Answer:
    """What the local engine of a cascade writes at a position, however long it takes."""
    clock = SystemClock()
    start_s = clock.now_s()
    prompt = await opened.cascade.prompt(sample.request)
    before_s = clock.now_s() - start_s + network_s
    return await written(opened.engine, sample.request, prompt, max_tokens=settings.max_tokens, before_s=before_s)


async def written(
    engine: Engine, request: CompletionRequest, prompt: Prompt, *, max_tokens: int, before_s: float = 0.0
) -> Answer:
    """What an engine writes for a prompt, trimmed; `before_s` went by before it was asked."""
    clock = SystemClock()
    writing = Writing(engine, request, clock=clock, max_tokens=max_tokens)
    async with aclosing(writing.texts(prompt, deadline_s=clock.now_s() + _PATIENCE_S)) as texts:
        async for _ in texts:
            pass
    generation, text = writing.generation, writing.text
    return Answer(
        text=text,
        tokens=generation.tokens,
        prompt_s=before_s + generation.first_token_s,
        total_s=before_s + generation.total_s,
        parses=not breaks(cell_language(request.language, request.prefix), request.prefix, text, request.suffix),
    )
