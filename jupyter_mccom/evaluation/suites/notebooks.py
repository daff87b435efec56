"""`bench --suite notebooks`: the local model on notebook statements, one shot, by era and by the kind of key.

Each statement is asked at the keys of `key_positions.py`.
Half of the statements are of 2025 or later, which no model of the catalogue can have read, where there are so many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from ...cascade.route import confidence
from ...compose import OpenCascade, open_cascade
from ...settings import MCCom
from ..lib.bench import Bench
from ..lib.key_positions import Pressed, at_keys, pressed
from ..lib.metrics import edit_similarity, exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import token_from, written
from ..report.findings import Findings, Table
from ..report.reliability import calibration
from ..report.strata import Stratum, strata

ERAS = ("2025+", "pre-2025")
_ALL = 10**6


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    samples = at_keys(drawn(bench.data, bench.n, bench.seed), bench.seed)
    rows = asyncio.run(_run(bench, samples))
    told, plots = calibration([(row["right"], [token_from(token) for token in row["tokens"]]) for row in rows])
    keys = pressed(bench.data)
    parts = _parts(samples, rows, keys)
    right = {name: stratum.value([row["right"] for row in of]) for name, stratum, of in parts}
    return Findings(
        tables=[_table(parts), *told],
        plots=plots,
        notes=[keys.note(), "the confidence's figures count every position alike"],
        figures={"n": len(rows), **right},
    )


def drawn(data: Path, n: int, seed: int) -> list[Sample]:
    """`n` statements, half of each era as far as there are."""
    every = notebook_samples(data, _ALL, seed)
    new, old = ([sample for sample in every if sample.era == era] for era in ERAS)
    return new[: n // 2] + old[: n - min(n // 2, len(new))]


async def _run(bench: Bench, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    opened = open_cascade(bench.settings)
    try:
        return await bench.measured(
            [(sample.task, sample) for sample in samples], lambda sample: _row(opened, bench.settings, sample)
        )
    finally:
        await opened.aclose()


async def _row(opened: OpenCascade, settings: MCCom, sample: Sample) -> dict[str, Any]:
    prompt = await opened.cascade.prompt(sample.request)
    answer = await written(opened.engine, sample.request, prompt, max_tokens=settings.max_tokens)
    return {
        "right": exact_match(answer.text, sample.truth),
        "similar": edit_similarity(answer.text, sample.truth),
        "tokens": [asdict(token) for token in answer.tokens],
        "total_s": answer.total_s,
    }


_Part: TypeAlias = tuple[str, Stratum, Sequence[Mapping[str, Any]]]
"""Name, which positions, and the rows that it is given."""


def _parts(samples: Sequence[Sample], rows: Sequence[Mapping[str, Any]], keys: Pressed) -> list[_Part]:
    """The rows of each era, by the kind of key."""
    found: list[_Part] = []
    for era in ERAS:
        at = [number for number, sample in enumerate(samples) if sample.era == era]
        of = [rows[number] for number in at]
        found += [
            (f"{era}, {name}", stratum, of)
            for name, stratum in strata([samples[number] for number in at], keys).items()
        ]
    return found


def _table(parts: Sequence[_Part]) -> Table:
    head = ["era, key", "n", "exact match", "edit similarity", "mean confidence", "p50 s"]
    found = []
    for name, stratum, of in parts:
        sure = [confidence([token_from(token) for token in row["tokens"]]) or 0.0 for row in of]
        cells = [stratum.told([row[figure] for row in of], digits=3) for figure in ("right", "similar")]
        cells += [f"{stratum.value(sure):.2f}", stratum.percentile([row["total_s"] for row in of], 0.5)]
        found.append([name, str(stratum.n), *cells])
    return Table(title="The local model alone, one shot", head=head, rows=found)
