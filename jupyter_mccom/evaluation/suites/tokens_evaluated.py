"""`bench --suite engines`: what an engine evaluates while real statements are typed, and what a draft spares it.

Counts only, no times: without a draft they are the same on every machine. `--against DIR` compares them, and what was
written, with those of another engine: a folder that this suite wrote with the same data, seed and settings of a prompt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...compose import OpenCascade, open_cascade
from ...errors import InputError
from ...protocols import Engine
from ...types import CompletionRequest, Prompt, Token
from ..lib.bench import Bench
from ..lib.samples import notebook_samples
from ..lib.ties import same_but_for_a_tie
from ..report.against import read
from ..report.findings import Findings, Table, pooled_percentile, ratio_with_interval, with_interval

_KEYS_A_STATEMENT = 20
_DRAFTED = 16
"""Tokens of an answer, with and without itself as the draft."""


def measure(bench: Bench) -> Findings:
    """Tokens evaluated at each of `n` keys, and forward passes of answers. Raises InputError without the data."""
    script = _script(bench.data, bench.n, bench.seed)
    return asyncio.run(_run(bench, script))


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


async def _run(bench: Bench, script: Sequence[Sequence[CompletionRequest]]) -> Findings:
    opened = open_cascade(bench.settings)
    n_keys, n_done = sum(map(len, script)), 0
    rows: dict[str, Mapping[str, Any]] = {}
    try:
        for statement in script:
            key = f"{statement[0].id}, {len(statement)} keys"
            row = bench.rows.get(key)
            if row is None:
                row = await _row(opened, statement)
                bench.rows.put(key, row)
            rows[key] = row
            n_done += len(statement)
            bench.progress(n_done, n_keys)
    finally:
        await opened.aclose()
    title = f"{bench.model} by {opened.local.kind}: {n_keys} keys of {len(script)} statements"
    same = f"{sum(row['same'] for row in rows.values())} of {len(rows)} answers are the same with it"
    found = Findings(tables=[_table(title, list(rows.values()))], notes=[same])
    if bench.typing.against is None:
        return found
    head, theirs = read(bench.typing.against, "engines")
    pairs = [(row, theirs[key]) for key, row in rows.items() if key in theirs]
    if not pairs:
        raise InputError(f"{str(bench.typing.against)!r} has none of these statements; make it with the same --data")
    other = ", ".join(head.get("models") or ["the other"])
    return replace(found, tables=[*found.tables, compared(f"Against {other}, {len(pairs)} statements", pairs)])


def compared(title: str, pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Table:
    """How often two engines evaluated and wrote the same, from their rows of the same statements."""
    counts = [pair for ours, theirs in pairs for pair in zip(ours["n_evaluated"], theirs["n_evaluated"], strict=True)]
    keys = [pair for ours, theirs in pairs for pair in zip(ours["tokens"], theirs["tokens"], strict=True)]
    answers = [(ours["answer"], theirs["answer"]) for ours, theirs in pairs]
    n_equal = sum(ours == theirs for ours, theirs in counts)
    rows = [["keys with as many tokens evaluated", f"{n_equal} of {len(counts)}", ""]]
    for what, of in (("keys with the same tokens written", keys), ("answers with the same text", answers)):
        read_back = [(_tokens(ours), _tokens(theirs)) for ours, theirs in of]
        same = sum(_text(ours) == _text(theirs) for ours, theirs in read_back)
        but_for = sum(same_but_for_a_tie(ours, theirs) for ours, theirs in read_back)
        rows.append([what, f"{same} of {len(of)}", f"{but_for} of {len(of)}"])
    return Table(title=title, head=["figure", "equal", "equal but for a tie"], rows=rows)


def _tokens(written: Sequence[tuple[str, float | None]]) -> list[Token]:
    return [Token(text=text, prob=prob) for text, prob in written]


async def _row(opened: OpenCascade, statement: Sequence[CompletionRequest]) -> dict[str, Any]:
    """Tokens evaluated, a key each, None where the model wrote nothing, which tells none; then passes of an answer.

    The first key finds in the cache what the statement before left there, after a cut-off nothing.
    """
    prompts = [await opened.cascade.prompt(request) for request in statement]
    answers = [await _written(opened.engine, prompt, 1) for prompt in prompts]
    n_evaluated = [answer[0].n_evaluated if answer else None for answer in answers]
    plain = await _written(opened.engine, prompts[-1], _DRAFTED)
    drafted = await _written(opened.engine, prompts[-1], _DRAFTED, draft=_text(plain))
    return {
        "n_evaluated": n_evaluated,
        "tokens": [_written_down(answer) for answer in answers],
        "answer": _written_down(plain),
        "passes": _passes(plain),
        "passes_drafted": _passes(drafted),
        "same": _text(plain) == _text(drafted),
    }


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Tokens of a statement's first key and of later ones, passes of an answer without and with a draft."""
    told = [[None if n_tokens is None else float(n_tokens) for n_tokens in row["n_evaluated"]] for row in rows]
    first = [keys[0] for keys in told if keys[0] is not None]
    later = [[n_tokens for n_tokens in keys[1:] if n_tokens is not None] for keys in told]
    passes, passes_drafted = ([float(row[name]) for row in rows] for name in ("passes", "passes_drafted"))
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


async def _written(engine: Engine, prompt: Prompt, max_tokens: int, *, draft: str = "") -> list[Token]:
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]


def _written_down(tokens: Sequence[Token]) -> list[tuple[str, float | None]]:
    return [(token.text, token.prob) for token in tokens]


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


def _passes(tokens: Sequence[Token]) -> int:
    """Drafted tokens that were right come from the pass of the token before them; the end has a pass of its own."""
    return sum(not token.from_draft for token in tokens) + (len(tokens) < _DRAFTED)
