"""`bench --suite empty-cells`: is the first line that is proposed in an empty cell what its author wrote there?

A notebook is written from top to bottom: the cells above are there, the cell is empty and nothing stands below. Each
cell of code that follows another one may be drawn. Right is a text whose first line is the cell's. The model is asked
once a cell; what each gate would show of its texts is counted afterwards. What a kernel holds is not known here.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...cascade.route import Gates
from ...cascade.text.noise import is_noise
from ...compose import OpenCascade, open_cascade
from ...compose.gates import gates_of
from ...learning.calibrate import EAGERNESS
from ...settings import MCCom, changed
from ...types import Cell, CompletionRequest
from ..lib.bench import Bench
from ..lib.data import rows_of
from ..lib.metrics import exact_match
from ..lib.samples import Sample
from ..lib.timed_answers import TimedAnswer, answer, token_from
from ..report.findings import Findings, Table
from ..report.strata import Stratum

_NEW, _OLD = "2025+", "pre-2025"
_NEW_SHARE = 0.25
"""Of the cells drawn. There are 69: two draws of up to 136 cells have none in common."""
_CUTS = (0.0, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Chances that a gate might ask for."""


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data. What is set or was learnt of thresholds has no part in it."""
    samples = empty_cells(bench.data, bench.n, bench.seed)
    rows, gates = asyncio.run(_run(bench, samples))
    return findings(samples, rows, gates, model=bench.model)


def empty_cells(data: Path, n: int, seed: int) -> list[Sample]:
    """`n` cells, a quarter of them of 2025 or later as far as there are; draws of other seeds are other cells."""
    every = [sample for book in rows_of(data, "notebooks/notebooks.jsonl") for sample in _cells_of(book)]
    random.Random(1).shuffle(every)  # noqa: S311 - a sample, not a secret
    new = _part([sample for sample in every if sample.era == _NEW], round(n * _NEW_SHARE), seed)
    return new + _part([sample for sample in every if sample.era != _NEW], n - len(new), seed)


def _part(every: Sequence[Sample], n: int, seed: int) -> list[Sample]:
    """The part of `n` of them that belongs to a seed, from 1 on; behind the last part the first follows."""
    start = (seed - 1) * n
    return [every[at % len(every)] for at in range(start, start + min(n, len(every)))]


def _cells_of(book: Mapping[str, Any]) -> list[Sample]:
    """A sample of each cell of a notebook that holds code and follows one that does; the truth is its first line."""
    cells = tuple(
        Cell(cell_id=str(number), kind=cell["type"], source=cell["source"]) for number, cell in enumerate(book["cells"])
    )
    found, follows = [], False
    for number, cell in enumerate(cells):
        lines = [line for line in cell.source.split("\n") if line.strip()]
        if cell.kind != "code" or not lines:
            continue
        if follows:
            task = f"{book['id']}#{number}"
            request = CompletionRequest(
                id=task,
                client="bench",
                document=book["id"],
                cell_id=cell.cell_id,
                language="python",
                prefix="",
                suffix="",
                cells_before=cells[:number],
            )
            truth = lines[0].rstrip()
            found.append(Sample(task=task, kind="notebook", era=book["era"], request=request, truth=truth))
        follows = True
    return found


async def _run(bench: Bench, samples: Sequence[Sample]) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Gates]]:
    """A row of each sample, and the gates of each eagerness."""
    settings = changed(bench.settings, route_threshold=-1.0, show_threshold=-1.0)
    opened = open_cascade(settings)
    try:
        rows = await bench.measured(
            [(sample.task, sample) for sample in samples], lambda sample: _row(opened, settings, sample)
        )
        return rows, {name: gates_of(changed(settings, eagerness=name), opened.model) for name in EAGERNESS}
    finally:
        await opened.aclose()


async def _row(opened: OpenCascade, settings: MCCom, sample: Sample) -> dict[str, Any]:
    return row_of(sample, await answer(opened, sample, settings))


def row_of(sample: Sample, written: TimedAnswer) -> dict[str, Any]:
    """The row of a sample; whether a text is noise is judged as the product does it."""
    raw = "".join(token.text for token in written.tokens)
    return {
        "text": written.text,
        "truth": sample.truth,
        "tokens": [asdict(token) for token in written.tokens],
        "parses": written.parses,
        "noise": is_noise(sample.request, written.text, written=raw, taken=False),
        "total_s": written.total_s,
    }


def findings(
    samples: Sequence[Sample], rows: Sequence[Mapping[str, Any]], gates: Mapping[str, Gates], *, model: str
) -> Findings:
    """`rows` in the order of `samples`; `gates` by eagerness. Intervals are drawn by notebook."""
    right = [float(exact_match(row["text"], row["truth"])) for row in rows]
    parts = _parts(samples)
    default = gates["balanced"]
    tried = {**gates, **{f"above {cut:.2f}": replace(default, empty=cut) for cut in _CUTS}}
    shown = {name: [float(_shows(by, row)) for row in rows] for name, by in tried.items()}
    wrong = {name: [there * (1 - it) for there, it in zip(each, right, strict=True)] for name, each in shown.items()}
    lines = [
        [name, *(cell for part in parts.values() for cell in _cells(part, shown[name], wrong[name]))] for name in tried
    ]
    head = ["gate", *(f"{name}: {what}" for name in parts for what in ("a text", "wrong among shown"))]
    return Findings(
        tables=[
            Table(
                title=f"{model}, the first line of a cell, without a gate",
                head=["cells", "n", "exact"],
                rows=[[name, str(part.n), part.told(right, digits=3)] for name, part in parts.items()],
            ),
            Table(title="What a gate shows: share of the cells, and wrong among those", head=head, rows=lines),
        ],
        notes=["a text that breaks the cell is never shown; one that is noise only above a chance of .9"],
        figures=_figures(parts["all"], right, shown, wrong),
    )


def _parts(samples: Sequence[Sample]) -> dict[str, Stratum]:
    notebooks = [sample.request.document for sample in samples]
    eras = {"all": (_NEW, _OLD), _NEW: (_NEW,), _OLD: (_OLD,)}
    return {
        name: Stratum(statements=notebooks, weights=[float(sample.era in of) for sample in samples])
        for name, of in eras.items()
    }


def _figures(
    part: Stratum, right: Sequence[float], shown: Mapping[str, Sequence[float]], wrong: Mapping[str, Sequence[float]]
) -> dict[str, Any]:
    gates = {
        name: {"shown": round(part.value(each), 3), "wrong": round(part.value(wrong[name], each), 3)}
        for name, each in shown.items()
    }
    return {"n": part.n, "right": round(part.value(right), 3), **gates}


def _cells(part: Stratum, shown: Sequence[float], wrong: Sequence[float]) -> tuple[str, str]:
    return part.told(shown), part.told(wrong, shown)


def _shows(gates: Gates, row: Mapping[str, Any]) -> bool:
    tokens = [token_from(token) for token in row["tokens"]]
    found = gates.in_empty_cell().route(tokens, text=row["text"], parses=row["parses"], cloud="off", noise=row["noise"])
    return found.reason == "sure"
