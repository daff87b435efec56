"""`bench --suite infill`: is a draft lossless, and does the confidence say how often a text is right?

HumanEval infilling: a line, some lines, and a span of any length are missing, a third each. Three drafts are tried: the
truth, its first half, and a wrong text. Its code stands alone: right for these two questions, for none about context.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from ...compose import OpenCascade, open_cascade
from ...compose.model_process import LocalModel
from ...protocols import Engine
from ...settings import MCCom
from ...types import CompletionRequest, Prompt, Token
from ..lib.bench import Bench
from ..lib.data import rows_of
from ..lib.draft_policies import checking_all, checking_none
from ..lib.key_positions import Place, place_of
from ..lib.metrics import exact_match
from ..lib.samples import Sample
from ..lib.ties import same_but_for_a_tie
from ..lib.timed_answers import token_from, written
from ..report.findings import Findings, Table, with_interval
from ..report.reliability import calibration

KINDS = ("SingleLine", "MultiLine", "RandomSpan")
DRAFTS = ("the truth", "its first half", "a wrong text")
_WRONG = "raise NotImplementedError('not yet')"


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    samples = drawn(bench.data, bench.n, bench.seed)
    rows, checked = asyncio.run(_run(bench, samples))
    told, plots = calibration([(row["right"], [token_from(token) for token in row["tokens"]]) for row in rows])
    tables = [_right(samples, rows), *told, *([_lossless(rows)] if checked else [])]
    unchecked = f"{bench.model}'s engine checks no draft: it ignores one, so that there is nothing to lose"
    return Findings(
        tables=tables,
        plots=plots,
        notes=[] if checked else [unchecked],
        figures={"n": len(rows), "lost": sum(not same for row in rows for same in row["same"])},
    )


def drawn(data: Path, n: int, seed: int) -> list[Sample]:
    """`n` positions, a third a kind. Raises InputError without the data."""
    draw = random.Random(seed)  # noqa: S311 - a sample, not a secret
    found = []
    for number, kind in enumerate(KINDS):
        every = rows_of(data, f"infilling/HumanEval-{kind}Infilling.jsonl.gz")
        wanted = n // len(KINDS) + (1 if number < n % len(KINDS) else 0)
        found += [_sample(kind, row) for row in draw.sample(every, min(wanted, len(every)))]
    return found


def _sample(kind: str, row: dict[str, Any]) -> Sample:
    """A missing line is cut before its newline, as an editor has it."""
    truth, suffix = row["canonical_solution"], row["suffix"]
    if truth.endswith("\n"):
        truth, suffix = truth.removesuffix("\n"), "\n" + suffix
    request = CompletionRequest(
        id=row["task_id"],
        client="bench",
        document="infill.py",
        cell_id="",
        language="python",
        prefix=row["prompt"],
        suffix=suffix,
    )
    return Sample(task=row["task_id"], kind=kind, era="pre-2025", request=request, truth=truth)


async def _run(bench: Bench, samples: Sequence[Sample]) -> tuple[list[dict[str, Any]], bool]:
    opened = open_cascade(bench.settings)
    plain, checker = checkers(opened)
    try:
        rows = await bench.measured(
            [(sample.task, sample) for sample in samples],
            lambda sample: _row(opened, plain, checker, bench.settings, sample),
        )
        return rows, checker.skills.checks_draft
    finally:
        await checker.aclose()
        await plain.aclose()
        await opened.aclose()


def checkers(opened: OpenCascade) -> tuple[Engine, Engine]:
    """The engines that check nothing of a draft, and all of it; the one engine twice where somebody else runs it."""
    if isinstance(opened.engine, LocalModel):
        return checking_none(opened), checking_all(opened)
    return opened.engine, opened.engine


async def _row(
    opened: OpenCascade, unchecked: Engine, checker: Engine, settings: MCCom, sample: Sample
) -> dict[str, Any]:
    prompt = await opened.cascade.prompt(sample.request)
    answer = await written(opened.engine, sample.request, prompt, max_tokens=settings.max_tokens)
    same, accepted = [], []
    if checker.skills.checks_draft:
        plain = await _tokens(unchecked, prompt, settings.max_tokens, "")
        for draft in (sample.truth, sample.truth[: len(sample.truth) // 2], _WRONG):
            drafted = await _tokens(checker, prompt, settings.max_tokens, draft)
            same.append(same_but_for_a_tie(plain, drafted))
            accepted.append(sum(token.from_draft for token in drafted))
    return {
        "right": exact_match(answer.text, sample.truth.partition("\n")[0]),
        "tokens": [asdict(token) for token in answer.tokens],
        "same": same,
        "accepted": accepted,
    }


async def _tokens(engine: Engine, prompt: Prompt, max_tokens: int, draft: str) -> list[Token]:
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]


def _right(samples: Sequence[Sample], rows: Sequence[dict[str, Any]]) -> Table:
    """The rows by kind, and by place for a kind whose cursors are at several places."""
    found: dict[str, list[float]] = {}
    for kind in KINDS:
        of = [
            (place_at(sample), float(row["right"]))
            for sample, row in zip(samples, rows, strict=True)
            if sample.kind == kind
        ]
        found[kind] = [right for _, right in of]
        places = {place for place, _ in of}
        for place in get_args(Place) if len(places) > 1 else ():
            if place in places:
                found[f"{kind}, {place}"] = [right for at, right in of if at == place]
    lines = [[name, str(len(right)), with_interval(right)] for name, right in found.items()]
    return Table(title="First line of what is missing", head=["kind, cursor", "n", "exact match"], rows=lines)


def place_at(sample: Sample) -> Place:
    """Where the cursor stands on its line; what is missing ends in `truth`, the line may go on behind it."""
    return place_of(
        sample.request.prefix.rpartition("\n")[2], (sample.truth + sample.request.suffix).partition("\n")[0]
    )


def _lossless(rows: Sequence[dict[str, Any]]) -> Table:
    found = []
    for number, draft in enumerate(DRAFTS):
        same, accepted = ([row[name][number] for row in rows if row[name]] for name in ("same", "accepted"))
        different = str(len(same) - sum(same))
        found.append([draft, str(len(same)), different, with_interval([float(count) for count in accepted], 1)])
    return Table(
        title="Answers with a draft against those without, ties aside",
        head=["draft", "n", "different", "draft tokens taken, mean"],
        rows=found,
    )
