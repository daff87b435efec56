"""`bench --suite drafts`: does the local text as a draft make a cloud faster, and is the answer the same?

The cloud is the one that is set, else one of its own on this machine. Each prompt is evaluated once before it is timed,
so that only the writing is compared; the order alternates.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from ...cascade.tiers import CloudTier as Cloud
from ...compose import OpenCascade, SystemClock, open_cascade
from ...protocols import Engine
from ...settings import MCCom
from ...types import DraftCheck, Prompt
from ..lib.bench import Bench
from ..lib.data import CELLS, check
from ..lib.samples import Sample, notebook_samples
from ..lib.served import served
from ..lib.timed_answers import answer
from ..report.findings import Findings, Plot, Table, distribution, taken, with_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One position, asked without and with a draft."""

    plain_s: float
    drafted_s: float
    same: bool
    check: DraftCheck | None


def measure(bench: Bench) -> Findings:
    """Figures over `n` notebook statements, less those where the local model writes nothing.

    Raises InputError without the data, EngineError when no model can be served.
    """
    check(bench.data, CELLS)
    samples = notebook_samples(bench.data, bench.n, bench.seed)
    with nullcontext(bench.settings) if bench.settings.cloud_dialect else served(bench.settings) as settings:
        pairs = asyncio.run(_run(bench, settings, samples))
    plain, drafted = [pair.plain_s for pair in pairs], [pair.drafted_s for pair in pairs]
    checks = [pair.check for pair in pairs if pair.check is not None]
    table = Table(
        title=f"An answer with the local text as its draft, n = {len(pairs)}",
        head=["figure", "measured"],
        rows=[
            ["time × that without, mean", with_interval([pair.drafted_s / pair.plain_s for pair in pairs])],
            ["seconds without", with_interval(plain)],
            ["seconds with", with_interval(drafted)],
            ["drafted tokens taken", taken(checks)],
            ["same answer", f"{sum(pair.same for pair in pairs)} of {len(pairs)}"],
        ],
    )
    series = [distribution("without a draft", plain), distribution("with a draft", drafted)]
    plot = Plot(title="Time of an answer", x="seconds", y="share of answers", series=series)
    return Findings(tables=[table] if pairs else [], plots=[plot])


async def _run(bench: Bench, settings: MCCom, samples: list[Sample]) -> list[Pair]:
    opened = open_cascade(settings)
    cloud = opened.cascade.cloud
    assert cloud is not None
    pairs: list[Pair] = []
    try:
        for number, sample in enumerate(samples, 1):
            row = bench.rows.get(sample.task)
            if row is None:
                row = await _row(opened, cloud, sample, settings, plain_first=number % 2 == 0)
                bench.rows.put(sample.task, row)
            if row:
                pairs.append(_from_row(row))
            bench.progress(number, len(samples))
    finally:
        await opened.aclose()
    return pairs


async def _row(
    opened: OpenCascade, cloud: Cloud, sample: Sample, settings: MCCom, *, plain_first: bool
) -> dict[str, Any]:
    """Empty where the local model writes nothing."""
    draft = (await answer(opened, sample, settings)).text
    if not draft:
        return {}
    prompt = await opened.cascade.prompt(sample.request, cloud=True)
    return asdict(await _pair(cloud.engine, prompt, settings.max_tokens, draft, plain_first=plain_first))


def _from_row(row: dict[str, Any]) -> Pair:
    check = row["check"] and DraftCheck(**row["check"])
    return Pair(plain_s=row["plain_s"], drafted_s=row["drafted_s"], same=row["same"], check=check)


async def _pair(engine: Engine, prompt: Prompt, max_tokens: int, draft: str, *, plain_first: bool) -> Pair:
    await asked(engine, prompt, 1, "")
    drafts = ("", draft) if plain_first else (draft, "")
    found = {given: await asked(engine, prompt, max_tokens, given) for given in drafts}
    (plain, plain_s, _), (drafted, drafted_s, check) = found[""], found[draft]
    return Pair(plain_s=plain_s, drafted_s=drafted_s, same=plain == drafted, check=check)


async def asked(engine: Engine, prompt: Prompt, max_tokens: int, draft: str) -> tuple[str, float, DraftCheck | None]:
    """The first line, the seconds until it was there, and what became of the draft."""
    clock, text, check = SystemClock(), "", None
    start_s = clock.now_s()
    end_s: float | None = None
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        async for token in tokens:
            text, check = text + token.text, token.check or check
            if end_s is None and "\n" in text.lstrip():
                end_s = clock.now_s()
    return text.lstrip().partition("\n")[0], (end_s or clock.now_s()) - start_s, check
