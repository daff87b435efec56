"""`bench --suite lengths`: what longer prompts are worth and cost, in today's order and with the short prompt's head.

The short prompt is as set, the longer ones two and four times that, their retrieved part too. Each statement is asked
inside a word and behind a sign; at every third the tokens that the engine evaluates are counted as well. `near-first`
begins with the chunks of the short prompt: while nobody types, a short prompt that stands in the cache can grow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

from ...cascade.engine_context import Context
from ...compose import OpenCascade, open_cascade
from ...protocols import Engine
from ...settings import MCCom, changed
from ...types import Chunk, CompletionRequest, Prompt
from ..lib.bench import Bench
from ..lib.key_positions import Place, Pressed, at_keys, pressed
from ..lib.metrics import exact_match, mean
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import written
from ..report.findings import Findings, Table, percentile_with_interval, with_interval
from ..report.strata import Stratum, strata

_ASKED: tuple[Place, ...] = ("inside", "behind")
_COUNTED_EVERY = 3
"""Statements: counts scatter less than right and wrong, and reading prompts for them takes most of the time."""
COUNTS = {
    "cold": "a cold cell",
    "key": "the next key",
    "line": "the next line",
    "grown": "growing from the short one",
}
"""What is counted, and its column."""
NOTHING = Prompt(chunks=(), prefix="", typed="0", suffix="")
"""Shares no token with other prompts but the marker before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One length and order of a prompt."""

    times: int
    """The short prompt's tokens."""
    order: Literal["today", "near-first"]

    @property
    def name(self) -> str:
        """The name of this way in the rows."""
        return f"{self.times} x, {self.order}"


SHORT = Way(times=1, order="today")
WAYS = (
    SHORT,
    *(Way(times=2, order="today"), Way(times=2, order="near-first")),
    *(Way(times=4, order="today"), Way(times=4, order="near-first")),
)


def near_first(short: Prompt, long: Prompt) -> Prompt:
    """The long prompt, the short one's chunks at its head, then those lines of its own chunks that are not in them.

    It may be a little longer: the short one may hold what was retrieved and is not in the long one.
    """
    there: dict[str, set[int]] = {}
    for chunk in short.chunks:
        there.setdefault(chunk.source, set()).update(range(chunk.first_line, chunk.last_line + 1))
    rests = (_rest(chunk, there.get(chunk.source, set())) for chunk in long.chunks)
    return replace(long, chunks=(*short.chunks, *(rest for rest in rests if rest is not None)))


def _rest(chunk: Chunk, there: set[int]) -> Chunk | None:
    """The chunk without these lines of its source; None where nothing is left. A class's line at its head stays."""
    if there.isdisjoint(range(chunk.first_line, chunk.last_line + 1)):
        return chunk
    lines = chunk.text.removesuffix("\n").split("\n")
    n_header = max(0, len(lines) - (chunk.last_line - chunk.first_line + 1))
    kept = [line for number, line in enumerate(lines[n_header:], chunk.first_line) if number not in there]
    if not "".join(kept).strip():
        return None
    return replace(chunk, text="\n".join([*lines[:n_header], *kept]))


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    samples = at_keys(notebook_samples(bench.data, bench.n, bench.seed), bench.seed)
    samples = [sample for sample in samples if sample.key in _ASKED]
    asyncio.run(_run(bench, samples))
    rows = {sample.statement: row for sample in samples if (row := bench.rows.get(sample.statement)) is not None}
    settings = bench.settings
    return findings(samples, rows, pressed(bench.data), model=bench.model, short=settings.n_prompt)


_Rows = Mapping[str, Mapping[str, Any]]
"""A statement's row, by the way's name."""


def _found(way: Way, samples: Sequence[Sample], rows: _Rows) -> list[float]:
    return [float(rows[sample.statement][way.name]["right"][sample.key]) for sample in samples]


def _counted(way: Way, what: str, rows: _Rows) -> list[float]:
    """Where it was counted; a model that wrote nothing told nothing."""
    found = [row[way.name].get(what) for row in rows.values()]
    return [float(count) for count in found if count is not None]


def findings(samples: Sequence[Sample], rows: _Rows, keys: Pressed, *, model: str, short: int) -> Findings:
    """Needs a row of every sample's statement; `short` is the most tokens of the short prompt."""
    parts = {name: one for name, one in strata(samples, keys).items() if name != "start"}
    title = f"{model}, {len(rows)} statements of notebooks"
    return Findings(
        tables=[
            _right(f"{title}, n = {len(samples)}; exact rest of the line, by the key", samples, rows, parts, short),
            _counts(f"{title}; tokens evaluated, {COUNTS['cold']} after work in the cell above", rows, short),
        ],
        notes=[
            f"gained: against {short} tokens at the same positions",
            "near-first begins with the chunks of the short prompt; growing: the short prompt stands in the cache",
            keys.note(),
        ],
        figures={way.name: _figures(way, samples, rows, parts) for way in WAYS},
    )


def _right(title: str, samples: Sequence[Sample], rows: _Rows, parts: Mapping[str, Stratum], short: int) -> Table:
    *_, overall = parts.values()
    base = _found(SHORT, samples, rows)
    lines = []
    for way in WAYS:
        right = _found(way, samples, rows)
        cells = [stratum.told(right, digits=3) for stratum in parts.values()]
        sizes = with_interval([float(row[way.name]["size"]) for row in rows.values()], 0)
        lines.append([str(way.times * short), way.order, *cells, overall.gained(right, base), sizes])
    return Table(title=title, head=["at most", "order", *parts, "gained", "tokens, mean"], rows=lines)


def _counts(title: str, rows: _Rows, short: int) -> Table:
    lines = []
    for way in WAYS:
        cells: list[str] = []
        for what in COUNTS:
            found = _counted(way, what, rows)
            cells.append(f"{with_interval(found, 0)}, {percentile_with_interval(found, 0.5, 0)}" if found else "–")
        lines.append([str(way.times * short), way.order, *cells])
    heads = [f"{column}: mean, median" for column in COUNTS.values()]
    return Table(title=title, head=["at most", "order", *heads], rows=lines)


def _figures(way: Way, samples: Sequence[Sample], rows: _Rows, parts: Mapping[str, Stratum]) -> dict[str, float]:
    right = _found(way, samples, rows)
    found = {name: round(stratum.value(right), 3) for name, stratum in parts.items()}
    return found | {what: round(mean(_counted(way, what, rows)), 1) for what in COUNTS}


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    longest = max(way.times for way in WAYS) * bench.settings.n_prompt
    opened = open_cascade(changed(bench.settings, prompt_tokens=longest))
    contexts = {way.times: _context(opened, bench.settings, way.times) for way in WAYS}
    n_done = 0
    try:
        for number, (statement, found) in enumerate(groupby(samples, key=lambda sample: sample.statement)):
            keys = list(found)
            if bench.rows.get(statement) is None:
                asked = _Asked(contexts, keys, bench.settings.max_tokens, counts=number % _COUNTED_EVERY == 0)
                bench.rows.put(statement, {way.name: await asked.row(way) for way in WAYS})
            n_done += len(keys)
            bench.progress(n_done, len(samples))
    finally:
        await opened.aclose()


def _context(opened: OpenCascade, settings: MCCom, times: int) -> Context:
    return Context(
        opened.engine,
        opened.retriever,
        n_tokens=times * settings.n_prompt,
        n_retrieved_tokens=times * settings.retrieval_tokens,
    )


class _Asked:
    """The keys of one statement, asked one way after the other: the model's cache serves all keys of each."""

    def __init__(
        self, contexts: Mapping[int, Context], keys: Sequence[Sample], max_tokens: int, *, counts: bool
    ) -> None:
        self._contexts = contexts
        self._keys = keys
        self._max_tokens = max_tokens
        self._counts = counts
        self._engine = contexts[SHORT.times].engine

    async def row(self, way: Way) -> dict[str, Any]:
        """Right or wrong at each key, the prompt's tokens, and what was counted, None where nothing was told."""
        first, *_ = self._keys
        prompt = await self._prompt(way, first.request)
        row: dict[str, Any] = {"size": await _size(self._engine, prompt)}
        if self._counts:
            row |= await self._entered(way, first, prompt)
        row["right"] = {sample.key: await self._is_right(way, sample) for sample in self._keys}
        if self._counts:
            row |= await self._left(way, first, prompt)
        return row

    async def _entered(self, way: Way, first: Sample, prompt: Prompt) -> dict[str, int | None]:
        """Tokens that are evaluated at the first two keys here, after a prompt in the cell above."""
        above = cell_above(first.request)
        await _n_read(self._engine, NOTHING if above is None else await self._prompt(way, above))
        cold = await _n_read(self._engine, prompt)
        next_key = await self._prompt(way, _typed(first.request, first.truth[:1]))
        return {"cold": cold, "key": await _n_read(self._engine, next_key)}

    async def _left(self, way: Way, first: Sample, prompt: Prompt) -> dict[str, int | None]:
        """Tokens that are evaluated on the next line, and after the way back."""
        line = first.request.prefix.rpartition("\n")[2]
        indent = line[: len(line) - len(line.lstrip())]
        next_line = await self._prompt(way, _typed(first.request, f"{first.truth}\n{indent}x"))
        found = {"line": await _n_read(self._engine, next_line)}
        if way == SHORT:
            return found
        await _n_read(self._engine, await self._prompt(SHORT, first.request))
        return found | {"grown": await _n_read(self._engine, prompt)}

    async def _is_right(self, way: Way, sample: Sample) -> bool:
        prompt = await self._prompt(way, sample.request)
        answer = await written(self._engine, sample.request, prompt, max_tokens=self._max_tokens)
        return exact_match(answer.text, sample.truth)

    async def _prompt(self, way: Way, request: CompletionRequest) -> Prompt:
        long, _ = await self._contexts[way.times].prompt(request)
        if way.order == "today":
            return long
        short, _ = await self._contexts[SHORT.times].prompt(request)
        return near_first(short, long)


def cell_above(request: CompletionRequest) -> CompletionRequest | None:
    """The end of the code cell above, as the person left it; None where there is none."""
    cells = (*request.cells_before, *request.cells_after)
    numbers = [number for number, cell in enumerate(request.cells_before) if cell.kind == "code" and cell.source]
    if not numbers:
        return None
    number = numbers[-1]
    return replace(
        request,
        cell_id=cells[number].cell_id,
        prefix=cells[number].source,
        suffix="",
        cells_before=request.cells_before[:number],
        cells_after=cells[number + 1 :],
    )


def _typed(request: CompletionRequest, text: str) -> CompletionRequest:
    return replace(request, prefix=request.prefix + text)


async def _size(engine: Engine, prompt: Prompt) -> int:
    """Tokens of its parts, each for itself."""
    texts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed, prompt.suffix]
    return sum(await engine.count(texts))


async def _n_read(engine: Engine, prompt: Prompt) -> int | None:
    """Tokens evaluated before the first one was written; None where the model wrote nothing, which tells none."""
    async with aclosing(engine.generate(prompt, max_tokens=1)) as tokens:
        async for token in tokens:
            return token.n_evaluated
    return None
