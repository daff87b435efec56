"""`bench --suite retrieval`: does context make a model right more often? One model, the same positions, a row a way.

Positions: keys of lines that need another file (its candidates given), of lines of repositories (indexed whole), and of
notebook statements that use a name of an earlier cell.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ...cascade.engine_context import Context
from ...cascade.route import confidence
from ...compose import UNHURRIED_S, OpenCascade, open_cascade
from ...protocols import N_HITS, Retriever
from ...retrieval.search import Retrieval, Tree
from ...settings import MCCom
from ...types import CompletionRequest, Hit, Prompt
from ..lib.bench import Bench
from ..lib.key_positions import at_keys, pressed
from ..lib.metrics import edit_similarity, exact_match
from ..lib.projects import GivenChunks, indexed
from ..lib.samples import Sample, crossfile_samples, notebook_samples, repository_samples
from ..lib.timed_answers import TimedAnswer, written
from ..report.findings import Findings, Table
from ..report.strata import Stratum, strata

WAYS = (
    "no retrieval",
    "round 1, best one",
    "round 1",
    "rounds 1 and 2",
    "round 1, with room for all five",
)
"""What is retrieved takes the place of lines above the cursor, but for the last one, whose prompts are longer."""
_ROOM_TOKENS = 320
"""Tokens beside `retrieval_tokens`: five chunks of a hundred tokens fit, the usual size (`MAX_CHARS` is the most)."""
GAINED = "gained: the mean of the differences to the first way at the same positions, with its 95 % interval"


class _BestOne:
    """A retriever that gives only the first hit."""

    def __init__(self, retrieval: Retrieval) -> None:
        self._retrieval = retrieval

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = N_HITS
    ) -> tuple[Hit, ...]:
        return (await self._retrieval.search(request, text=text, confidence=confidence, n_hits=n_hits))[:1]

    async def aclose(self) -> None:
        await self._retrieval.aclose()


def measure(bench: Bench) -> Findings:
    """A third of the statements each: need another file, use an earlier cell, stand in a repository that is indexed.

    Raises InputError without the data.
    """
    share = bench.n // 3
    groups = [
        crossfile_samples(bench.data, share, bench.seed),
        repository_samples(bench.data, share, bench.seed),
        notebook_samples(bench.data, share, bench.seed, that_reuse=True),
    ]
    samples = at_keys([sample for each in zip(*groups, strict=False) for sample in each], bench.seed)
    asyncio.run(_run(bench, samples))
    rows = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    keys = pressed(bench.data)
    return Findings(tables=[table(bench.model, rows, WAYS, strata(samples, keys))], notes=[GAINED, keys.note()])


def table(model: str, rows: Sequence[Mapping[str, Any]], ways: Sequence[str], strata: Mapping[str, Stratum]) -> Table:
    """A row a way: exact match, edit similarity and what it gains over the first way, over the last of `strata`.

    Then the exact match of each of the others, and of each kind of document.
    """
    kinds = sorted({row["kind"] for row in rows})
    *others, (_, overall) = strata.items()
    lines = []
    for number, way in enumerate(ways):
        right, similar = ([float(row[name][number]) for row in rows] for name in ("right", "similar"))
        first, first_similar = ([float(row[name][0]) for row in rows] for name in ("right", "similar"))
        cells = [way, overall.told(right, digits=3), overall.gained(right, first)]
        cells += [overall.told(similar, digits=3), overall.gained(similar, first_similar)]
        cells += [stratum.told(right) for _, stratum in others]
        of_kind = ([float(row["kind"] == kind) for row in rows] for kind in kinds)
        cells += [overall.told((a * b for a, b in zip(right, those, strict=True)), those) for those in of_kind]
        lines.append(cells)
    head = ["way", "exact match", "gained", "edit similarity", "gained", *(name for name, _ in others), *kinds]
    return Table(title=f"{model}, n = {len(rows)}", head=head, rows=lines)


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    async with aclosing(opened), indexed(new) as projects:
        for number, sample in enumerate(new, len(samples) - len(new) + 1):
            bench.progress(number, len(samples))
            tree = projects.get(sample.root) or (GivenChunks(sample.found) if sample.found else None)
            bench.rows.put(sample.task, await _scores(opened, bench.settings, sample, tree))


async def _scores(opened: OpenCascade, settings: MCCom, sample: Sample, tree: Tree | None) -> dict[str, Any]:
    request, engine = sample.request, opened.engine
    retrieval = Retrieval(tree=tree, live=None, patience_s=UNHURRIED_S)
    answers_of: dict[Prompt, TimedAnswer] = {}

    async def text_of(retriever: Retriever | None, first: TimedAnswer | None = None, *, room: int = 0) -> TimedAnswer:
        context = Context(
            engine,
            retriever,
            n_tokens=settings.n_prompt + room,
            n_retrieved_tokens=settings.retrieval_tokens + room,
        )
        line = request.prefix.rpartition("\n")[2] + first.text if first else ""
        prompt, _ = await context.prompt(request, text=line, confidence=confidence(first.tokens) if first else None)
        if prompt not in answers_of:
            answers_of[prompt] = await written(engine, request, prompt, max_tokens=settings.max_tokens)
        return answers_of[prompt]

    first = await text_of(retrieval)
    answers = [
        await text_of(None),
        await text_of(_BestOne(retrieval)),
        first,
        await text_of(retrieval, first),
        await text_of(retrieval, room=_ROOM_TOKENS),
    ]
    return scores_of(sample, sample.kind, answers)


def scores_of(sample: Sample, kind: str, answers: Sequence[TimedAnswer]) -> dict[str, Any]:
    """The row of a position: a value a way."""
    return {
        "kind": kind,
        "right": [exact_match(answer.text, sample.truth) for answer in answers],
        "similar": [edit_similarity(answer.text, sample.truth) for answer in answers],
    }
