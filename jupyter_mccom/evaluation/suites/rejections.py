"""`bench --suite rejections`: which draft a cloud is given after a rejection: none, the rejected text's tail, anew.

A position counts where the local model writes something else than what stands there: the person types the truth up to
the first character that differs, and the cloud is asked. It is the one that is set, else one of its own here; each
prompt is read before it is timed, and the order alternates. Writing anew delays a call by what it takes longer than the
cloud's prompt takes to be built.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from typing import Any, get_args

from ...cascade.drafts.after_rejection import AfterRejection, n_same, tail
from ...compose import OpenCascade, SystemClock, open_cascade
from ...settings import MCCom
from ...types import DraftCheck
from ..lib.bench import Bench
from ..lib.data import CELLS, check
from ..lib.metrics import exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.served import served
from ..lib.timed_answers import answer
from ..report.findings import (
    Findings,
    Table,
    percentile_with_interval,
    ratio_with_interval,
    taken,
    with_interval,
)
from .cloud_drafts import asked

_POLICIES: tuple[AfterRejection, ...] = get_args(AfterRejection)
_LEAST_LEFT = 3
"""Characters of the truth behind the cursor: fewer need no suggestion."""


def measure(bench: Bench) -> Findings:
    """Figures over those of `n` notebook statements at which the local model is wrong.

    Raises InputError without the data, EngineError when no model can be served.
    """
    check(bench.data, CELLS)
    samples = notebook_samples(bench.data, bench.n, bench.seed)
    with nullcontext(bench.settings) if bench.settings.cloud_dialect else served(bench.settings) as settings:
        rows = asyncio.run(_run(bench, settings, samples))
    title = f"{bench.model} was wrong, the cloud is asked, n = {len(rows)} of {len(samples)}"
    head = ["draft", "positions with one", "its characters that are the answer's", "tokens taken", "time × without"]
    delays = [row["delay_s"] for row in rows if row["anew"]["draft"]]
    notes = [
        f"writing anew delays the call by {with_interval(delays)} s, median {percentile_with_interval(delays, 0.5, 2)}",
        f"the same answer: {sum(row[policy]['same'] for row in rows for policy in _POLICIES)} of {3 * len(rows)}",
    ]
    return Findings(
        tables=[Table(title=title, head=head, rows=[_told(policy, rows) for policy in _POLICIES])], notes=notes
    )


def _told(policy: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    given = [row[policy] for row in rows if row[policy]["draft"]]
    checks = [DraftCheck(**one["check"]) for one in given if one["check"]]
    agreeing = ratio_with_interval([float(one["agree"]) for one in given], [float(one["draft"]) for one in given])
    times = [row[policy]["s"] / row["none"]["s"] for row in rows]
    return [policy, str(len(given)), agreeing, taken(checks), with_interval(times)]


async def _run(bench: Bench, settings: MCCom, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    opened = open_cascade(settings)
    try:
        rows = await bench.measured(
            [(sample.task, (number, sample)) for number, sample in enumerate(samples)],
            lambda item: _row(opened, settings, *item),
        )
    finally:
        await opened.aclose()
    return [row for row in rows if row]


async def _row(opened: OpenCascade, settings: MCCom, number: int, sample: Sample) -> dict[str, Any]:
    """Empty where the local model was right, or wrote nothing."""
    rejected = (await answer(opened, sample, settings)).text
    typed = sample.truth[: n_same(rejected, sample.truth) + 1]
    if not rejected or exact_match(rejected, sample.truth) or len(sample.truth) - len(typed) < _LEAST_LEFT:
        return {}
    request = replace(sample.request, prefix=sample.request.prefix + typed)
    clock = SystemClock()
    start_s = clock.now_s()
    prompt = await opened.cascade.prompt(request, cloud=True, text=rejected)
    built_s = clock.now_s() - start_s
    anew = await answer(opened, replace(sample, request=request), settings)
    drafts = {"none": "", "tail": tail(rejected, typed), "anew": anew.text}
    cloud = opened.cascade.cloud
    assert cloud is not None
    await asked(cloud.engine, prompt, 1, "")
    found = {}
    for at in range(len(_POLICIES)):
        policy = _POLICIES[(at + number) % len(_POLICIES)]
        found[policy] = await asked(cloud.engine, prompt, settings.max_tokens, drafts[policy])
    plain, _, _ = found["none"]
    row: dict[str, Any] = {"delay_s": max(0.0, anew.total_s - built_s)}
    for policy, (text, s, told) in found.items():
        draft = drafts[policy].lstrip()
        row[policy] = {"s": s, "same": text == plain, "check": told and asdict(told), "draft": len(draft)}
        row[policy]["agree"] = n_same(draft, plain)
    return row
