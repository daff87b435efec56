"""The ways of asking that a replay compares, each a real Cascade over the same two models.

local alone: no cloud. cascade: as a person has it. asked in advance: the same with `cloud_ask_ahead`. no retrieval:
the same without context of other places. cloud alone: the cloud's model with its own prompts, round 1 of retrieval,
the same trimming, no draft; a text is whole before it is shown, and one that breaks the cell is not. best of two: as
cloud alone, and where its text is not right, which an oracle knows, the same model is asked once a line again with
what round 2 finds for that text: a second chance as the cascade has it (greedy decoding has no second beam to choose
from), in a process and a cache of its own, and the network counts once (paper 6.1).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from ...cascade.breaker import Breaker
from ...cascade.budget import Budget
from ...cascade.documents import Documents
from ...cascade.pipeline import Cascade
from ...cascade.route import CloudState, Gates
from ...cascade.tiers import CloudTier as Cloud
from ...compose import OpenCascade
from ...compose.gates import gates_of
from ...compose.wiring import cloud_over, wire
from ...privacy.masked_engine import MaskedEngine
from ...protocols import Clock, Engine, Retriever
from ...retrieval.search import Retrieval, Tree
from ...server.completions import Completions
from ...server.live_settings import LiveSettings
from ...settings import MCCom, changed
from ...types import CompletionRequest, Outcome, Route, Suggestion, Token
from ..lib.conditions import AHEAD, BARE, CLOUD, LOCAL, TWICE, Conditions
from .frontend import CompletionServer
from .metered import Metered, MeteredRetriever
from .virtual import VirtualClock, VirtualLoop

Warmers: TypeAlias = tuple[tuple[Engine, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Both models, opened once, the cloud's a second time for `best of two`, and the clock of the replay."""

    settings: MCCom
    loop: VirtualLoop
    local: OpenCascade
    cloud: OpenCascade
    again: OpenCascade


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One way of asking at one statement. The tiers are None where a way has none."""

    cascade: Cascade
    server: CompletionServer
    """What the front end asks: with a local model the Jupyter server's own part, which also answers in advance."""
    local: Metered | None
    clouds: tuple[Metered, ...]
    warmers: Warmers
    """Engines that know the statement's start, and whether their prompt is the cascade's cloud prompt."""

    async def warm(self, loop: VirtualLoop, start: CompletionRequest) -> None:
        """Lets each model read the position, as after the line above was typed. Takes no virtual time."""
        with loop.frozen():
            for engine, cloud in self.warmers:
                prompt = await self.cascade.prompt(start, cloud=cloud)
                async for _ in engine.generate(prompt, max_tokens=1):
                    pass

    async def aclose(self) -> None:
        """Ends what runs; the models stay."""
        await self.server.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle(Gates):
    """Knows what will be typed: a text that is not right is asked for again, as often as the cascade asks."""

    knows: Callable[[str], bool]

    def hopeless(self, tokens: Sequence[Token]) -> bool:
        """Every text is looked at whole."""
        return False

    def route(
        self,
        tokens: Sequence[Token],
        *,
        text: str,
        parses: bool,
        cloud: CloudState,
        noise: bool = False,
        invents: bool = False,
        misses: bool = False,
    ) -> Route:
        """The route to the cloud, unless the local text is right."""
        if cloud == "ready" and not self.knows(text):
            return Route(to="cloud", reason="unsure")
        return Route(to="local" if text and parses else "nothing", reason="ungated")


class Plain:
    """Satisfies frontend.CompletionServer for a model that costs money: nothing is asked in advance."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._running: asyncio.Task[None] | None = None

    def begin(self, request: CompletionRequest, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs the work; an older one is cancelled."""
        if self._running is not None:
            self._running.cancel()
        self._running = asyncio.create_task(work, name=f"mccom replay {request.id}")
        return self._running

    def complete(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        """The suggestions of the cascade."""
        return self._cascade.complete(request)

    def report(self, outcome: Outcome) -> None:
        """Reports an outcome to the cascade."""
        self._cascade.journal.report(outcome)

    async def aclose(self) -> None:
        """Ends what runs."""
        await self._cascade.aclose()


def open_contestant(
    name: str, machines: Machines, given: Conditions, *, tree: Tree | None, knows: Callable[[str], bool]
) -> Contestant:
    """`knows` tells the oracle whether a text is right; `tree` is the statement's project, where there is one."""
    settings, loop = machines.settings, machines.loop
    local = Metered(machines.local.engine, loop, pid=lambda: machines.local.pid)
    profile = given.profile
    cloud = Metered(
        machines.cloud.engine, loop, pid=lambda: machines.cloud.pid, network_s=given.network_s, profile=profile
    )
    retriever = MeteredRetriever(Retrieval(tree=tree, live=None), loop)
    clock = VirtualClock(loop)
    if name in (CLOUD, TWICE):
        large = changed(
            settings, prompt_tokens=settings.cloud_prompt_tokens, retrieval_tokens=settings.cloud_retrieval_tokens
        )
        gates = Oracle(sure=0, show=0, knows=knows) if name == TWICE else Gates(sure=0, show=0)
        cloud.takes_drafts = False
        again = Metered(machines.again.engine, loop, pid=lambda: machines.again.pid, profile=profile)
        second = _tier(again, settings, retriever, clock) if name == TWICE else None
        cascade = wire(large, cloud, retriever, second, clock=clock, gates=gates, documents=Documents())
        warmers: Warmers = ((machines.cloud.engine, False), *([(machines.again.engine, True)] if second else []))
        return Contestant(cascade=cascade, server=Plain(cascade), local=None, clouds=(cloud, again), warmers=warmers)
    settings = changed(settings, retrieval_tokens=0, cloud_retrieval_tokens=0) if name == BARE else settings
    settings = changed(settings, cloud_ask_ahead=True) if name == AHEAD else settings
    large_tier = None if name == LOCAL else _tier(cloud, settings, retriever, clock)
    gates = gates_of(settings, machines.local.model)
    cascade = wire(settings, local, retriever, large_tier, clock=clock, gates=gates, documents=Documents())
    opened = replace(machines.local, cascade=cascade, recorder=None)
    server = Completions(LiveSettings(settings, lambda asked, former: opened))
    warmers = ((machines.local.engine, False), *(((machines.cloud.engine, True),) if large_tier else ()))
    clouds = (cloud,) if large_tier else ()
    return Contestant(cascade=cascade, server=server, local=local, clouds=clouds, warmers=warmers)


def _tier(engine: Engine, settings: MCCom, retriever: Retriever, clock: Clock) -> Cloud:
    budget = Budget(calls_a_day=0, tokens_a_day=0, clock=clock)
    return cloud_over(MaskedEngine(engine), settings, retriever=retriever, budget=budget, breaker=Breaker(clock))
