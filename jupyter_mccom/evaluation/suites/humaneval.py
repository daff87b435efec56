"""`bench --suite humaneval`: HumanEval infilling by execution: does a program pass its own tests with what was written?

Single lines, as many as are asked for, and as many of the light random spans as there are, at most as many. Each is
written greedily twice: with the product's prompt, and with the prompt in the order that the model was trained on, in
which nothing is forced. Of a single line's text the first line is taken, of a span's all until the model ends it or
leaves the function (a line at column 0, the usual stop of HumanEval: an instruct model goes on with examples of its
use), and there where the text behind the hole begins, what comes before that.
Programs are untrusted and run by `untrusted.py`.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...compose import OpenCascade, open_cascade
from ...engines.fim import PromptFormat, unforced
from ...engines.local.engine import DirectEngine
from ...errors import InputError
from ...protocols import Engine
from ...settings import changed
from ...types import CompletionRequest, Prompt
from ..lib.bench import Bench
from ..lib.data import rows_of
from ..lib.metrics import mean
from ..lib.untrusted import passes
from ..report.findings import Findings, Table, gained, with_interval

LINE, SPAN = KINDS = ("single line", "light random span")
FILES = {
    LINE: "infilling/HumanEval-SingleLineInfilling.jsonl.gz",
    SPAN: "infilling/HumanEval-RandomSpanInfillingLight.jsonl.gz",
}
OURS, STANDARD = PROMPTS = ("as the product asks", "the standard order")
GOAL = 0.62
"""Single lines that pass, with the product's prompt."""
PUBLISHED = {"qwen2.5-coder-0.5b": 0.74}
"""Single lines that pass, by the base model of that size: not the same weights, which are instruct ones of 4 bits."""
_MAX_TOKENS = 256
_BLANKS = " \t"
_TOP_LEVEL = re.compile(r"\n(?=\S)")
_HEAD = re.compile(r"(?P<gap>\s*)(?P<line>\S[^\n]*)\n")
"""The beginning of the text behind a hole: its first line that is not blank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One hole in a program, and the program's test."""

    name: str
    kind: str
    before: str
    after: str
    entry_point: str
    test: str

    @property
    def request(self) -> CompletionRequest:
        """The request that an editor would send at the hole. A missing line leaves an empty one."""
        after = "\n" + self.after if self.kind == LINE else self.after
        return CompletionRequest(
            id=self.name,
            client="bench",
            document="program.py",
            cell_id="",
            language="python",
            prefix=self.before,
            suffix=after,
        )

    def program(self, text: str) -> str:
        """The program with `text` in the hole, and the test behind it."""
        filled = text + "\n" if self.kind == LINE else text
        return f"{self.before}{filled}{self.after}\n{self.test}\ncheck({self.entry_point})\n"


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data, on Windows, and for a model that does not fill in."""
    tasks = [task for kind in KINDS for task in drawn(bench.data, kind, bench.n, bench.seed)]
    asyncio.run(_run(bench, tasks))
    return findings(tasks, [bench.rows.get(task.name) for task in tasks], bench.model)


def drawn(data: Path, kind: str, n: int, seed: int) -> list[Task]:
    """`n` tasks at random, or all; fewer of the same seed are the first of more. Raises InputError without the data."""
    rows = rows_of(data, FILES[kind])
    random.Random(seed).shuffle(rows)  # noqa: S311 - a sample, not a secret
    return [
        Task(
            name=row["task_id"],
            kind=kind,
            before=row["prompt"],
            after=row["suffix"],
            entry_point=row["entry_point"],
            test=row["test"],
        )
        for row in rows[:n]
    ]


async def _run(bench: Bench, tasks: Sequence[Task]) -> None:
    opened = open_cascade(changed(bench.settings, context_tokens=4096))
    try:
        standard = _standard(opened)
        for number, task in enumerate(tasks, 1):
            if bench.rows.get(task.name) is None:
                prompt = await opened.cascade.prompt(task.request)
                ours = await filled(opened.engine, prompt, task)
                theirs = await filled(standard, unforced(prompt), task)
                row = {name: await _tested(task, text) for name, text in zip(PROMPTS, (ours, theirs), strict=True)}
                bench.rows.put(task.name, row)
            bench.progress(number, len(tasks))
    finally:
        await opened.aclose()


def _standard(opened: OpenCascade) -> Engine:
    """An engine over the same process that asks in the order of the training."""
    host, fim = opened.host, opened.model.fim
    if host is None or fim is None:
        raise InputError(f"{opened.model.id} cannot be asked in the standard order; name a model that fills in")
    return DirectEngine(name=opened.model.id, host=host, reads=PromptFormat(fim=fim, layout="standard"))


async def filled(engine: Engine, prompt: Prompt, task: Task) -> str:
    """What the model writes into the hole, as far as it counts."""
    text = ""
    async with aclosing(engine.generate(prompt, max_tokens=_MAX_TOKENS)) as tokens:
        async for token in tokens:
            text += token.text
            if _counted(task, text) != text:
                break
    return _counted(task, behind(prompt, task.before, text))


def _counted(task: Task, text: str) -> str:
    """The first line, or a span's text up to where the function ends or the text behind the hole begins."""
    if task.kind == LINE:
        return text.partition("\n")[0]
    text = _TOP_LEVEL.split(text, maxsplit=1)[0]
    head = _HEAD.match(task.after)
    if head is None:
        return text
    gap = r"\s*\n\s*" if "\n" in head["gap"] else r"[ \t]*"
    return re.split(gap + re.escape(head["line"]) + r"\n", text, maxsplit=1)[0]


def behind(prompt: Prompt, before: str, text: str) -> str:
    """`text` less the blanks before the cursor that the prompt left to the model."""
    line = before[before.rfind("\n") + 1 :]
    typed = prompt.typed + prompt.forced
    n_left = len(line) - (line.rfind(typed) + len(typed) if typed else 0)
    n_blanks = len(text) - len(text.lstrip(_BLANKS))
    return text[min(n_left, n_blanks) :]


async def _tested(task: Task, text: str) -> dict[str, Any]:
    return {"passed": await asyncio.to_thread(passes, task.program(text)), "text": text}


def findings(tasks: Sequence[Task], rows: Sequence[Mapping[str, Any] | None], model: str) -> Findings:
    """Rows in the order of the tasks; those that are None are left out."""
    passed = {
        kind: {
            name: [
                float(row[name]["passed"]) for task, row in zip(tasks, rows, strict=True) if row and task.kind == kind
            ]
            for name in PROMPTS
        }
        for kind in KINDS
    }
    head = ["hole", "n", *PROMPTS, "gained"]
    table = Table(
        title=f"{model}: programs that pass their own tests (pass@1, greedy, 95 % interval)",
        head=head,
        rows=[
            [kind, str(len(of[OURS])), *(with_interval(of[name], 3) for name in PROMPTS), gained(*of.values())]
            for kind, of in passed.items()
        ],
    )
    found = mean(passed[LINE][OURS])
    met = "met" if found >= GOAL else "missed"
    notes = [f"single lines as the product asks: at least {GOAL:.2f}: {met}"]
    if model in PUBLISHED:
        notes.append(f"published for the base model of this size, unquantised: {PUBLISHED[model]:.2f}, single lines")
    figures = {kind: {name: mean(of[name]) for name in PROMPTS} for kind, of in passed.items()}
    return Findings(tables=[table], notes=notes, figures={"n": len(rows), **figures})
