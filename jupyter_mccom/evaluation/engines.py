"""`bench --suite engines`: what an engine evaluates while real statements are typed, and what a draft spares it.

Counts only, no times: they are the same on every machine. Run it once an engine and compare.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..compose import OpenCascade, open_cascade
from ..settings import MCCom
from ..types import CompletionRequest, Prompt, Token
from .bench import Bench, Progress
from .findings import Findings
from .metrics import percentile
from .samples import notebook_samples

_KEYS_A_STATEMENT = 20
_DRAFTED = 16
"""Tokens of an answer, with and without itself as the draft."""


def measure(bench: Bench) -> Findings:
    """Tokens evaluated at each of `n` keys, and forward passes of answers. Raises InputError without the data."""
    script = _script(bench.data, bench.n, bench.seed)
    return Findings(tables=[], figures=asyncio.run(_run(bench.settings, script, bench.progress)))


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


async def _run(settings: MCCom, script: Sequence[Sequence[CompletionRequest]], progress: Progress) -> dict[str, Any]:
    opened = open_cascade(settings)
    n_keys = sum(map(len, script))
    first, later, plain, drafted = [], [], [], []
    try:
        for statement in script:
            prompts = [await opened.cascade.prompt(request) for request in statement]
            evaluated = [(await _written(opened, prompt, 1))[0].n_evaluated for prompt in prompts]
            first.append(evaluated[0])
            later += evaluated[1:]
            answer = await _written(opened, prompts[-1], _DRAFTED)
            plain.append(answer)
            drafted.append(await _written(opened, prompts[-1], _DRAFTED, draft=_text(answer)))
            progress(len(first) + len(later), n_keys)
    finally:
        await opened.aclose()
    return {
        "engine": opened.local.kind,
        "model": opened.model.id,
        "keys": n_keys,
        "statements": len(script),
        "tokens_evaluated": sum(first) + sum(later),
        "tokens_first_key": sum(first),
        "tokens_later_key_median": percentile([float(tokens) for tokens in later], 0.5),
        "tokens_later_key_p95": percentile([float(tokens) for tokens in later], 0.95),
        "passes": sum(map(_passes, plain)),
        "passes_with_draft": sum(map(_passes, drafted)),
        "answers_the_same": sum(_text(one) == _text(other) for one, other in zip(plain, drafted, strict=True)),
    }


async def _written(opened: OpenCascade, prompt: Prompt, max_tokens: int, *, draft: str = "") -> list[Token]:
    async with aclosing(opened.engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        found = [token async for token in tokens]
    return found or [Token(text="", prob=None, n_evaluated=0)]


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


def _passes(tokens: Sequence[Token]) -> int:
    """Drafted tokens that were right come from the pass of the token before them."""
    return sum(not token.from_draft for token in tokens)
