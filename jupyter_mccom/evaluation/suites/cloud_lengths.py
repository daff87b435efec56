"""`bench --suite cloud-lengths`: what a longer prompt is worth to the cloud, and what its second round of retrieval is.

The model that stands for the cloud (`cloud_model`, else the 1.5B) is asked on this machine with prompts of a quarter,
a half and all of `cloud_prompt_tokens`, three eighths for what is found, with the hits of the first round and those of
the second, whose query is the local model's text. Half notebook statements, half lines of indexed repositories.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...cascade.engine_context import Context
from ...cascade.route import confidence
from ...compose import UNHURRIED_S, OpenCascade, open_cascade
from ...protocols import Engine
from ...retrieval.search import Retrieval, Tree, new_names
from ...settings import MCCom
from ...types import Prompt
from ..lib.bench import Bench, of_stand_in, stand_in
from ..lib.data import CELLS, check
from ..lib.key_positions import at_keys, pressed
from ..lib.metrics import exact_match
from ..lib.projects import indexed
from ..lib.samples import Sample, notebook_samples, repository_samples
from ..lib.timed_answers import written
from ..report.findings import Findings, Table, with_interval
from ..report.strata import Stratum, strata

_FOUND_SHARE = 3 / 8
_IN_PROMPT = 2
ROUNDS = ("round 1", "round 2")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A key, and what the local model wrote there."""

    sample: Sample
    retrieval: Retrieval
    line: str
    """The line up to the cursor and the local text, the second round's query; empty where nothing was written."""
    confidence: float | None


def measure(bench: Bench) -> Findings:
    """Exact match of the rest of the line, by the prompt's length. Raises InputError without the data."""
    check(bench.data, CELLS)
    samples = notebook_samples(bench.data, bench.n - bench.n // 2, bench.seed)
    samples = at_keys(samples + repository_samples(bench.data, bench.n // 2, bench.seed), bench.seed)
    asyncio.run(_run(bench, samples))
    rows = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    keys = pressed(bench.data)
    title = f"{stand_in(bench.settings)} as the cloud, the text of {bench.model} as the second query, n = {len(rows)}"
    lengths = lengths_of(bench.settings)
    tables = [_right(title, rows, strata(samples, keys), lengths), _second(rows, lengths)]
    return Findings(tables=tables if rows else [], notes=[keys.note()])


def lengths_of(settings: MCCom) -> Sequence[int]:
    """The lengths of prompts that are compared, in tokens."""
    most = settings.cloud_prompt_tokens
    return (most // 4, most // 2, most)


def name_of(length: int, which: str) -> str:
    """A way's name in a row."""
    return f"{length}, {which}"


def _right(
    title: str, rows: Sequence[Mapping[str, Any]], parts: Mapping[str, Stratum], lengths: Sequence[int]
) -> Table:
    """A row a length and round; gained: over the shortest prompt with the same round at the same positions."""
    *_, overall = parts.values()
    kinds = sorted({row["kind"] for row in rows})
    lines = []
    for length, which in ((length, which) for length in lengths for which in ROUNDS):
        right, base, first = (
            [float(row["right"][name]) for row in rows]
            for name in (name_of(length, which), name_of(lengths[0], which), name_of(length, ROUNDS[0]))
        )
        of_kind = [[float(row["kind"] == kind) for row in rows] for kind in kinds]
        cells = [stratum.told(right, digits=3) for stratum in parts.values()]
        cells += [overall.told((a * b for a, b in zip(right, those, strict=True)), those) for those in of_kind]
        cells += [overall.gained(right, base), overall.gained(right, first)]
        cells.append(with_interval([float(row["size"][name_of(length, which)]) for row in rows], 0))
        lines.append([str(length), which, *cells])
    head = ["at most", "hits of", *parts, *kinds, f"over {lengths[0]}", "over round 1", "tokens, mean"]
    return Table(title=title, head=head, rows=lines)


def _second(rows: Sequence[Mapping[str, Any]], lengths: Sequence[int]) -> Table:
    """How often the second round runs, and what it changes."""
    ran = [float(row["ran"]) for row in rows]
    lines = [["the local text names something new, so that it runs", with_interval(ran)]]
    for length in lengths:
        first, second = (name_of(length, which) for which in ROUNDS)
        others = [float(row["changed"][str(length)]) for row in rows]
        better = sum(row["right"][second] and not row["right"][first] for row in rows)
        worse = sum(row["right"][first] and not row["right"][second] for row in rows)
        lines.append([f"{length}: the prompt is another one", with_interval(others)])
        lines.append([f"{length}: answers that it put right, and wrong", f"{better}, {worse} of {len(rows)}"])
    return Table(title="The second round of retrieval", head=["what", "share or number"], rows=lines)


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    local, large = open_cascade(bench.settings), open_cascade(of_stand_in(bench.settings))
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    async with aclosing(local), aclosing(large), indexed(new) as projects:
        for _, keys in groupby(new, lambda sample: sample.statement):
            asked = [await _asked(local, bench.settings, sample, projects.get(sample.root)) for sample in keys]
            for one, row in zip(asked, await _rows(large.engine, bench.settings, asked), strict=True):
                bench.rows.put(one.sample.task, row)
            bench.progress(sum(bench.rows.get(sample.task) is not None for sample in samples), len(samples))


async def _asked(local: OpenCascade, settings: MCCom, sample: Sample, tree: Tree | None) -> _Asked:
    retrieval = Retrieval(tree=tree, live=None, patience_s=UNHURRIED_S)
    context = _context(local.engine, retrieval, settings.n_prompt, settings.retrieval_tokens)
    prompt, _ = await context.prompt(sample.request)
    answer = await written(local.engine, sample.request, prompt, max_tokens=settings.max_tokens)
    line = sample.request.prefix.rpartition("\n")[2] + answer.text if answer.text else ""
    return _Asked(sample=sample, retrieval=retrieval, line=line, confidence=confidence(answer.tokens))


async def _rows(engine: Engine, settings: MCCom, asked: Sequence[_Asked]) -> list[dict[str, Any]]:
    """A row for each key of a statement. A length is asked at all keys in turn, so that the model's cache serves it."""
    rows: list[dict[str, Any]] = []
    for one in asked:
        hits = await one.retrieval.search(one.sample.request)
        ran = bool(one.line) and (not hits or bool(new_names(one.line, one.sample.request, hits[:_IN_PROMPT])))
        rows.append({"kind": one.sample.kind, "right": {}, "size": {}, "changed": {}, "ran": ran})
    for length in lengths_of(settings):
        for one, row in zip(asked, rows, strict=True):
            await _ask(engine, settings, one, length, row)
    return rows


async def _ask(engine: Engine, settings: MCCom, one: _Asked, length: int, row: dict[str, Any]) -> None:
    """Adds to the key's row what prompts of one length give, by the hits of both rounds."""
    request = one.sample.request
    context = _context(engine, one.retrieval, length, int(_FOUND_SHARE * length))
    first, _ = await context.prompt(request)
    second, _ = await context.prompt(request, text=one.line, confidence=one.confidence)
    row["changed"][str(length)] = first != second
    right_of: dict[Prompt, bool] = {}
    for which, prompt in zip(ROUNDS, (first, second), strict=True):
        if prompt not in right_of:
            answer = await written(engine, request, prompt, max_tokens=settings.max_tokens)
            right_of[prompt] = exact_match(answer.text, one.sample.truth)
        row["right"][name_of(length, which)] = right_of[prompt]
        row["size"][name_of(length, which)] = await _size(engine, prompt)


def _context(engine: Engine, retrieval: Retrieval, n_tokens: int, n_retrieved_tokens: int) -> Context:
    return Context(engine, retrieval, n_tokens=n_tokens, n_retrieved_tokens=n_retrieved_tokens)


async def _size(engine: Engine, prompt: Prompt) -> int:
    """Tokens of its parts, each for itself."""
    texts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced, prompt.suffix]
    return sum(await engine.count(texts))
