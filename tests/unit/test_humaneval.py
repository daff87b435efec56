"""Holes in programs: what is asked, what is filled in, and whether the program passes in a process of its own."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace

import pytest

from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.evaluation.lib.untrusted import passes
from jupyter_mccom.evaluation.suites.humaneval import LINE, OURS, SPAN, STANDARD, Task, behind, filled, findings
from jupyter_mccom.types import Prompt

TASK = Task(
    name="t",
    kind=LINE,
    before="def double(x):\n",
    after="    return y\n",
    entry_point="double",
    test="def check(candidate):\n    assert candidate(2) == 4",
)
NOTHING = Prompt(chunks=(), prefix="def double(x):\n", typed="", suffix="")
posix = pytest.mark.skipif(sys.platform == "win32", reason="code is run under POSIX limits only")


def test_a_line_that_is_missing_leaves_an_empty_one() -> None:
    """A line's hole is an empty line; a span's is between two characters."""
    assert (TASK.request.prefix, TASK.request.suffix) == ("def double(x):\n", "\n    return y\n")
    assert replace(TASK, kind=SPAN).request.suffix == "    return y\n"


@pytest.mark.parametrize(
    ("kind", "text", "counts"),
    [
        (LINE, "    y = 2 * x\n    return y\n", "    y = 2 * x"),
        (SPAN, "    y = x\n    y = 2 * y\n", "    y = x\n    y = 2 * y\n"),
        (SPAN, "    y = 2 * x\n\n    return y\n", "    y = 2 * x\n\n"),
        (SPAN, "    y = 2 * x\n\nprint(double(2))", "    y = 2 * x\n"),
    ],
)
def test_what_is_filled_in(kind: str, text: str, counts: str) -> None:
    """A line takes the first line of the text, a span all up to the function's end or what stands behind the hole."""
    task = replace(TASK, kind=kind)
    assert asyncio.run(filled(ScriptedEngine(lambda prompt: text), NOTHING, task)) == counts
    assert task.program(counts).startswith(f"def double(x):\n{counts}")


@pytest.mark.parametrize(
    ("line", "typed", "forced", "text", "left"),
    [
        ("x = ", "x =", "", " 1", "1"),
        ("x = ", "x =", " ", "1", "1"),
        ("    ", "", "", "    y", "y"),
        ("    ", "", "", "y", "y"),
        ("x = np.ar", "x = np", ".ar", "ray", "ray"),
        ("f(", "f(", "", " a", " a"),
    ],
)
def test_blanks_before_the_cursor_stand_once(line: str, typed: str, forced: str, text: str, left: str) -> None:
    """Blanks that the prompt left to the model are taken off its text, and no others."""
    assert behind(replace(NOTHING, typed=typed, forced=forced), f"a\n{line}", text) == left


@posix
@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("    y = 2 * x", True),
        ("    y = 3 * x", False),
        ("    y = 2 *", False),
        ("    raise SystemExit(0)", False),
        ("    import os; os._exit(0)", False),
        ("    import socket; socket.socket(); y = 2 * x", False),
        ("    import subprocess; subprocess.run(['true']); y = 2 * x", False),
        ("    import os; os.fork(); y = 2 * x", False),
        ("    open('made', 'w'); y = 2 * x", False),
        ("    y = len(bytearray(4 * 2**30)) and 2 * x", False),
        ("    import math, hashlib, random, re, itertools; y = 2 * x", True),
        ("    print('a' * 10**6); y = 2 * x", True),
    ],
)
def test_programs_that_pass(text: str, right: bool) -> None:
    """A program passes when its test comes to its end; ending early or reaching out of the process is no pass."""
    assert passes(TASK.program(text)) == right


@posix
def test_a_program_that_does_not_end() -> None:
    """A program that does not end is killed at the time limit."""
    start_s = time.monotonic()
    assert not passes(TASK.program("    import time; time.sleep(60)"), limit_s=0.2)
    assert time.monotonic() - start_s < 30


def test_the_table() -> None:
    """Both prompts' shares stand beside each other by kind, and the goal is of single lines."""
    rows = [
        {OURS: {"passed": True, "text": ""}, STANDARD: {"passed": False, "text": ""}},
        {OURS: {"passed": False, "text": ""}, STANDARD: {"passed": False, "text": ""}},
        None,
    ]
    found = findings([TASK, replace(TASK, kind=SPAN), TASK], rows, "qwen2.5-coder-0.5b")
    assert [row[:2] for row in found.tables[0].rows] == [[LINE, "1"], [SPAN, "1"]]
    assert found.figures[LINE] == {OURS: 1.0, STANDARD: 0.0}
    assert "met" in found.notes[0]
    assert "0.74" in found.notes[1]
