"""`bench --suite speculation`: does a line seen before, as a draft, make the local engine quicker; llama.h, the server.

Only positions that have a draft are asked, each in a warm state: the prompt up to the line has been read, what is typed
on it has not. The ways alternate in their order, and each is asked several times. Besides seconds, the processor time
of the model's process is taken, which other work on the machine moves less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Any

from ...cascade.drafts.speculate import draft_of
from ...cascade.writing import Writing
from ...compose import OpenCascade, SystemClock, open_cascade
from ...compose.model_process import LocalModel
from ...engines.fim import PromptFormat
from ...engines.local.engine import DirectEngine
from ...engines.local.host import Host
from ...settings import MCCom
from ...types import DraftCheck, Prompt
from ..lib.bench import Bench
from ..lib.cputime import worked_s
from ..lib.draft_policies import checking_all, checking_none
from ..lib.metrics import ratio
from ..lib.samples import Sample, notebook_samples
from ..report.findings import Findings, Table, ratio_with_interval, taken

_PATIENCE_S = 600.0
_REPEATS = 3
"""The quickest of so many counts: what else happens on a machine only makes one longer."""
_POSITIONS_A_DRAFT = 8
"""Drawn to find one with a draft: about one in five has."""


_BY_CURVE, _ALL, _TRUE = "by curve", "all checked", "all checked, its own answer as the draft"
_SERVER = "llama.cpp's server"
_NEVER_SLOWER, _PAYS = 1.02, 0.75
"""Goals, of the time without a draft: in all, and where the curve has something checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedRun:
    """The time and the text of one answer."""

    text: str
    first_s: float
    total_s: float
    busy_s: float
    """Processor time of the model's process."""
    check: DraftCheck | None


def measure(bench: Bench) -> Findings:
    """Ratios over at most `n` notebook statements that have a draft, each with its 95 % interval.

    Raises InputError without the data.
    """
    samples = notebook_samples(bench.data, bench.n * _POSITIONS_A_DRAFT, bench.seed)
    drafted = [(sample, draft) for sample in samples if (draft := draft_of(sample.request))]
    runs, curve = asyncio.run(_run(bench, drafted[: bench.n]))
    figures = {"n": len(runs), "with_draft": len(drafted) / len(samples), "cost_curve_ms": curve}
    passes = ", ".join(f"{n_tokens}: {took:.3g}" for n_tokens, took in sorted((curve or {}).items()))
    said = f"of {len(samples)} statements {len(drafted)} have a draft; ms of a pass, by its tokens: {passes}"
    return Findings(tables=[_table(runs)] if runs else [], notes=[said], figures=figures)


def _table(runs: Sequence[Mapping[str, TimedRun]]) -> Table:
    """A row a way that is compared with llama.h without a draft; each ratio is of the sums."""
    by_curve, *others = ([(run[way], run["plain"]) for run in runs] for way in (_BY_CURVE, _ALL, _TRUE, _SERVER))
    paying = [(one, plain) for one, plain in by_curve if one.check is not None and one.check.offered]
    rows = [
        _line(_BY_CURVE, by_curve, goal=_NEVER_SLOWER),
        _line("the same, where it has something checked", paying, goal=_PAYS),
        *(_line(way, of) for way, of in zip((_ALL, _TRUE, _SERVER), others, strict=True)),
    ]
    head = ["way", "n", "processor time ×", "time ×", "goal", "first token ×", "drafted tokens taken", "same text"]
    return Table(title=f"Against llama.h without a draft, n = {len(runs)}", head=head, rows=rows)


def _line(way: str, pairs: Sequence[tuple[TimedRun, TimedRun]], goal: float | None = None) -> list[str]:
    checks = [one.check for one, _ in pairs if one.check is not None]
    total_s, plain_s = [one.total_s for one, _ in pairs], [plain.total_s for _, plain in pairs]
    verdict = f"≤ {goal}, {'met' if ratio(total_s, plain_s) <= goal else 'missed'}" if goal and pairs else ""
    return [
        way,
        str(len(pairs)),
        ratio_with_interval([one.busy_s for one, _ in pairs], [plain.busy_s for _, plain in pairs], 3),
        ratio_with_interval(total_s, plain_s, 3),
        verdict,
        ratio_with_interval([one.first_s for one, _ in pairs], [plain.first_s for _, plain in pairs]),
        taken(checks),
        f"{sum(one.text == plain.text for one, plain in pairs)} of {len(pairs)}",
    ]


async def _run(
    bench: Bench, drafted: Sequence[tuple[Sample, str]]
) -> tuple[list[dict[str, TimedRun]], Mapping[int, float] | None]:
    opened = open_cascade(bench.settings)
    assert isinstance(opened.engine, LocalModel), "of a model of this machine"
    engines: dict[str, DirectEngine | LocalModel] = {
        "plain": checking_none(opened),
        _BY_CURVE: opened.engine,
        _ALL: (checker := checking_all(opened)),
        _TRUE: checker,
        _SERVER: _server(opened, bench.settings),
    }
    runs = []
    try:
        for number, (sample, draft) in enumerate(drafted, 1):
            row = bench.rows.get(sample.task)
            if row is None:
                found = await _row(opened, engines, sample, draft, bench.settings, backwards=number % 2 == 0)
                row = {name: asdict(run) for name, run in found.items()}
                bench.rows.put(sample.task, row)
            runs.append({name: _from_row(kept) for name, kept in row.items()})
            bench.progress(number, len(drafted))
        return runs, await asyncio.to_thread(lambda: opened.cost_curve)
    finally:
        for engine in set(engines.values()):
            await engine.aclose()
        await opened.aclose()


async def _row(
    opened: OpenCascade,
    engines: Mapping[str, DirectEngine | LocalModel],
    sample: Sample,
    draft: str,
    settings: MCCom,
    *,
    backwards: bool,
) -> dict[str, TimedRun]:
    """The quickest answer of each engine. They are asked in turn, each time in the other order."""
    prompt = await opened.cascade.prompt(sample.request)
    answer = await _asked(engines["plain"], sample, prompt, "", settings)
    drafts = {_BY_CURVE: draft, _ALL: draft, _TRUE: answer.text}
    asked: dict[str, list[TimedRun]] = {name: [] for name in engines}
    for repeat in range(_REPEATS):
        for name in sorted(engines, reverse=backwards == (repeat % 2 == 0)):
            asked[name].append(await _asked(engines[name], sample, prompt, drafts.get(name, ""), settings))
    return {name: _quickest(runs) for name, runs in asked.items()}


def _quickest(runs: Sequence[TimedRun]) -> TimedRun:
    """The least value of each figure."""
    return replace(
        runs[0],
        first_s=min(run.first_s for run in runs),
        total_s=min(run.total_s for run in runs),
        busy_s=min(run.busy_s for run in runs),
    )


def _from_row(row: Mapping[str, Any]) -> TimedRun:
    return TimedRun(**{**row, "check": row["check"] and DraftCheck(**row["check"])})


def _server(opened: OpenCascade, settings: MCCom) -> DirectEngine:
    """An engine with the same model in llama.cpp's server."""
    model = opened.model
    path = str(opened.store.locate(model.id).absolute())
    given = {"path": path, "threads": opened.threads, "context_tokens": settings.n_context}
    host = Host("jupyter_mccom.engines.local.xllamacpp_server", lambda: given, idle_unload_s=0)
    return DirectEngine(name=model.id, host=host, reads=PromptFormat(fim=model.fim, layout=model.layout))


async def _asked(
    engine: DirectEngine | LocalModel, sample: Sample, prompt: Prompt, draft: str, settings: MCCom
) -> TimedRun:
    """An answer behind a prompt that has been read up to the cursor's line.

    Read twice: the second time its last token is evaluated alone, whatever was in the cache before, so that each answer
    of an engine starts from the same numbers. Evaluated together with others it rounds otherwise, and a tie falls so.
    """
    for _ in range(2):
        async with aclosing(engine.generate(replace(prompt, typed=""), max_tokens=1)) as tokens:
            async for _ in tokens:
                pass
    pid = engine.host.pid
    assert pid is not None
    before_s = worked_s(pid)
    clock = SystemClock()
    writing = Writing(engine, sample.request, clock=clock, max_tokens=settings.max_tokens)
    async with aclosing(writing.texts(prompt, draft=draft, deadline_s=clock.now_s() + _PATIENCE_S)) as texts:
        async for _ in texts:
            pass
    generation = writing.generation
    checks = [token.check for token in generation.tokens if token.check is not None]
    return TimedRun(
        text=writing.text,
        first_s=generation.first_token_s,
        total_s=generation.total_s,
        busy_s=worked_s(pid) - before_s,
        check=checks[-1] if checks else None,
    )
