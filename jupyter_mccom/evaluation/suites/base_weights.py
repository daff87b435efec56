"""`bench --suite base`: is a family right more often with its base weights, not tuned to follow instructions?

Both of `--model`'s weights answer at the same keys of notebook statements; what is not on this machine is downloaded.
It ends with the calibration that the catalogue should have for each, from all texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ...compose import open_cascade, open_store
from ...errors import InputError
from ...learning.calibrate import fit, prior_of
from ...models.catalog import base_of
from ...settings import changed
from ..lib.bench import Bench
from ..lib.key_positions import Pressed, at_keys, pressed
from ..lib.metrics import exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import answer
from ..report.findings import Findings, Table
from ..report.strata import WEIGHTED, strata
from .thresholds import judged_from

_THRESHOLDS = 0.8, 0.6


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data or for a family without base weights, ModelError where they cannot be had."""
    family = bench.settings.model
    base = base_of(family)
    if base is None:
        raise InputError(
            f"no base weights of {family} are known; measure one that has some: qwen2.5-coder-0.5b or -1.5b"
        )
    samples, keys = at_keys(notebook_samples(bench.data, bench.n, bench.seed), bench.seed), pressed(bench.data)
    rows = {model: asyncio.run(_answers(bench, model, samples)) for model in (family, base.id)}
    return found(rows, samples, keys)


def found(rows: Mapping[str, Sequence[Mapping[str, Any]]], samples: Sequence[Sample], keys: Pressed) -> Findings:
    """The share of exact texts of both, from their rows in the order of the samples, and what the second gains."""
    parts = strata(samples, keys)
    right = {model: [float(_is_right(row)) for row in of] for model, of in rows.items()}
    first, *_ = right.values()
    lines = [
        [model, *(part.told(of, digits=3) for part in parts.values()), parts[WEIGHTED].gained(of, first)]
        for model, of in right.items()
    ]
    notes = [keys.note(), *(f"{model}: {_calibration(of)}" for model, of in rows.items())]
    head = ["weights", *(f"exact, {name}" for name in parts), "gained"]
    return Findings(
        tables=[Table(title=f"Exact rests of the line at {len(samples)} keys", head=head, rows=lines)], notes=notes
    )


async def _answers(bench: Bench, model: str, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    settings = changed(bench.settings, model=model)
    store = open_store(settings)
    if not await asyncio.to_thread(store.present, model):
        await asyncio.to_thread(lambda: store.pull(model, progress=bench.progress))
    opened = open_cascade(settings)

    async def row(sample: Sample) -> dict[str, Any]:
        return {"local": asdict(await answer(opened, sample, settings)), "truth": sample.truth}

    try:
        return await bench.measured([(f"{model} {sample.task}", sample) for sample in samples], row)
    finally:
        await opened.aclose()


def _is_right(row: Mapping[str, Any]) -> bool:
    return exact_match(row["local"]["text"], row["truth"])


def _calibration(rows: Sequence[Mapping[str, Any]]) -> str:
    judged = [one for row in rows if (one := judged_from(row)) is not None]
    if not judged:
        return "no text with probabilities, so no calibration"
    fitted = fit([one.features for one in judged], [float(one.right) for one in judged], prior_of(*_THRESHOLDS))
    figures = ", ".join(f"{value:.3f}" for value in (fitted.intercept, *fitted.weights))
    return f"calibration ({figures}) from {len(judged)} texts"
