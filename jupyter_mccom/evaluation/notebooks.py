"""`bench --suite notebooks`: the local model on notebook statements, one shot, by era and by where the cursor stands.

Half of the statements are of 2025 or later, which no model of the catalogue can have read, where there are so many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..cascade.route import confidence
from ..compose import OpenCascade, open_cascade
from ..settings import MCCom
from .bench import Bench
from .cascade import token_from, written
from .findings import Findings, Table, with_interval
from .metrics import edit_similarity, exact_match, mean, percentile
from .reliability import calibration
from .replay import statement_of
from .samples import Sample, notebook_samples

ERAS = ("2025+", "pre-2025")
VARIANTS = ("whole line", "mid-line")
_ALL = 10**6


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    samples = drawn(bench.data, bench.n, bench.seed)
    asyncio.run(_run(bench, samples))
    rows = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    told, plots = calibration(
        [(one["right"], [token_from(token) for token in one["tokens"]]) for one in _variants(rows)]
    )
    return Findings(
        tables=[_table(rows), *told],
        plots=plots,
        notes=["80 % of real completions start inside a statement: mid-line counts most"],
        figures={"n": len(rows), **_figures(rows)},
    )


def drawn(data: Path, n: int, seed: int) -> list[Sample]:
    """`n` statements, half of each era as far as there are."""
    every = notebook_samples(data, _ALL, seed)
    new, old = ([sample for sample in every if sample.era == era] for era in ERAS)
    return new[: n // 2] + old[: n - min(n // 2, len(new))]


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    try:
        for number, sample in enumerate(samples, 1):
            if bench.rows.get(sample.task) is None:
                bench.rows.put(sample.task, await _row(opened, bench.settings, sample))
            bench.progress(number, len(samples))
    finally:
        await opened.aclose()


async def _row(opened: OpenCascade, settings: MCCom, sample: Sample) -> dict[str, Any]:
    start, statement = statement_of(sample.request, sample.truth)
    row: dict[str, Any] = {"era": sample.era}
    for variant, request, truth in zip(VARIANTS, (start, sample.request), (statement, sample.truth), strict=True):
        prompt = await opened.cascade.prompt(request)
        answer = await written(opened.engine, request, prompt, max_tokens=settings.max_tokens)
        row[variant] = {
            "right": exact_match(answer.text, truth),
            "similar": edit_similarity(answer.text, truth),
            "tokens": [asdict(token) for token in answer.tokens],
            "total_s": answer.total_s,
        }
    return row


def _variants(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row[variant] for row in rows for variant in VARIANTS]


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    head = ["era, cursor", "n", "exact match", "edit similarity", "mean confidence", "p50 s"]
    found = []
    for era in ERAS:
        for variant in VARIANTS:
            of = [row[variant] for row in rows if row["era"] == era]
            right, similar = [float(one["right"]) for one in of], [one["similar"] for one in of]
            sure = [confidence([token_from(token) for token in one["tokens"]]) or 0.0 for one in of]
            seconds = percentile([one["total_s"] for one in of], 0.5)
            cells = [with_interval(right, 3), with_interval(similar, 3), f"{mean(sure):.2f}", f"{seconds:.2f}"]
            found.append([f"{era}, {variant}", str(len(of)), *cells])
    return Table(title="The local model alone, one shot", head=head, rows=found)


def _figures(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    return {
        f"{era} {variant}": mean([float(row[variant]["right"]) for row in rows if row["era"] == era])
        for era in ERAS
        for variant in VARIANTS
    }
