"""`bench --suite layouts`: in which order a model should read a prompt: how often it is right, and what a key costs.

The same keys of the same statements a layout, with the typed text healed, and the standard order without healing: the
answer, then two keys of the truth typed on, then the next line. Tokens that the engine had to evaluate are its own
count. For the cloud's prompt: `--model` the cloud's, `--MCCom.prompt_tokens` as many as `cloud_prompt_tokens`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby
from typing import Any, get_args

from ...compose import OpenCascade, SystemClock, open_cascade
from ...engines.fim import Layout, PromptFormat, unforced
from ...engines.local.engine import DirectEngine
from ...errors import InputError
from ...protocols import Engine
from ...settings import MCCom
from ...types import CompletionRequest, Prompt, Skills, Token
from ..lib.bench import Bench
from ..lib.key_positions import at_keys, pressed
from ..lib.metrics import edit_similarity, exact_match, mean
from ..lib.samples import Sample, notebook_samples, repository_samples
from ..lib.timed_answers import written
from ..report.findings import Findings, Table
from ..report.strata import Stratum, strata

LAYOUTS: tuple[Layout, ...] = get_args(Layout)
_BASE: Layout = "standard"
UNHEALED = f"{_BASE}, unhealed"
"""What is typed ends its prompt, in the order of the training."""
ROWS = (*LAYOUTS, UNHEALED)
_KEYS = 2


class Unhealed:
    """Satisfies protocols.Engine: the same engine as one that cannot force text; who opened it closes it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name

    @property
    def skills(self) -> Skills:
        """The engine's, less healing."""
        return replace(self._engine.skills, heals=False)

    def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """The engine's answer, nothing forced."""
        return self._engine.generate(unforced(prompt), max_tokens=max_tokens, draft=draft)

    async def count(self, texts: Sequence[str]) -> list[int]:
        """The engine's counts."""
        return await self._engine.count(texts)

    async def aclose(self) -> None:
        """Does nothing: the engine is closed by its owner."""


def measure(bench: Bench) -> Findings:
    """Half notebook statements, half repository lines. Raises InputError without the data."""
    samples = notebook_samples(bench.data, bench.n - bench.n // 2, bench.seed)
    samples += repository_samples(bench.data, bench.n // 2, bench.seed)
    samples = at_keys(samples, bench.seed)
    asyncio.run(_run(bench, samples))
    rows = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    keys = pressed(bench.data)
    parts = strata(samples, keys)
    title = f"{bench.model}, prompts of {bench.settings.n_prompt} tokens, n = {len(rows)}"
    return Findings(
        tables=[
            _right(f"{title}; exact rest of the line, by the key", rows, parts),
            *(
                _costs(f"{name}, n = {stratum.n}; tokens evaluated before the first text", rows, stratum)
                for name, stratum in parts.items()
            ),
        ],
        notes=[f"gained: against {_BASE} at the same positions, healed too", keys.note()],
        figures={
            layout: {name: one.value([row[layout]["right"] for row in rows]) for name, one in parts.items()}
            for layout in ROWS
        },
    )


def _right(title: str, rows: Sequence[Mapping[str, Any]], parts: Mapping[str, Stratum]) -> Table:
    *_, overall = parts.values()
    lines = []
    for layout in ROWS:
        right, base = ([float(row[name]["right"]) for row in rows] for name in (layout, _BASE))
        cells = [stratum.told(right, digits=3) for stratum in parts.values()]
        similar = overall.told([row[layout]["similar"] for row in rows], digits=3)
        lines.append([layout, *cells, overall.gained(right, base), similar])
    return Table(title=title, head=["layout", *parts, "gained", "edit similarity"], rows=lines)


def _costs(title: str, rows: Sequence[Mapping[str, Any]], stratum: Stratum) -> Table:
    lines = []
    for layout in ROWS:
        of = [row[layout] for row in rows]
        key_s, base_s = ([mean(row[name]["key_s"]) for row in rows] for name in (layout, _BASE))
        tokens, line_tokens = [mean(row["key_tokens"]) for row in of], [float(row["line_tokens"]) for row in of]
        cells = [stratum.percentile(tokens, share, 0) for share in (0.5, 0.95)]
        lines.append([layout, *cells, stratum.told(key_s, base_s), stratum.percentile(line_tokens, 0.5, 0)])
    head = ["layout", "a later key: tokens, median", "p95", "time ×", "next line: tokens, median"]
    return Table(title=title, head=head, rows=lines)


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    fim = opened.model.fim
    if fim is None:
        await opened.aclose()
        raise InputError(f"{opened.model.id} reads only what stands before the cursor; name a model that fills in")
    name, host = opened.model.id, opened.host
    assert host is not None, "only models of this machine have known markers"
    healing = {
        layout: DirectEngine(name=name, host=host, reads=PromptFormat(fim=fim, layout=layout)) for layout in LAYOUTS
    }
    engines: dict[str, Engine] = dict(healing.items())
    engines[UNHEALED] = Unhealed(healing[_BASE])
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    n_done = len(samples) - len(new)
    try:
        for _, keys in groupby(new, key=lambda sample: sample.statement):
            for sample, scores in (await _scores(opened, bench.settings, engines, list(keys))).items():
                bench.rows.put(sample, scores)
                n_done += 1
                bench.progress(n_done, len(samples))
    finally:
        for engine in healing.values():
            await engine.aclose()
        await opened.aclose()


async def _scores(
    opened: OpenCascade, settings: MCCom, engines: Mapping[str, Engine], keys: Sequence[Sample]
) -> dict[str, dict[str, Any]]:
    """A row a key of one statement. One layout after the other: the model's cache serves all keys of each."""
    found: dict[str, dict[str, Any]] = {sample.task: {} for sample in keys}
    for layout, engine in engines.items():
        for sample in keys:
            found[sample.task][layout] = await _score(opened, settings, engine, sample)
    return found


async def _score(opened: OpenCascade, settings: MCCom, engine: Engine, sample: Sample) -> dict[str, Any]:
    request = sample.request
    prompt = await opened.cascade.prompt(request)
    answer = await written(engine, request, prompt, max_tokens=settings.max_tokens)
    keys = [await _first(opened, engine, _typed(request, sample.truth[:n])) for n in range(1, _KEYS + 1)]
    indent = request.prefix.rpartition("\n")[2]
    indent = indent[: len(indent) - len(indent.lstrip())]
    line_tokens, _ = await _first(opened, engine, _typed(request, f"{sample.truth}\n{indent}x"))
    return {
        "right": exact_match(answer.text, sample.truth),
        "similar": edit_similarity(answer.text, sample.truth),
        "key_tokens": [n_tokens for n_tokens, _ in keys],
        "key_s": [s for _, s in keys],
        "line_tokens": line_tokens,
    }


def _typed(request: CompletionRequest, text: str) -> CompletionRequest:
    return replace(request, prefix=request.prefix + text)


async def _first(opened: OpenCascade, engine: Engine, request: CompletionRequest) -> tuple[int, float]:
    """Tokens evaluated before the first text, those that are forced before it too, and seconds until it was there."""
    prompt = await opened.cascade.prompt(request)
    clock, n_tokens = SystemClock(), 0
    start_s = clock.now_s()
    async with aclosing(engine.generate(prompt, max_tokens=1)) as tokens:
        async for token in tokens:
            n_tokens += token.n_evaluated
            if token.text:
                break
    return n_tokens, clock.now_s() - start_s
