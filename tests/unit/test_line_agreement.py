"""What the person left on a line, against what the local model wrote there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.agreement import Agreement
from jupyter_mccom.cascade.line_agreement import LocalTexts
from jupyter_mccom.types import Cell, CompletionRequest

HEAD = "import numpy as np\n"
REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix=HEAD + "x = np.z", suffix="\ny = 2"
)
TEXT = "eros(3)"


def _left(source: str, *, text: str = TEXT, request: CompletionRequest = REQUEST) -> list[tuple[int, bool]]:
    """The cursor goes to the end of the cell, which is `source` by now."""
    texts = LocalTexts()
    texts.wrote(request, "s1", text)
    found = texts.left(replace(request, prefix=source, suffix=""))
    return [(agreement.agree_chars, agreement.exact_line) for agreement in found]


@pytest.mark.parametrize(
    ("line", "agrees"),
    [
        ("x = np.zeros(3)", (7, True)),
        ("x = np.zeros(3)  ", (7, True)),
        ("x = np.zeros(4)", (5, False)),
        ("x = np.zeros(3).T", (7, False)),
        ("x = np.zoo", (0, False)),
        ("x = np.z", (0, False)),
    ],
)
def test_how_much_agrees(line: str, agrees: tuple[int, bool]) -> None:
    """The agreement is the length of the common beginning, and whether the whole line is the same."""
    assert _left(f"{HEAD}{line}\ny = 2") == [agrees]


def test_what_stood_behind_the_cursor_belongs_to_the_line() -> None:
    """Text behind the cursor belongs to the line that is compared."""
    request = replace(REQUEST, prefix=HEAD + "print(np.z", suffix=")\n")
    assert _left(HEAD + "print(np.zeros(3))\n", request=request) == [(7, True)]
    assert _left(HEAD + "print(np.zeros(3)\n", request=request) == [(7, False)]


@pytest.mark.parametrize(("line", "left"), [("print(np.ones(3))", "ones(3)"), ("print(np.)", ""), ("print(np.z", "z")])
def test_what_stood_behind_the_cursor_was_not_typed_instead(line: str, left: str) -> None:
    """What was typed instead leaves out the text that stood behind the cursor."""
    texts = LocalTexts()
    texts.wrote(replace(REQUEST, prefix=HEAD + "print(np.", suffix=")\n"), "s1", TEXT)
    (found,) = texts.left(replace(REQUEST, prefix=f"{HEAD}{line}\n", suffix=""))
    assert found.left == left


def test_of_several_lines_the_first_decides_and_all_are_compared() -> None:
    """All lines of a text are compared, and the first decides whether the line agrees."""
    text = "eros(3)\nfor i in x:"
    assert _left(f"{HEAD}x = np.zeros(3)\nfor j", text=text) == [(12, True)]


def test_a_text_for_the_next_line_is_not_judged_here() -> None:
    """A text for the next line is not judged when this line is left."""
    assert _left(f"{HEAD}x = np.z\nfor k", text="\ny = 2") == []


def test_one_of_the_texts_that_can_be_judged_stands_for_the_line() -> None:
    """One of the texts that can be judged is drawn for the line."""
    texts = LocalTexts()
    for number in range(12):
        texts.wrote(REQUEST, f"s{number}", "\ny = 2" if number else TEXT)
    (found,) = texts.left(replace(REQUEST, prefix=HEAD + "x = np.zoo\ny", suffix=""))
    assert (found.suggestion_id, found.drawn) == ("s0", True)


def test_nothing_is_known_before_the_line_is_left() -> None:
    """Nothing is known before the line is left."""
    texts = LocalTexts()
    texts.wrote(REQUEST, "s1", TEXT)
    assert texts.left(replace(REQUEST, prefix=REQUEST.prefix + "oo")) == []
    assert texts.left(replace(REQUEST, prefix=HEAD + "x = np.zoo\ny", suffix="")) != []


def test_nothing_is_said_twice() -> None:
    """An agreement is told once."""
    texts = LocalTexts()
    texts.wrote(REQUEST, "s1", TEXT)
    gone = replace(REQUEST, prefix=HEAD + "x = np.zoo\ny", suffix="")
    assert (len(texts.left(gone)), texts.left(gone)) == (1, [])


@pytest.mark.parametrize("source", ["import numpy\nx = np.zeros(3)", HEAD, HEAD + "y = np.zeros(3)"])
def test_a_line_that_cannot_be_found_is_no_evidence(source: str) -> None:
    """A line that cannot be found again is no evidence."""
    assert _left(source) == []


@pytest.mark.parametrize("side", ["cells_before", "cells_after"])
def test_a_cell_that_was_left_is_read_where_it_stands(side: str) -> None:
    """A cell that was left is read among the cells above or below."""
    texts = LocalTexts()
    texts.wrote(REQUEST, "s1", TEXT)
    cells = (Cell(cell_id="1", kind="code", source=f"{HEAD}x = np.zeros(3)\ny = 2"),)
    away = replace(REQUEST, cell_id="2", prefix="", suffix="", cells_before=(), cells_after=())
    elsewhere = replace(away, cells_before=cells) if side == "cells_before" else replace(away, cells_after=cells)
    assert texts.left(elsewhere) == [
        Agreement(suggestion_id="s1", agree_chars=7, exact_line=True, drawn=True, left="eros(3)")
    ]


def test_texts_a_line_are_bounded() -> None:
    """A line keeps at most 16 texts."""
    texts = LocalTexts()
    for number in range(40):
        texts.wrote(REQUEST, f"s{number}", TEXT)
    gone = replace(REQUEST, prefix=HEAD + "x = np.zoo\ny", suffix="")
    left = texts.left(gone)
    assert (len(left), sum(agreement.drawn for agreement in left)) == (16, 1)
