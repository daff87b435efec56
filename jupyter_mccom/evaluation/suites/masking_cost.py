"""`bench --suite masking`: is a large model right as often where its prompts hold no secrets?

The model of the settings (`--model qwen2.5-coder-1.5b`) stands for the cloud: prompts of `cloud_prompt_tokens`, with
masking and without, at the same positions. First the notebooks as they are, then with a cell of seeded secrets above.
Where masking changes nothing of a prompt, one answer serves both ways.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...compose import OpenCascade, open_cascade
from ...privacy.masked_engine import MaskedEngine
from ...settings import MCCom, changed
from ...types import Cell, Prompt
from ..lib.bench import Bench
from ..lib.key_positions import at_keys
from ..lib.metrics import exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import written
from ..report.findings import Findings, Table, gained, with_interval
from ..seeded.cases import Seeding
from ..seeded.masked_prompts import masked_prompt

_WAYS = ("as it is", "with secrets above")


def measure(bench: Bench) -> Findings:
    """Exact match with and without masking. Raises InputError without the data."""
    settings = changed(bench.settings, prompt_tokens=bench.settings.cloud_prompt_tokens)
    samples = at_keys(notebook_samples(bench.data, bench.n, bench.seed), bench.seed)
    seeded = [with_secrets(sample, bench.seed) for sample in samples]
    items = [
        (f"{sample.task} {way}", sample) for way, of in zip(_WAYS, (samples, seeded), strict=True) for sample in of
    ]
    rows = asyncio.run(_run(bench, settings, items))
    parts = {way: rows[at * len(samples) : (at + 1) * len(samples)] for at, way in enumerate(_WAYS)}
    table = Table(
        title=f"{bench.model} as the cloud, n = {len(samples)} keys of {bench.n} statements",
        head=["notebook", "prompts that masking changed", "exact match without", "with masking", "gained"],
        rows=[_line(way, of) for way, of in parts.items()],
    )
    return Findings(tables=[table])


def with_secrets(sample: Sample, seed: int) -> Sample:
    """The position with a cell just above the cursor's that holds a secret, made up for it."""
    seeding = Seeding("open", seed)
    seeding.rng.seed(f"{seed} {sample.statement}")
    snippet = seeding.snippet(
        seeding.rng.choice([one for one in seeding.templates.snippets if one.language == "python"])
    )
    cell = Cell(cell_id="seeded", kind="code", source=snippet.text)
    request = sample.request
    return replace(sample, request=replace(request, cells_before=(*request.cells_before, cell)))


def _line(way: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    plain, masked = ([float(row[name]) for row in rows] for name in ("plain", "masked"))
    changed_share = with_interval([float(row["changed"]) for row in rows])
    return [way, changed_share, with_interval(plain, 3), with_interval(masked, 3), gained(masked, plain)]


async def _run(bench: Bench, settings: MCCom, items: Sequence[tuple[str, Sample]]) -> list[dict[str, Any]]:
    opened = open_cascade(settings)
    try:
        return await bench.measured(items, lambda sample: _row(opened, settings, sample))
    finally:
        await opened.aclose()


async def _row(opened: OpenCascade, settings: MCCom, sample: Sample) -> dict[str, Any]:
    """Whether each way was right, and whether the model was given another prompt."""
    prompt = await opened.cascade.prompt(sample.request)
    plain = await written(opened.engine, sample.request, prompt, max_tokens=settings.max_tokens)
    right = exact_match(plain.text, sample.truth)
    if _told(await masked_prompt(prompt)) == _told(prompt):
        return {"changed": False, "plain": right, "masked": right}
    masked = await written(MaskedEngine(opened.engine), sample.request, prompt, max_tokens=settings.max_tokens)
    return {"changed": True, "plain": right, "masked": exact_match(masked.text, sample.truth)}


def _told(prompt: Prompt) -> list[str]:
    """All that a model is told."""
    return [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed, prompt.forced, prompt.suffix]
