"""`bench --suite outages`: how long a person waits for the local text while the cloud is gone, mute, mad or spent.

Each position is asked without a cloud and with each of them, in turns, its prompt read before: what differs is what the
cloud costs. Every local text escalates, and may be shown. The breaker is held closed, then open: a person meets it
closed three times in a row, and open after that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from ...cascade.breaker import Breaker
from ...cascade.budget import Budget
from ...cascade.documents import Documents
from ...cascade.pipeline import Cascade
from ...cascade.route import Gates
from ...compose import OpenCascade, SystemClock, open_cascade
from ...compose.cloud_tier import open_cloud_tier
from ...compose.wiring import wire
from ...settings import MCCom, changed
from ...types import CompletionRequest
from ..lib.bad_cloud import Day, bad_cloud
from ..lib.bench import Bench
from ..lib.data import CELLS, check
from ..lib.metrics import percentile
from ..lib.samples import Sample, notebook_samples
from ..report.findings import Findings, Table, gained, percentile_with_interval

NONE = "no cloud"
_DAYS: tuple[Day, ...] = get_args(Day)
_TIMES_OPEN = 1.05
_EVERY_TEXT = Gates(sure=1.0, show=-1.0)
"""None is sure enough to spare the cloud, each may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contestant:
    name: str
    cascade: Cascade
    opened: bool = False
    """The breaker is held open."""

    def set_up(self) -> None:
        """Holds the breaker as it is to be."""
        if self.cascade.cloud is not None:
            breaker: Breaker = self.cascade.cloud.breaker
            breaker.answered()
            for _ in range(3 * self.opened):
                breaker.failed()


def measure(bench: Bench) -> Findings:
    """Seconds to the local text at `n` notebook statements. Raises InputError without the data."""
    check(bench.data, CELLS)
    samples = notebook_samples(bench.data, bench.n, bench.seed)
    rows = asyncio.run(_run(bench, samples))
    times = {name: [row[name] for row in rows] for name in (rows[0] if rows else ())}
    base, hedge_s = times.get(NONE, []), bench.settings.cloud_hedge_s
    goals = {name: _goal_s(name, percentile(base, 0.95), hedge_s) for name in times}
    table = Table(
        title=f"{bench.model}: seconds to the local text, n = {len(rows)}; hedged after {hedge_s:g} s",
        head=["the cloud", "median", "p95", "p95 may be", "is it", "more than without, at the same positions"],
        rows=[
            [
                name,
                percentile_with_interval(found, 0.5, 3),
                percentile_with_interval(found, 0.95, 3),
                "" if name == NONE else f"{goals[name]:.3f}",
                "" if name == NONE else ("yes" if percentile(found, 0.95) <= goals[name] else "no"),
                "" if name == NONE else gained(found, base),
            ]
            for name, found in times.items()
        ],
    )
    figures = {name: {share: percentile(found, share) for share in (0.5, 0.95)} for name, found in times.items()}
    told = {name: {"p50_s": of[0.5], "p95_s": of[0.95], "goal_s": goals[name]} for name, of in figures.items()}
    note = f"goals: closed: p95 of no cloud + {hedge_s:g} s; open, or spent: p95 of no cloud × {_TIMES_OPEN}"
    return Findings(tables=[table], notes=[note], figures=told)


def _goal_s(name: str, base_s: float, hedge_s: float) -> float:
    return base_s + hedge_s if name.endswith("closed") else base_s * _TIMES_OPEN


async def _run(bench: Bench, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    opened = open_cascade(changed(bench.settings, cloud_dialect=""))
    rows = []
    try:
        async with _contestants(opened, bench.settings) as contestants:
            for number, sample in enumerate(samples, 1):
                row = bench.rows.get(sample.task)
                if row is None:
                    row = await _row(contestants, sample, number)
                    bench.rows.put(sample.task, row)
                if row:
                    rows.append(row)
                bench.progress(number, len(samples))
    finally:
        await opened.aclose()
    return rows


@asynccontextmanager
async def _contestants(opened: OpenCascade, settings: MCCom) -> AsyncGenerator[list[_Contestant], None]:
    """No cloud, then each bad day with the breaker held closed and open. A spent budget needs no breaker."""
    async with AsyncExitStack() as stack:
        found = [_Contestant(name=NONE, cascade=_cascade(opened, settings, None))]
        for day in _DAYS:
            url = await stack.enter_async_context(bad_cloud(day))
            cascade = _cascade(opened, settings, url, spent=day == "spent")
            assert cascade.cloud is not None
            stack.push_async_callback(cascade.cloud.engine.aclose)
            if day == "spent":
                assert await cascade.cloud.budget.take()
                found.append(_Contestant(name=day, cascade=cascade))
            else:
                found += [_Contestant(name=f"{day}, closed", cascade=cascade)]
                found += [_Contestant(name=f"{day}, open", cascade=cascade, opened=True)]
        yield found


def _cascade(opened: OpenCascade, settings: MCCom, url: str | None, *, spent: bool = False) -> Cascade:
    """A cascade over the same local engine; its cloud speaks the dialect that most servers do."""
    clock = SystemClock()
    budget = Budget(calls_a_day=int(spent), tokens_a_day=0, clock=clock)
    cloud = url and open_cloud_tier(
        changed(settings, cloud_dialect="openai", cloud_url=url, cloud_model="none"),
        None,
        budget=budget,
        retriever=opened.retriever,
        root=Path(),
        clock=clock,
    )
    return wire(
        settings,
        opened.engine,
        opened.retriever,
        cloud or None,
        clock=clock,
        gates=_EVERY_TEXT,
        documents=Documents(),
    )


async def _row(contestants: Sequence[_Contestant], sample: Sample, number: int) -> dict[str, Any]:
    """Seconds to the local text by contestant, who begin in turns; empty where the model writes nothing."""
    plain, *_ = contestants
    if await _text_s(plain, sample.request, f"{number} warm") is None:
        return {}
    at = number % len(contestants)
    found = {}
    for contestant in (*contestants[at:], *contestants[:at]):
        contestant.set_up()
        took_s = await _text_s(contestant, sample.request, f"{number} {contestant.name}")
        found[contestant.name] = 0.0 if took_s is None else took_s
    return {contestant.name: found[contestant.name] for contestant in contestants}


async def _text_s(contestant: _Contestant, request: CompletionRequest, client: str) -> float | None:
    """Seconds until a text is shown; None for none. Nothing is remembered from one window to the next."""
    clock, cascade = SystemClock(), contestant.cascade
    start_s = clock.now_s()
    async with aclosing(cascade.complete(replace(request, client=client))) as suggestions:
        async for suggestion in suggestions:
            if suggestion.text:
                took_s = clock.now_s() - start_s
                await cascade.stop()
                return took_s
    return None
