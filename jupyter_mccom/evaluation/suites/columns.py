"""`bench --suite columns`: does a model read columns that a data frame does not have, and are such texts ever right?

The local model answers at keys of notebook statements that stand below a `read_…`. No file is read and no kernel runs:
a frame has the columns that its notebook names anywhere. Nothing stands below the cursor's cell.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from ...cascade.engine_context import Context
from ...cascade.text.missing_columns import missing_columns
from ...compose import UNHURRIED_S, OpenCascade, open_cascade
from ...retrieval.names import LiveName, frames_of
from ...retrieval.search import Retrieval
from ...settings import MCCom
from ...types import Cell
from ..lib.bench import Bench
from ..lib.key_positions import at_keys
from ..lib.metrics import exact_match, interval_by, mean
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import written
from ..report.findings import Findings, Table
from .kernels import HeldNames

WAYS = ("all cells above", "the cells down to the last that reads a file")
HEAD = (
    "in the prompt",
    "keys",
    "texts with a frame's name",
    "of these a missing column",
    "of these right",
    "own rests of lines taken for wrong",
)
_ALL = 10**6
_READS = re.compile(r"^(\w+)\s*=\s*(?:pd|pandas)\.read_\w+\(", re.MULTILINE)
_QUOTED = re.compile(r"['\"](.+?)['\"]")
_NAMED = r"(?<![\w.]){0}(?:\[\[?(['\"].+?['\"])\]|\.(?:groupby|nlargest|set_index|sort_values)\((.+?)\))"
"""What stands in a frame's brackets, or in a method's that names columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    sample: Sample
    names: Sequence[LiveName]
    way: str


def measure(bench: Bench) -> Findings:
    """Over `n` statements, drawn by the seed. Raises InputError without the data."""
    samples = notebook_samples(bench.data, _ALL, bench.seed)
    at = [(sample, names) for sample in samples if (names := frames_in(sample))][: bench.n]
    positions = [one for sample, names in at for one in _positions(sample, names, bench.seed)]
    rows = asyncio.run(_run(bench, positions))
    books = len({sample.request.document for sample, _ in at})
    title = f"{bench.model}, {len(at)} statements of {books} notebooks"
    return Findings(tables=[Table(title=title, head=HEAD, rows=[_row(way, positions, rows) for way in WAYS])])


async def _run(bench: Bench, positions: Sequence[_Position]) -> list[dict[str, Any]]:
    async with aclosing(open_cascade(bench.settings)) as opened:

        async def row_of(position: _Position) -> dict[str, Any]:
            return await _answered(opened, bench.settings, position)

        return await bench.measured([(f"{one.sample.task} {one.way}", one) for one in positions], row_of)


def frames_in(sample: Sample) -> list[LiveName]:
    """The frames that the cells above read, each with the columns that the notebook names."""
    request = sample.request
    above = [cell.source for cell in request.cells_before if cell.kind == "code"]
    below = [cell.source for cell in request.cells_after if cell.kind == "code"]
    notebook = "\n".join([*above, request.prefix + sample.truth + request.suffix, *below])
    found = []
    for name in dict.fromkeys(_READS.findall("\n".join(above))):
        inside = [one or other for one, other in re.findall(_NAMED.format(name), notebook)]
        columns = list(dict.fromkeys(column for text in inside for column in _QUOTED.findall(text)))
        members = tuple(f"{column}: float64" for column in columns)
        if members:
            shape = f"(1000, {len(members)})"
            found.append(LiveName(name=name, type_name="pandas.DataFrame", shape=shape, members=members))
    return found


def _positions(sample: Sample, names: Sequence[LiveName], seed: int) -> Iterator[_Position]:
    ran = [replace(cell, ran=number) for number, cell in enumerate(sample.request.cells_before)]
    reads = max(number for number, cell in enumerate(ran) if _READS.search(cell.source))
    for way, cells in zip(WAYS, (ran, ran[: reads + 1]), strict=True):
        for key in at_keys([sample], seed):
            yield _Position(sample=_with(key, cells), names=names, way=way)


def _with(sample: Sample, cells: Sequence[Cell]) -> Sample:
    return replace(sample, request=replace(sample.request, cells_before=tuple(cells), cells_after=()))


async def _answered(opened: OpenCascade, settings: MCCom, position: _Position) -> dict[str, Any]:
    sample, request = position.sample, position.sample.request
    context = Context(
        opened.engine,
        Retrieval(tree=None, live=HeldNames(position.names), patience_s=UNHURRIED_S),
        n_tokens=settings.n_prompt,
        n_retrieved_tokens=settings.retrieval_tokens,
    )
    prompt, _ = await context.prompt(request)
    answer = await written(opened.engine, request, prompt, max_tokens=settings.max_tokens)
    frames = frames_of(position.names)
    line = request.prefix.rpartition("\n")[2] + answer.text
    return {
        "text": answer.text,
        "names": any(re.search(rf"\b{one.name}\b", line) for one in frames),
        "missing": missing_columns(request, answer.text, frames),
        "right": exact_match(answer.text, sample.truth),
        "alarm": missing_columns(request, sample.truth, frames),
    }


def _row(way: str, positions: Sequence[_Position], rows: Sequence[dict[str, Any]]) -> list[str]:
    own = [(one, row) for one, row in zip(positions, rows, strict=True) if one.way == way]
    naming = [(one, row) for one, row in own if row["names"]]
    missing = [float(bool(row["missing"])) for _, row in naming]
    share = "–"
    if naming:
        low, high = interval_by([one.sample.statement for one, _ in naming], missing)
        share = f"{mean(missing):.3f} ({low:.3f}–{high:.3f}), {sum(map(int, missing))}"
    right = sum(row["right"] for _, row in naming if row["missing"])
    alarms = sum(bool(row["alarm"]) for _, row in own)
    return [way, str(len(own)), str(len(naming)), share, str(right), f"{alarms} of {len(own)}"]
