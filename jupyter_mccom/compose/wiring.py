"""Given engines and a retriever → a cascade: what the settings say of prompts and gates. Knows nothing of processes.

`cascade.py` gives it the parts that it opened, an evaluation those through which it measures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from ..cascade.breaker import Breaker
from ..cascade.budget import Budget
from ..cascade.documents import Documents
from ..cascade.engine_context import Context, KeptOut, none_kept_out
from ..cascade.pipeline import Cascade
from ..cascade.route import Gates
from ..cascade.tiers import CloudTier
from ..protocols import Clock, Engine, Retriever
from ..retrieval.search import KERNEL
from ..settings import MCCom
from ..types import Hit, Multiline


def wire(
    settings: MCCom,
    engine: Engine,
    retriever: Retriever,
    cloud: CloudTier | None,
    *,
    clock: Clock,
    gates: Gates,
    documents: Documents,
    n_tokens: Callable[[], int] | None = None,
    allowed: Callable[[Hit], bool] = lambda hit: True,
    kept_out: KeptOut = none_kept_out,
) -> Cascade:
    """The cascade over these parts; `n_tokens`, `allowed` and `kept_out` as in Context, of the local engine's prompts.

    Without `n_tokens` the settings alone bound them.
    """
    documents.journal.keep_traces = settings.keep_traces
    if not settings.keep_traces:
        documents.forget()
    return Cascade(
        context=Context(
            engine,
            retriever,
            n_tokens=n_tokens or settings.n_prompt,
            n_retrieved_tokens=settings.retrieval_tokens,
            allowed=allowed,
            kept_out=kept_out,
        ),
        cloud=cloud,
        retriever=retriever,
        documents=documents,
        clock=clock,
        gates=gates,
        max_tokens=settings.max_tokens,
        latency_budget_s=settings.latency_budget_s,
        hedge_s=settings.cloud_hedge_s,
        asks_ahead=settings.cloud_ask_ahead,
        multiline=cast(Multiline, settings.multiline),
    )


def cloud_over(
    engine: Engine,
    settings: MCCom,
    *,
    retriever: Retriever,
    budget: Budget,
    breaker: Breaker,
    kept_out: KeptOut = none_kept_out,
) -> CloudTier:
    """The large model's tier over an engine that masks secrets: its own prompts, the day's budget, the breaker."""
    context = Context(
        engine,
        retriever,
        n_tokens=settings.cloud_prompt_tokens,
        n_retrieved_tokens=_cloud_retrieval_tokens(settings),
        allowed=lambda hit: settings.kernel_to_cloud or hit.chunk.source != KERNEL,
    )
    return CloudTier(context=context, budget=budget, breaker=breaker, kept_out=kept_out)


def _cloud_retrieval_tokens(settings: MCCom) -> int:
    """At most half a prompt. A person who switches retrieval off for the local model wants none elsewhere."""
    most = min(settings.cloud_retrieval_tokens, settings.cloud_prompt_tokens // 2)
    return most if settings.retrieval_tokens else 0
