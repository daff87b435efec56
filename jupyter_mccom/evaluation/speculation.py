"""`bench --suite speculation`: does a line seen before, as a draft, make the local engine quicker; llama.h, the server.

Only positions that have a draft are asked, each in a warm state: the prompt up to the line has been read, what is typed
on it has not. The ways alternate in their order. Besides seconds, the processor time of the model's process is taken,
which other work on the machine moves less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from ..cascade.speculate import draft_of
from ..cascade.writing import Writing
from ..compose import OpenCascade, SystemClock, open_cascade
from ..engines.direct import DirectEngine
from ..engines.fim import PromptFormat
from ..engines.host import Host
from ..engines.llamacpp import LlamaCppEngine
from ..settings import MCCom
from ..types import DraftCheck, Prompt
from .bench import Bench, Progress
from .checked import checking_all
from .findings import Findings
from .metrics import interval, mean
from .samples import Sample, notebook_samples

_PATIENCE_S = 600.0
_POSITIONS_A_DRAFT = 8
"""Drawn to find one with a draft: about one in five has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One engine, with or without the draft."""

    engine: DirectEngine | LlamaCppEngine
    drafted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One answer."""

    text: str
    first_s: float
    total_s: float
    busy_s: float
    """Processor time of the model's process; in steps of 0.01 s on Linux."""
    check: DraftCheck | None


def measure(bench: Bench) -> Findings:
    """Ratios over at most `n` notebook statements that have a draft, each with its 95 % interval.

    Raises InputError without the data.
    """
    samples = notebook_samples(bench.data, bench.n * _POSITIONS_A_DRAFT, bench.seed)
    drafted = [(sample, draft) for sample in samples if (draft := draft_of(sample.request))]
    runs, curve = asyncio.run(_run(bench.settings, drafted[: bench.n], bench.progress))
    figures = {
        "n": len(runs),
        "with_draft": len(drafted) / len(samples),
        "cost_curve_ms": curve,
        "by_curve": _compared(runs, "by curve", "plain"),
        "all_checked": _compared(runs, "all checked", "plain"),
        "server": _compared(runs, "server", "plain"),
    }
    return Findings(tables=[], figures=figures)


def _compared(runs: Sequence[Mapping[str, Run]], one: str, other: str) -> dict[str, Any]:
    """The way `one` over the way `other`."""
    ratios = {
        "total": [run[one].total_s / run[other].total_s for run in runs],
        "first_token": [run[one].first_s / run[other].first_s for run in runs],
        "busy": [(run[one].busy_s + 0.005) / (run[other].busy_s + 0.005) for run in runs],
    }
    checks = [run[one].check or DraftCheck(offered=0, accepted=0, passes=0) for run in runs]
    figures: dict[str, Any] = {name: {"mean": mean(of), "interval": interval(of)} for name, of in ratios.items()}
    return figures | {
        "same": sum(run[one].text == run[other].text for run in runs),
        "offered": sum(check.offered or 0 for check in checks),
        "accepted": sum(check.accepted or 0 for check in checks),
        "passes": sum(check.passes or 0 for check in checks),
        "busy_of_all": sum(run[one].busy_s for run in runs) / sum(run[other].busy_s for run in runs),
    }


async def _run(
    settings: MCCom, drafted: Sequence[tuple[Sample, str]], progress: Progress
) -> tuple[list[dict[str, Run]], Mapping[int, float] | None]:
    opened = open_cascade(settings)
    assert isinstance(opened.engine, DirectEngine), "of a model of this machine"
    checked, server = checking_all(opened), _server(opened, settings)
    ways = {
        "plain": Way(engine=opened.engine, drafted=False),
        "by curve": Way(engine=opened.engine, drafted=True),
        "all checked": Way(engine=checked, drafted=True),
        "server": Way(engine=server, drafted=False),
    }
    runs = []
    try:
        for number, (sample, draft) in enumerate(drafted, 1):
            prompt = await opened.cascade.prompt(sample.request)
            order = sorted(ways, reverse=number % 2 == 0)
            runs.append({name: await _asked(ways[name], sample, prompt, draft, settings) for name in order})
            progress(number, len(drafted))
        return runs, await asyncio.to_thread(lambda: opened.cost_curve)
    finally:
        for part in (opened, checked, server):
            await part.aclose()


def _server(opened: OpenCascade, settings: MCCom) -> LlamaCppEngine:
    """The same model in llama.cpp's server."""
    model = opened.model
    path = str(opened.store.locate(model.id).absolute())
    given = {"path": path, "threads": opened.threads, "context_tokens": settings.context_tokens}
    host = Host("jupyter_mccom.engines.llama_server", lambda: given, idle_unload_s=0)
    return LlamaCppEngine(name=model.id, host=host, reads=PromptFormat(fim=model.fim, layout=model.layout))


async def _asked(way: Way, sample: Sample, prompt: Prompt, draft: str, settings: MCCom) -> Run:
    """An answer behind a prompt that has been read up to the cursor's line."""
    import psutil

    async with aclosing(way.engine.generate(replace(prompt, typed=""), max_tokens=1)) as tokens:
        async for _ in tokens:
            pass
    pid = way.engine.host.pid
    assert pid is not None
    process = psutil.Process(pid)
    before = process.cpu_times()
    clock = SystemClock()
    writing = Writing(way.engine, sample.request, clock=clock, max_tokens=settings.max_tokens)
    given = draft if way.drafted else ""
    async with aclosing(writing.texts(prompt, draft=given, deadline_s=clock.now_s() + _PATIENCE_S)) as texts:
        async for _ in texts:
            pass
    after = process.cpu_times()
    generation = writing.generation
    checks = [token.check for token in generation.tokens if token.check is not None]
    return Run(
        text=writing.text,
        first_s=generation.first_token_s,
        total_s=generation.total_s,
        busy_s=after.user + after.system - before.user - before.system,
        check=checks[-1] if checks else None,
    )
