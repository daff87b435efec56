"""A cascade of given engines, for tests of what it does."""

from __future__ import annotations

import gc
from collections.abc import Callable
from types import FunctionType, MethodType, ModuleType

from jupyter_mccom.cascade.breaker import Breaker
from jupyter_mccom.cascade.budget import Budget
from jupyter_mccom.cascade.documents import Documents
from jupyter_mccom.cascade.engine_context import Context, KeptOut, none_kept_out
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.cascade.record import Journal
from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.cascade.tiers import CloudTier
from jupyter_mccom.protocols import Engine, Recorder, Retriever
from jupyter_mccom.types import Hit, Multiline
from tests.clock import FixedDate


def cascade_of(
    local: Engine,
    cloud: Engine | None = None,
    *,
    calls_a_day: int = 0,
    kept_out: KeptOut = none_kept_out,
    keep_traces: bool = True,
    latency_budget_s: float = 30,
    retriever: Retriever | None = None,
    recorder: Recorder | None = None,
    leaves: Callable[[Hit], bool] = lambda hit: True,
    multiline: Multiline = "statement",
    max_tokens: int = 64,
    hedge_s: float = 60.0,
    asks_ahead: bool = False,
    documents: Documents | None = None,
) -> Cascade:
    """Above .8 local text is sure, at or below .5 it is not shown; a silent cloud is waited for.

    `documents` come with a journal of their own.
    """
    clock = FixedDate()

    def context(engine: Engine, allowed: Callable[[Hit], bool] = lambda hit: True) -> Context:
        return Context(engine, retriever, n_tokens=512, n_retrieved_tokens=128, allowed=allowed)

    budget = Budget(calls_a_day=calls_a_day, tokens_a_day=0, clock=clock)
    return Cascade(
        context=context(local),
        cloud=CloudTier(context=context(cloud, leaves), budget=budget, breaker=Breaker(clock), kept_out=kept_out)
        if cloud
        else None,
        documents=documents or Documents(Journal(keep_traces=keep_traces, recorder=recorder)),
        clock=clock,
        gates=Gates(sure=0.8, show=0.5),
        max_tokens=max_tokens,
        latency_budget_s=latency_budget_s,
        hedge_s=hedge_s,
        asks_ahead=asks_ahead,
        multiline=multiline,
        retriever=retriever,
    )


def held_texts(held: object, *texts: str, but: tuple[object, ...] = ()) -> list[str]:
    """Which of these texts stand in a string that is reachable from an object, code and the objects `but` left out."""
    found: set[str] = set()
    seen, left = {id(one) for one in but}, [held]
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, (type, ModuleType)):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found |= {text for text in texts if text in one}
        elif isinstance(one, FunctionType):
            left += [*(one.__closure__ or ()), *(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
        elif isinstance(one, MethodType):
            left += [one.__self__, one.__func__]
        else:
            left += gc.get_referents(one)
    return sorted(found)
