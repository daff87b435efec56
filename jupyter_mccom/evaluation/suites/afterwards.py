"""`bench --suite afterwards`: what is shown where a statement has just become complete, and at line starts.

The request behind a complete statement is the one that the page sends after an accept. The whole cascade is asked, no
cloud, and beside it what its local model wrote, shown or not. Right is what the notebook has: the rest of the line,
mostly nothing, and the next line where the text goes on to one. A comment behind the code is no part of the request.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias, cast

from ...cascade.route import features_of
from ...cascade.text.language import without_magics
from ...cascade.text.python import tokens
from ...compose import OpenCascade, open_cascade
from ...compose.gates import calibration_of
from ...learning.calibrate import Calibration
from ...settings import MCCom, changed
from ...types import READ_MS, Multiline, Outcome, Suggestion
from ..lib.bench import Bench
from ..lib.key_positions import code_of
from ..lib.metrics import exact_match
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import answer
from ..report.findings import Findings, Table
from ..report.strata import Stratum

MomentKind: TypeAlias = Literal["end", "end, nothing below", "next line", "start"]
"""Where the cursor stands: behind the complete statement, the cell's lines below it still there or not yet written; at
the start of the next line that is not empty, of whatever kind; at the start of the statement's own line."""
KINDS: tuple[MomentKind, ...] = ("end", "end, nothing below", "next line", "start")
_PATIENCE_S = 600.0
"""Nothing is late: what would be shown in time is another suite's matter."""
_CUTS = (0.0, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Chances that a stricter gate might ask for."""
_COPIED = 3
"""Words in a row that stand in a markdown cell too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One request, and what the notebook has there."""

    sample: Sample
    """The position; its key is a MomentKind, its truth the rest of the line."""
    next_line: str
    """The cell's next line that is not empty, with its indentation; empty: there is none."""


def moments(samples: Sequence[Sample], multiline: Multiline | None = None) -> list[Moment]:
    """A moment of each kind a statement that is complete at the end of its line; headers of blocks never are."""
    return [one for sample in samples for one in _moments(sample, multiline)]


def _moments(sample: Sample, multiline: Multiline | None) -> list[Moment]:
    request = sample.request
    above, newline, typed = request.prefix.rpartition("\n")
    above, line = above + newline, typed + sample.truth
    code = code_of(line)
    if not complete(above, code):
        return []
    rest, below = line[len(code) :], request.suffix
    taken = len(code) - len(typed)
    accepted = Outcome(suggestion_id=f"{request.id} taken", kind="accepted", kept_chars=max(taken, 0), shown_ms=READ_MS)
    indent = line[: len(line) - len(line.lstrip())]
    blank, next_line, further = _next(below)
    next_indent = next_line[: len(next_line) - len(next_line.lstrip())]

    def moment(kind: MomentKind, prefix: str, truth: str, suffix: str, then: str, **values: Any) -> Moment:
        task = f"{sample.task}#{kind}"
        values |= {"multiline": multiline, "deadline_s": _PATIENCE_S}
        asked = replace(  # a window each: nothing that was shown is typed along with
            request, id=task, client=task, prefix=above + prefix, suffix=suffix, **values
        )
        return Moment(sample=replace(sample, task=task, key=kind, request=asked, truth=truth), next_line=then)

    found = [
        moment("end", code, rest, below, next_line, last=accepted),
        moment("end, nothing below", code, rest, "", next_line, last=accepted, cells_after=()),
    ]
    if next_line:
        start = f"{line}\n{blank}{next_indent}"
        _, then, _ = _next(further)
        found.append(moment("next line", start, next_line.strip(), further, then))
    found.append(moment("start", indent, line.strip(), below, next_line))
    return found


def complete(above: str, code: str) -> bool:
    """A simple statement ends where the line does that `code` is; `above` is the cell as far as that."""
    if not code.strip() or code.endswith((":", "\\")):
        return False
    source = without_magics(f"{above}{code}\n")
    ends = [token.start_pos[0] for token in tokens(source) if token.type.name == "NEWLINE" and token.string]
    return bool(ends) and ends[-1] == source.count("\n")


def _next(suffix: str) -> tuple[str, str, str]:
    """What follows a line, in parts: empty lines with their newlines, the first that is not, and the rest."""
    lines = suffix.split("\n")[1:]
    number = next((number for number, line in enumerate(lines) if line.strip()), None)
    if number is None:
        return "", "", ""
    return "\n" * number, lines[number].rstrip(), "".join(f"\n{line}" for line in lines[number + 1 :])


def goes_on(text: str) -> str:
    """The first line of a text that is not empty, behind its first one; empty: there is none."""
    return next((line.rstrip() for line in text.split("\n")[1:] if line.strip()), "")


def begins_comment(text: str) -> bool:
    """The first that is written is a comment, at the cursor or on a line below."""
    return text.lstrip().startswith("#")


def copies_prose(text: str, sample: Sample) -> bool:
    """True when some words in a row are copied from a markdown cell of the request."""
    request = sample.request
    cells = (cell.source for cell in (*request.cells_before, *request.cells_after) if cell.kind == "markdown")
    return bool(_runs(text)) and any(_runs(text) & _runs(source) for source in cells)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + _COPIED]) for at in range(len(words) - _COPIED + 1)}


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data. The cloud stays off, whatever is set."""
    settings = changed(bench.settings, cloud_dialect="", latency_budget_s=_PATIENCE_S)
    asked = moments(notebook_samples(bench.data, bench.n, bench.seed), cast(Multiline, settings.multiline))
    rows = asyncio.run(_run(bench, settings, asked))
    return findings(asked, rows, model=bench.model)


async def _run(bench: Bench, settings: MCCom, asked: Sequence[Moment]) -> Sequence[Mapping[str, Any]]:
    opened = open_cascade(settings)
    chances = calibration_of(opened.model)
    try:
        return await bench.measured(
            [(moment.sample.task, moment) for moment in asked],
            lambda moment: _row(opened, settings, moment, chances),
        )
    finally:
        await opened.aclose()


async def _row(opened: OpenCascade, settings: MCCom, moment: Moment, chances: Calibration) -> dict[str, Any]:
    """What was shown and why, and what the model wrote: its text, tokens, chance by its calibration, and parse."""
    sample, final = moment.sample, None
    async with aclosing(opened.cascade.complete(sample.request)) as suggestions:
        async for suggestion in suggestions:
            final = suggestion
    local = await answer(opened, sample, settings)
    features = features_of(local.tokens, local.text, local.parses)
    return {
        "kind": sample.key,
        "truth": sample.truth,
        "next_line": moment.next_line,
        "shown": _shown(final),
        "text": local.text,
        "tokens": [asdict(token) for token in local.tokens],
        "parses": local.parses,
        "chance": None if features is None else chances.chance(features),
    }


def _shown(final: Suggestion | None) -> dict[str, Any]:
    if final is None:
        return {"text": "", "reason": "", "confidence": None, "chance": None}
    return {"text": final.text, **{name: value for name, value in asdict(final.route).items() if name != "to"}}


def findings(asked: Sequence[Moment], rows: Sequence[Mapping[str, Any]], *, model: str) -> Findings:
    """`rows` in the order of `asked`."""
    statements = [moment.sample.statement for moment in asked]
    parts = {
        kind: Stratum(statements=statements, weights=[float(moment.sample.key == kind) for moment in asked])
        for kind in KINDS
    }
    shown = _Texts(asked, [row["shown"]["text"] for row in rows])
    lines = [[f"{kind}, shown", *shown.cells(part)] for kind, part in parts.items()]
    written = _Texts(asked, [row["text"] for row in rows])
    lines += [[f"{kind}, written", *written.cells(part)] for kind, part in parts.items()]
    n_of = ", ".join(f"{kind} {part.n}" for kind, part in parts.items())
    return Findings(
        tables=[
            Table(
                title=f"{model}, where a statement is complete, and at line starts; n: {n_of}", head=HEAD, rows=lines
            ),
            *(
                _cut_table(f"{model}, {kind}; what a gate would show", asked, rows, part)
                for kind, part in parts.items()
            ),
        ],
        notes=[
            "shares of all positions in `texts`, else of the texts; next line: of texts that go on to one",
            "a text ends above a line that stands below the cursor already; at `start` a statement stands, no comment",
            *(f"shown at {kind}, by reason: {_reasons(rows, part) or 'nothing'}" for kind, part in parts.items()),
        ],
        figures={
            kind: {
                "texts": round(part.value(shown.there), 3),
                "right": round(part.value(shown.right, shown.there), 3),
                "comments": round(part.value(shown.comments, shown.there), 3),
            }
            for kind, part in parts.items()
        },
    )


HEAD = (
    *("where", "texts", "rest of the line right", "go on to a next line", "next line right"),
    *("begin a comment", "of these right", "copy prose"),
)


class _Texts:
    """One text a moment, and what it is: 1.0 or 0.0 each."""

    def __init__(self, asked: Sequence[Moment], texts: Sequence[str]) -> None:
        pairs = list(zip(asked, texts, strict=True))
        self.there = [float(bool(text)) for text in texts]
        self.right = [float(bool(text) and exact_match(text, one.sample.truth)) for one, text in pairs]
        self.go_on = [float(bool(goes_on(text))) for text in texts]
        self.next_right = [float(bool(goes_on(text)) and goes_on(text) == one.next_line) for one, text in pairs]
        self.comments = [float(begins_comment(text)) for text in texts]
        self.comments_right = [a * b for a, b in zip(self.comments, self.right, strict=True)]
        self.prose = [float(copies_prose(text, one.sample)) for one, text in pairs]

    def cells(self, part: Stratum) -> list[str]:
        """The cells of the table below HEAD."""
        return [
            part.told(self.there),
            part.told(self.right, self.there),
            part.told(self.go_on, self.there),
            part.told(self.next_right, self.go_on),
            part.told(self.comments, self.there),
            part.told(self.comments_right, self.comments),
            part.told(self.prose, self.there),
        ]


def _cut_table(title: str, asked: Sequence[Moment], rows: Sequence[Mapping[str, Any]], part: Stratum) -> Table:
    """A table of the texts that parse, by the least chance."""
    lines = []
    for cut in _CUTS:
        texts = [row["text"] if row["parses"] and (row["chance"] or 0.0) > cut else "" for row in rows]
        lines.append([f"{cut:.2f}", *_Texts(asked, texts).cells(part)])
    return Table(title=title, head=["chance above", *HEAD[1:]], rows=lines)


def _reasons(rows: Sequence[Mapping[str, Any]], part: Stratum) -> str:
    """The reasons for what was shown, the most frequent first."""
    pairs = zip(rows, part.weights, strict=True)
    counts = Counter(row["shown"]["reason"] for row, weight in pairs if weight and row["shown"]["text"])
    return ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
