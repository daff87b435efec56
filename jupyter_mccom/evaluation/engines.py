"""`bench --suite engines`: what an engine evaluates while real statements are typed, and what a draft spares it.

Counts only, no times: they are the same on every machine. Run it once an engine and compare.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from ..compose import OpenCascade, open_cascade
from ..settings import MCCom
from ..types import CompletionRequest, Prompt, Token
from .bench import Bench, Progress
from .findings import Findings, Table, pooled_percentile, ratio_with_interval, with_interval
from .samples import notebook_samples

_KEYS_A_STATEMENT = 20
_DRAFTED = 16
"""Tokens of an answer, with and without itself as the draft."""


def measure(bench: Bench) -> Findings:
    """Tokens evaluated at each of `n` keys, and forward passes of answers. Raises InputError without the data."""
    script = _script(bench.data, bench.n, bench.seed)
    return asyncio.run(_run(bench.settings, script, bench.progress))


def _script(data: Path, n: int, seed: int) -> list[list[CompletionRequest]]:
    """`n` keys in all, those of a statement together."""
    script: list[list[CompletionRequest]] = []
    left = n
    for sample in notebook_samples(data, n, seed):
        keys = sample.truth[: min(left, _KEYS_A_STATEMENT)]
        prefixes = [sample.request.prefix + keys[:n_typed] for n_typed in range(1, len(keys) + 1)]
        script.append([replace(sample.request, prefix=prefix) for prefix in prefixes])
        left -= len(keys)
        if not left:
            break
    return script


async def _run(settings: MCCom, script: Sequence[Sequence[CompletionRequest]], progress: Progress) -> Findings:
    opened = open_cascade(settings)
    n_keys = sum(map(len, script))
    first: list[float] = []
    later: list[list[float]] = []
    plain, drafted = [], []
    try:
        for statement in script:
            prompts = [await opened.cascade.prompt(request) for request in statement]
            evaluated = [float((await _written(opened, prompt, 1))[0].n_evaluated) for prompt in prompts]
            first.append(evaluated[0])
            later.append(evaluated[1:])
            answer = await _written(opened, prompts[-1], _DRAFTED)
            plain.append(answer)
            drafted.append(await _written(opened, prompts[-1], _DRAFTED, draft=_text(answer)))
            progress(len(first) + sum(map(len, later)), n_keys)
    finally:
        await opened.aclose()
    title = f"{opened.model.id} by {opened.local.kind}: {n_keys} keys of {len(script)} statements"
    passes = [[float(_passes(answer)) for answer in answers] for answers in (plain, drafted)]
    same = sum(_text(one) == _text(other) for one, other in zip(plain, drafted, strict=True))
    return Findings(
        tables=[_table(title, first, later, *passes)], notes=[f"{same} of {len(plain)} answers are the same with it"]
    )


def _table(
    title: str,
    first: Sequence[float],
    later: Sequence[Sequence[float]],
    passes: Sequence[float],
    passes_drafted: Sequence[float],
) -> Table:
    """Of each statement: tokens of its first key and of later ones, passes of an answer without and with a draft."""
    n_tokens = [sum(keys) for keys in later]
    a_key = ratio_with_interval(n_tokens, [float(len(keys)) for keys in later])
    spared = ratio_with_interval(passes_drafted, passes)
    return Table(
        title=title,
        head=["figure", "in all", "with its interval"],
        rows=[
            ["tokens evaluated at a statement's first key, mean", f"{sum(first):.0f}", with_interval(first, 1)],
            ["at a later key, mean", f"{sum(n_tokens):.0f}", a_key],
            ["the same, median", "", pooled_percentile(later, 0.5, 0)],
            ["the same, p95", "", pooled_percentile(later, 0.95, 0)],
            ["passes of an answer, mean", f"{sum(passes):.0f}", with_interval(passes)],
            ["with the answer as its draft ×", f"{sum(passes_drafted):.0f}", spared],
        ],
    )


async def _written(opened: OpenCascade, prompt: Prompt, max_tokens: int, *, draft: str = "") -> list[Token]:
    async with aclosing(opened.engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        found = [token async for token in tokens]
    return found or [Token(text="", prob=None, n_evaluated=0)]


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


def _passes(tokens: Sequence[Token]) -> int:
    """Drafted tokens that were right come from the pass of the token before them."""
    return sum(not token.from_draft for token in tokens)
