"""The case file `tests/cases/trim.txt`: code with a cursor, a model's raw text, what a person should see."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.cascade.text.trim import extent_end, looping, statement_end, trim
from jupyter_mccom.types import Multiline

CASES = (Path(__file__).parents[1] / "cases" / "trim.txt").read_text().split("================\n")
MULTILINE: dict[str, Multiline] = {"": "statement", "line": "line", "block": "block"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("\n")[0])
def test_what_is_shown(case: str) -> None:
    """Each case's raw text is shown as the file says."""
    title, _, rest = case.partition("\n")
    language, _, multiline = title.partition(":")[0].partition(" ")
    code, _, rest = rest.partition("\n--- model\n")
    model, _, shown = rest.partition("\n--- shown\n")
    prefix, _, suffix = code.partition("█")
    found = trim(
        model,
        language=language,
        prefix=prefix,
        suffix=suffix,
        left_space=_blanks(prefix),
        multiline=MULTILINE[multiline],
    )
    assert found == shown.removesuffix("\n")


def _blanks(prefix: str) -> str:
    """The white space before the cursor on its line."""
    line = prefix.rpartition("\n")[2]
    return line[len(line.rstrip(" \t")) :]


@given(st.text(alphabet="ab()[]'\" \n#:=\\,", max_size=60), st.text(alphabet="ab( \n", max_size=20))
def test_never_fails_and_never_invents(text: str, typed: str) -> None:
    """Trimming never fails and never adds a character."""
    found = trim(text, language="python", prefix=typed, suffix=")\nb", left_space=_blanks(typed))
    assert "".join(found.split()) in "".join(text.split())


def test_a_statement_is_complete_only_after_its_line_end() -> None:
    """A statement is complete only behind its line end."""
    assert statement_end("python", "", "x = ", "1") is None
    assert statement_end("python", "", "x = ", "1\n") == 1
    assert statement_end("python", "", "x = f(", "1,\n") is None
    assert statement_end("python", "", "x = f(", "1,\n2)\n") == 5


def test_a_repeating_end_is_noticed() -> None:
    """An end that repeats itself is noticed."""
    assert looping("x = " + "abc " * 4)
    assert not looping("x = [1, 2, 3, 4, 5, 6, 7]")


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("", None),
        ("if x:", None),
        ("if x:\n", None),
        ("if x:\n    y\n", None),
        ("if x:\n    y\n\n", None),
        ("if x:\n    y\n    z\nw", len("if x:\n    y\n    z")),
        ("if x:\ny", len("if x:")),
        ("x = 1\n", len("x = 1")),
    ],
)
def test_a_block_is_complete_only_when_a_line_stands_below_it(text: str, end: int | None) -> None:
    """A block is complete only when a line stands below it."""
    assert extent_end("block", "python", "", "", text) == end
