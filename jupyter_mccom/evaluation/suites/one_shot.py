"""`bench --suite cascade`: both models at the same keys of real statements, one shot each, then a table of policies.

The prompts are the cascade's own, with retrieval as set; the cloud's are no longer than the local ones, so that 100
statements take some hours on two cores. As in use, each model has read the line's start before it is timed.
The cloud is asked with round 1 (cloud alone), then with what round 2 finds for the local text (the cascade's call).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from ...cascade.engine_context import Context
from ...cascade.route import Gates, confidence
from ...cascade.writing import Writing
from ...compose import OpenCascade, SystemClock, open_cascade, open_store
from ...compose.gates import gates_of
from ...retrieval.search import Retrieval
from ...settings import MCCom
from ...types import CompletionRequest, Prompt, Skills, Token
from ..lib.bench import NETWORK_S, Bench, of_stand_in
from ..lib.key_positions import at_keys, pressed
from ..lib.policies import Both
from ..lib.projects import GivenChunks
from ..lib.samples import Sample, crossfile_samples, notebook_samples, statement_of
from ..lib.timed_answers import PATIENCE_S, TimedAnswer, token_from, written
from ..report.findings import Findings
from ..report.one_shot_table import findings
from ..report.strata import strata

_CROSSFILE_SHARE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiers:
    local: OpenCascade
    cloud: OpenCascade
    settings: MCCom
    gates: Gates


class _Told:
    """An engine that says again what was said."""

    name = "told"
    skills = Skills(probs=True, infill=True, checks_draft=False)

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        for token in self._tokens:
            yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [0 for _ in texts]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    n_crossfile = round(bench.n * _CROSSFILE_SHARE)
    samples = notebook_samples(bench.data, bench.n - n_crossfile, bench.seed, apart=True)
    samples += crossfile_samples(bench.data, n_crossfile, bench.seed)
    samples, keys = at_keys(samples, bench.seed), pressed(bench.data)
    found = asyncio.run(_run(bench, samples))
    gates = gates_of(bench.settings, open_store(bench.settings).entry(bench.settings.model))
    return findings(found, gates, strata(samples, keys), note=keys.note())


async def _run(bench: Bench, samples: Sequence[Sample]) -> list[Both]:
    found = []
    async with _tiers(bench.settings) as tiers:
        for number, sample in enumerate(samples, 1):
            row = bench.rows.get(sample.task)
            if row is None:
                row = asdict(await _asked(tiers, sample))
                bench.rows.put(sample.task, row)
            found.append(_both(row))
            bench.progress(number, len(samples))
    return found


@asynccontextmanager
async def _tiers(settings: MCCom) -> AsyncGenerator[_Tiers, None]:
    local, cloud = open_cascade(settings), open_cascade(of_stand_in(settings))
    try:
        await local.warm()
        await cloud.warm()
        yield _Tiers(local=local, cloud=cloud, settings=settings, gates=gates_of(settings, local.model))
    finally:
        await local.aclose()
        await cloud.aclose()


async def _asked(tiers: _Tiers, sample: Sample) -> Both:
    settings, request = tiers.settings, sample.request
    retrieval = Retrieval(tree=GivenChunks(sample.found) if sample.found else None, live=None)
    small, large = (
        Context(engine, retrieval, n_tokens=settings.n_prompt, n_retrieved_tokens=settings.retrieval_tokens)
        for engine in (tiers.local.engine, tiers.cloud.engine)
    )
    start, _ = statement_of(request, sample.truth)
    for context in (small, large):
        await written(context.engine, start, (await context.prompt(start))[0], max_tokens=1)
    local = await _timed(small, request, settings)
    cloud = await _timed(large, request, settings, network_s=NETWORK_S)
    await written(large.engine, start, (await large.prompt(start))[0], max_tokens=1)  # as it was before the first
    text = await _drafted(local, request, tiers.gates)
    query = request.prefix.rpartition("\n")[2] + text if text else ""
    second = await _timed(
        large, request, settings, network_s=NETWORK_S, text=query, confidence=confidence(local.tokens)
    )
    return Both(local=local, cloud=cloud, second=second, truth=sample.truth, kind=sample.kind, era=sample.era)


async def _timed(
    context: Context,
    request: CompletionRequest,
    settings: MCCom,
    *,
    network_s: float = 0.0,
    text: str = "",
    confidence: float | None = None,
) -> TimedAnswer:
    clock = SystemClock()
    start_s = clock.now_s()
    prompt, _ = await context.prompt(request, text=text, confidence=confidence)
    before_s = clock.now_s() - start_s
    return await written(
        context.engine, request, prompt, max_tokens=settings.max_tokens, before_s=before_s, network_s=network_s
    )


async def _drafted(local: TimedAnswer, request: CompletionRequest, gates: Gates) -> str:
    """What the cascade has of the local text when it asks the cloud: less than all where the gates gave up on it."""
    writing = Writing(_Told(local.tokens), request, clock=SystemClock(), max_tokens=10**6, hopeless=gates.hopeless)
    nothing = Prompt(chunks=(), prefix="", typed="", suffix="")
    async with aclosing(writing.texts(nothing, deadline_s=SystemClock().now_s() + PATIENCE_S)) as texts:
        async for _ in texts:
            pass
    return writing.text


def _both(row: dict[str, Any]) -> Both:
    answers = {name: _answer(row[name]) for name in ("local", "cloud", "second")}
    return Both(**{**row, **answers})


def _answer(value: dict[str, Any]) -> TimedAnswer:
    return TimedAnswer(**{**value, "tokens": tuple(map(token_from, value["tokens"]))})
