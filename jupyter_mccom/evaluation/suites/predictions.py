"""`bench --suite auto`: how far off `auto` is when it predicts a larger model from a smaller one of the same engine.

Every model of the catalogue that is here is measured as `auto` measures it, one after the other in each round, since
memory may hold one only. Nothing is kept for `auto` itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from itertools import combinations
from typing import Any

from ...compose import model_ids, open_store
from ...compose.model_process import LocalModel
from ...engines.choosing.auto import measured
from ...engines.choosing.model_choice import Figures, Option, choose
from ...engines.local.host import default_threads
from ...errors import InputError
from ...models.store import Store
from ...settings import MCCom
from ..lib.bench import Bench
from ..lib.metrics import percentile
from ..report.findings import Findings, Table, percentile_with_interval

_GOAL = 0.25


def measure(bench: Bench) -> Findings:
    """A row for each pair of models. Raises InputError where fewer than two models are here."""
    store = open_store(bench.settings)
    here = [family for family in model_ids() if store.present(family)]
    if len(here) < 2:
        raise InputError("a prediction needs two models here; run: jupyter mccom pull smollm2-135m")
    rows = asyncio.run(_run(bench, store, here))
    return findings([_option(store, family, rank) for rank, family in enumerate(here)], rows)


def findings(options: Sequence[Option], rounds: Sequence[Mapping[str, Any]]) -> Findings:
    """`rounds` hold `Figures` by the model's name, as plain values."""
    lines, errors = [], {}
    for small, large in combinations(options, 2):
        predicted = [_predicted_s(small, large, Figures(**row[small.name])) for row in rounds]
        taken = [Figures(**row[large.name]).statement_s for row in rounds]
        off = [abs(told / took - 1) for told, took in zip(predicted, taken, strict=True)]
        error = errors[f"{small.name} to {large.name}"] = percentile(off, 0.5)
        seconds = [percentile_with_interval(each, 0.5, 3) for each in (predicted, taken)]
        verdict = f"≤ {_GOAL:.0%}, {'met' if error <= _GOAL else 'missed'}"
        lines.append([small.name, large.name, *seconds, percentile_with_interval(off, 0.5, 2), verdict])
    head = ["from", "to", "predicted s", "measured s", "error, share", "goal"]
    title = f"Seconds a statement, warm, by {options[0].kind}; medians of {len(rounds)} rounds"
    return Findings(tables=[Table(title=title, head=head, rows=lines)], figures=errors)


def _predicted_s(small: Option, large: Option, figures: Figures) -> float:
    """What `auto` says of the larger one while it knows the smaller one only."""
    told = choose([small, large], {small.name: figures}, budget_s=1, free_bytes=0).statement_s
    return told[large.name]


def _option(store: Store, family: str, rank: int) -> Option:
    model = store.entry(family)
    return Option(name=family, kind=model.weights, n_bytes=model.n_bytes, rank=rank, present=True)


async def _run(bench: Bench, store: Store, here: Sequence[str]) -> list[dict[str, Any]]:
    async def row(number: int) -> dict[str, Any]:
        found = [await _figures(bench.settings, store, family) for family in here]
        return {name: {"read_s": one.read_s, "write_s": one.write_s} for name, one in zip(here, found, strict=True)}

    return await bench.measured([(str(number), number) for number in range(bench.n)], row)


async def _figures(settings: MCCom, store: Store, family: str) -> Figures:
    async with aclosing(LocalModel(family, settings, store, settings.threads or default_threads())) as model:
        return await measured(model)
