"""`bench --suite hits`: which weights of a search find what a line needs, and how often the best hits change.

No model is asked. What a line needs: the identifiers of the text that stands there, less those in the lines and cells
near the cursor. Positions are notebook statements that use a name of an earlier cell, and lines of repositories.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..compose import UNHURRIED_S
from ..retrieval.search import WEIGHTS, Retrieval, Weights
from ..retrieval.tree import ProjectTree
from ..types import CompletionRequest, Hit
from .bench import Bench
from .findings import Findings, Table, with_interval
from .metrics import interval_by, mean
from .projects import Projects, indexed
from .samples import Sample, notebook_samples, repository_samples

WAYS: Mapping[str, Weights] = {
    "as it is": WEIGHTS,
    **{
        f"{above} lines above, {below} below": Weights(lines_above=above, lines_below=below)
        for above, below in ((2, 2), (4, 0), (8, 4), (16, 4))
    },
    **{f"cells by distance ^ -{power}": Weights(nearer=power) for power in (0, 0.2, 0.5)},
    **{f"own text × {weight}": Weights(own=weight) for weight in (0, 0.5, 1.5, 2)},
}
STAYS: Mapping[str, Weights] = {
    "never": Weights(stays=math.inf),
    **{f"worth {share} of the best": Weights(stays=share) for share in (0.6, WEIGHTS.stays, 0.9)},
}
"""When hits stay."""
_N_HITS = 3
"""About so many fit a local prompt."""
_N_BEST = 2
_IDENTIFIER = re.compile(r"[^\W\d]\w{2,}")
_CHARS_ABOVE, _CHARS_BELOW, _CHARS_OF_CELLS = 1500, 400, 1200
"""What stands near: about what a local prompt holds anyway."""
_N_MOVES = 30
"""From line to line in a file."""
_N_FILES = 24


def measure(bench: Bench) -> Findings:
    """Half of the positions notebook statements, half lines of repositories. Raises InputError without the data."""
    lines = repository_samples(bench.data, bench.n // 2, bench.seed)
    samples = [*notebook_samples(bench.data, bench.n - len(lines), bench.seed, that_reuse=True), *lines]
    files = list({(line.root, line.request.document): line for line in lines}.values())[:_N_FILES]
    asyncio.run(_run(bench, samples, files))
    found = [row for sample in samples if (row := bench.rows.get(sample.task)) and row["shares"]]
    moves = [row for file in files if (row := bench.rows.get(_moves_of(file))) and row["never"]]
    return Findings(tables=[_found_table(found), _moves_table(moves)])


async def _run(bench: Bench, samples: Sequence[Sample], files: Sequence[Sample]) -> None:
    work: list[tuple[str, Callable[[Projects], Any]]] = [
        *((sample.task, lambda projects, of=sample: _shares(of, projects)) for sample in samples),
        *((_moves_of(file), lambda projects, of=file: _moves(of, projects)) for file in files),
    ]
    async with indexed(samples) as projects:
        for number, (name, measured) in enumerate(work, 1):
            bench.progress(number, len(work))
            if bench.rows.get(name) is None:
                bench.rows.put(name, await measured(projects))


def _moves_of(file: Sample) -> str:
    return f"moves in {file.root} {file.request.document}"


async def _shares(sample: Sample, projects: Projects) -> dict[str, Any]:
    """Of what the line needs, the share that the best hits hold, by way; none where it needs nothing."""
    near = near_cells(sample.request)
    wanted = names(sample.truth) - here(sample.request, near)
    shares = {}
    for way, weights in WAYS.items() if wanted else ():
        hits = await _search(sample.request, projects.get(sample.root), weights)
        others = [hit.chunk.text for hit in hits if hit.chunk.source not in near][:_N_HITS]
        shares[way] = len(wanted & names("\n".join(others))) / len(wanted)
    return {"kind": sample.kind, "document": f"{sample.root} {sample.request.document}", "shares": shares}


async def _search(request: CompletionRequest, tree: ProjectTree | None, weights: Weights) -> tuple[Hit, ...]:
    return await Retrieval(tree=tree, live=None, patience_s=UNHURRIED_S, weights=weights).search(request)


def names(text: str) -> set[str]:
    """Identifiers of three characters and more."""
    return set(_IDENTIFIER.findall(text))


def near_cells(request: CompletionRequest) -> set[str]:
    """Sources of the code cells above that stand in a prompt whole."""
    found: set[str] = set()
    room = _CHARS_OF_CELLS
    for number in reversed(range(len(request.cells_before))):
        cell = request.cells_before[number]
        if cell.kind == "code":
            room -= len(cell.source)
            if room < 0:
                break
            found.add(f"cell {request.n_cells_above + number}")
    return found


def here(request: CompletionRequest, near: set[str]) -> set[str]:
    """Identifiers that a prompt holds without a search."""
    cells = [
        cell.source
        for number, cell in enumerate(request.cells_before, request.n_cells_above)
        if f"cell {number}" in near
    ]
    return names("\n".join([*cells, request.prefix[-_CHARS_ABOVE:], request.suffix[:_CHARS_BELOW]]))


async def _moves(file: Sample, projects: Projects) -> dict[str, Any]:
    """For each move to the next line, by rule: whether the best two hits change, and their worth ÷ that of the best."""
    retrievals = {
        rule: Retrieval(tree=projects[file.root], live=None, patience_s=UNHURRIED_S, weights=weights)
        for rule, weights in STAYS.items()
    }
    found: dict[str, list[tuple[bool, float]]] = {rule: [] for rule in STAYS}
    before: dict[str, list[str]] = {}
    for request in moved(file.request):
        hits = {rule: (await retrieval.search(request))[:_N_BEST] for rule, retrieval in retrievals.items()}
        best = sum(hit.score for hit in hits["never"])
        for rule, those in hits.items():
            texts = [hit.chunk.text for hit in those]
            if rule in before and best:
                found[rule].append((texts != before[rule], sum(hit.score for hit in those) / best))
            before[rule] = texts
    return dict(found)


def moved(request: CompletionRequest) -> list[CompletionRequest]:
    """The cursor at the start of its line and of the lines below, one after the other."""
    lines = (request.prefix + request.suffix).split("\n")
    first = request.prefix.count("\n")
    places = range(first, min(first + _N_MOVES + 1, len(lines)))
    return [
        replace(
            request,
            prefix="".join(line + "\n" for line in lines[:place]),
            suffix="".join("\n" + line for line in lines[place + 1 :]),
        )
        for place in places
    ]


def _found_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A row a way: the mean share, by kind too, and its difference to what the product does; intervals by documents."""
    kinds = sorted({row["kind"] for row in rows})
    lines = []
    for way in WAYS:
        cells = [way, _share(rows, way), _difference(rows, way) if way != "as it is" else ""]
        lines.append([*cells, *(_share([row for row in rows if row["kind"] == kind], way) for kind in kinds)])
    counts = [f"{kind}, n = {sum(row['kind'] == kind for row in rows)}" for kind in kinds]
    title = f"Share of the identifiers that stand nowhere near and are in the best {_N_HITS} hits, n = {len(rows)}"
    return Table(title=title, head=["way", "share", "difference", *counts], rows=lines)


def _share(rows: Sequence[Mapping[str, Any]], way: str) -> str:
    shares = [row["shares"][way] for row in rows]
    low, high = interval_by([row["document"] for row in rows], shares)
    return f"{mean(shares):.3f} ({low:.3f}–{high:.3f})"


def _difference(rows: Sequence[Mapping[str, Any]], way: str) -> str:
    differences = [row["shares"][way] - row["shares"]["as it is"] for row in rows]
    low, high = interval_by([row["document"] for row in rows], differences)
    return f"{mean(differences):+.3f} ({low:+.3f} to {high:+.3f})"


def _moves_table(files: Sequence[Mapping[str, Any]]) -> Table:
    """A row a rule; intervals by files."""
    lines = []
    for rule in STAYS:
        changes = [mean([float(changed) for changed, _ in file[rule]]) for file in files]
        worth = [mean([share for _, share in file[rule]]) for file in files]
        lines.append([rule, with_interval(changes, 2), with_interval(worth, 2)])
    n_moves = sum(len(file["never"]) for file in files)
    title = f"{n_moves} moves to the next line in {len(files)} files"
    return Table(title=title, head=["hits stay", "the first two change", "their worth ÷ the best two"], rows=lines)
