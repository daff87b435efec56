"""`bench --suite midline`: where code stands behind the cursor, does the rule that leads into it pay?

What a model writes there is trimmed with the rule of `cascade/text/join.py` and without it, with names of the whole
project as known words, and with every word known, which no source of names can beat. Right is what was taken out of
the line; where nothing was, every text is wrong.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from ...cascade.route import features_of
from ...cascade.text.join import Join, joined
from ...cascade.text.parse import breaks
from ...cascade.text.trim import trim
from ...compose import open_cascade, open_store
from ...compose.gates import calibration_of, prices_of
from ...learning.calibrate import Calibration
from ...types import CompletionRequest
from ..lib.bench import Bench
from ..lib.mid_line import KINDS, mid_line
from ..lib.project_answers import answer_in
from ..lib.projects import indexed, words_of
from ..lib.samples import Sample, notebook_samples, repository_samples
from ..lib.timed_answers import token_from
from ..report.findings import Findings, Table
from ..report.strata import Stratum

RULES = ("no rule", "names of the document", "and of the project", "every word")
"""What counts as a whole word; the second one is the product's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One text by one rule."""

    text: str
    right: bool
    shown: bool
    """Its chance is above that of the eagerness, and the cell holds with it."""


def measure(bench: Bench) -> Findings:
    """`n` lines, half of notebooks. Raises InputError without the data."""
    n_lines = bench.n // 2
    books = notebook_samples(bench.data, bench.n - n_lines, bench.seed, apart=True)
    lines = repository_samples(bench.data, n_lines, bench.seed)
    drawn = [sample for pair in zip_longest(books, lines) for sample in pair if sample is not None]
    samples = mid_line(drawn, bench.seed)
    asyncio.run(_run(bench, samples))
    model = open_store(bench.settings).entry(bench.settings.model)
    return findings(samples, [bench.rows.get(sample.task) for sample in samples], calibration_of(model), bench)


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    async with aclosing(opened), indexed(new) as projects:
        for number, sample in enumerate(new, len(samples) - len(new) + 1):
            told = await answer_in(opened, sample, bench.settings, projects.get(sample.root))
            bench.rows.put(sample.task, {"tokens": [asdict(token) for token in told.tokens]})
            bench.progress(number, len(samples))


def findings(
    samples: Sequence[Sample], rows: Sequence[Mapping[str, Any] | None], chances: Calibration, bench: Bench
) -> Findings:
    """Rows in the order of the samples; those that are None are left out."""
    pairs = [(sample, row) for sample, row in zip(samples, rows, strict=True) if row is not None]
    least = prices_of(bench.settings).show_chance
    told = {rule: [_told(rule, sample, row, chances, least) for sample, row in pairs] for rule in RULES}
    lines = [_line(kind, rule, [sample for sample, _ in pairs], told[rule]) for kind in KINDS for rule in RULES]
    lines += [_line("", rule, [sample for sample, _ in pairs], told[rule]) for rule in RULES]
    table = Table(
        title=f"{bench.model} in the middle of {len({sample.statement for sample, _ in pairs})} lines, shown above "
        f"a chance of {least:.2f}",
        head=["missing, whole words by", "n", "a text", "of these right", "shown", "wrong among shown"],
        rows=lines,
    )
    figures = {name: {"n": len(pairs), "right": sum(one.right for one in told[name])} for name in RULES}
    return Findings(tables=[table] if pairs else [], figures=figures)


def _told(rule: str, sample: Sample, row: Mapping[str, Any], chances: Calibration, least: float) -> _Told:
    request = sample.request
    tokens = [token_from(token) for token in row["tokens"]]
    text = text_by(rule, request, "".join(token.text for token in tokens), sample.root)
    features = features_of(tokens, text, parses=True) if text else None
    shown = features is not None and chances.chance(features) > least
    shown = shown and not breaks(request.language, request.prefix, text, request.suffix)
    return _Told(text=text, right=bool(text) and text == sample.truth, shown=shown)


def text_by(rule: str, request: CompletionRequest, written: str, root: str = "") -> str:
    """What one of RULES lets of a model's text."""
    line = request.prefix.rpartition("\n")[2]
    known = [cell.source for cell in (*request.cells_before, *request.cells_after)]
    if rule == RULES[2] and root:
        known.append(" ".join(sorted(words_of(root))))
    if rule == RULES[3]:
        known.append(_every_word(line + written, request.suffix))
    join: Join = _unchanged if rule == RULES[0] else joined
    return trim(
        written,
        language=request.language,
        prefix=request.prefix,
        suffix=request.suffix,
        left_space=line[len(line.rstrip(" \t")) :],
        elsewhere=known,
        join=join,
    )


def _unchanged(text: str, *, language: str, prefix: str, suffix: str, elsewhere: Sequence[str] = ()) -> str:
    return text


def _every_word(behind: str, suffix: str) -> str:
    """Each word that the text could make with the one behind the cursor, wherever it is cut."""
    goes_on = re.findall(r"^\w*", suffix)[0]
    tails = {tail for at in range(len(behind) + 1) for tail in re.findall(r"\w*$", behind[:at])}
    return " ".join(sorted(tail + goes_on for tail in tails))


def _line(kind: str, rule: str, samples: Sequence[Sample], told: Sequence[_Told]) -> list[str]:
    of_kind = Stratum(
        statements=[sample.statement for sample in samples],
        weights=[float(sample.key == kind or not kind) for sample in samples],
    )
    there, right = [float(bool(one.text)) for one in told], [float(one.right) for one in told]
    shown = [float(one.shown) for one in told]
    wrong = [float(one.shown and not one.right) for one in told]
    cells = [of_kind.told(there), of_kind.told(right, there), of_kind.told(shown), of_kind.told(wrong, shown)]
    return [f"{kind or 'all'}: {rule}", str(of_kind.n), *cells]
