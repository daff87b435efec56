"""A cascade of given engines, for tests of what it does."""

from __future__ import annotations

from collections.abc import Callable

from jupyter_mccom.cascade.budget import Budget
from jupyter_mccom.cascade.cloud import Cloud
from jupyter_mccom.cascade.engine_context import Context
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.cascade.record import Journal
from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.protocols import Engine, Recorder, Retriever
from jupyter_mccom.types import Hit, Multiline
from tests.clock import FixedDate


def cascade_of(
    local: Engine,
    cloud: Engine | None = None,
    *,
    calls_a_day: int = 0,
    kept_out: Callable[[str], bool] = lambda document: False,
    keep_traces: bool = True,
    latency_budget_s: float = 30,
    retriever: Retriever | None = None,
    recorder: Recorder | None = None,
    leaves: Callable[[Hit], bool] = lambda hit: True,
    multiline: Multiline = "statement",
    max_tokens: int = 64,
) -> Cascade:
    """Above .8 local text is sure, at or below .5 it is not shown."""
    clock = FixedDate()

    def context(engine: Engine, allowed: Callable[[Hit], bool] = lambda hit: True) -> Context:
        return Context(engine, retriever, n_tokens=512, n_retrieved_tokens=128, allowed=allowed)

    budget = Budget(calls_a_day=calls_a_day, tokens_a_day=0, clock=clock)
    return Cascade(
        context=context(local),
        cloud=Cloud(context=context(cloud, leaves), budget=budget, kept_out=kept_out) if cloud else None,
        journal=Journal(keep_traces=keep_traces, recorder=recorder),
        clock=clock,
        gates=Gates(sure=0.8, show=0.5),
        max_tokens=max_tokens,
        latency_budget_s=latency_budget_s,
        multiline=multiline,
        retriever=retriever,
    )
