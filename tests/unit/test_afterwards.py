"""`bench --suite afterwards`: its positions as code with a cursor █, what a text is, and tables of made-up rows."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_mccom.evaluation.lib.samples import Sample
from jupyter_mccom.evaluation.suites.afterwards import (
    KINDS,
    Moment,
    begins_comment,
    complete,
    copies_prose,
    findings,
    goes_on,
    moments,
)
from jupyter_mccom.types import Cell, CompletionRequest

NOTE = Cell(cell_id="0", kind="markdown", source="Now the grey text appears at once.")
BELOW = Cell(cell_id="2", kind="code", source="print(y)")


def _sample(prefix: str, truth: str, suffix: str) -> Sample:
    request = CompletionRequest(
        id="t",
        client="c",
        document="d",
        cell_id="1",
        language="python",
        prefix=prefix,
        suffix=suffix,
        cells_before=(NOTE,),
        cells_after=(BELOW,),
    )
    return Sample(task="t", kind="notebook", era="2025+", request=request, truth=truth)


SAMPLE = _sample("import a\n    y = a.f", "(x)  # once", "\n\n    # next\n    return y")


def _marked(moment: Moment) -> str:
    return f"{moment.sample.request.prefix}█{moment.sample.request.suffix}"


def test_moments_of_a_statement() -> None:
    """A statement gives one request a kind, each with what the notebook has there; its comment is not in it."""
    found = moments([SAMPLE])
    assert [(one.sample.key, _marked(one), one.sample.truth, one.next_line) for one in found] == [
        ("end", "import a\n    y = a.f(x)█\n\n    # next\n    return y", "  # once", "    # next"),
        ("end, nothing below", "import a\n    y = a.f(x)█", "  # once", "    # next"),
        ("next line", "import a\n    y = a.f(x)  # once\n\n    █\n    return y", "# next", "    return y"),
        ("start", "import a\n    █\n\n    # next\n    return y", "y = a.f(x)  # once", "    # next"),
    ]
    assert {one.sample.statement for one in found} == {"t"}
    assert [bool(one.sample.request.cells_after) for one in found] == [True, False, True, True]


def test_as_the_page_asks_after_an_accept() -> None:
    """Behind a complete statement the request says that the last suggestion was taken, elsewhere nothing."""
    asked = [one.sample.request for one in moments([SAMPLE], "block")]
    assert [one.last.kept_chars if one.last else None for one in asked] == [3, 3, None, None]
    assert {one.last.kind for one in asked if one.last} == {"accepted"}
    assert {(one.trigger, one.multiline) for one in asked} == {("typing", "block")}
    assert len({(one.client, one.document) for one in asked}) == 4


def test_nothing_below() -> None:
    """The last line of a cell has no next one."""
    assert [one.sample.key for one in moments([_sample("x", " = 1", "\n")])] == [k for k in KINDS if k != "next line"]


@pytest.mark.parametrize(
    ("above", "code", "is_complete"),
    [
        ("", "x = 1", True),
        ("for a in b:\n", "    f(a)", True),
        ("", "for a in b:", False),
        ("", "x = f(", False),
        ("x = f(\n", "    a,", False),
        ("x = f(\n", "    a)", True),
        ("x = 1 +\\\n", "    2", True),
        ("", "x = 1 + \\", False),
        ("'''\n", "x = 1", False),
        ("%matplotlib inline\n", "x = 1", True),
        ("", "if a: b()", True),
        ("", "", False),
    ],
)
def test_complete(above: str, code: str, is_complete: bool) -> None:
    """Only where the line's end is the statement's."""
    assert complete(above, code) is is_complete


@pytest.mark.parametrize(
    ("text", "line", "comment"),
    [
        ("", "", False),
        ("(x)", "", False),
        ("  # note", "", True),
        ("\n\n  b = 2 \n", "  b = 2", False),
        ("\n# note\nb", "# note", True),
        ("x  # note", "", False),
    ],
)
def test_what_a_text_is(text: str, line: str, comment: bool) -> None:
    """The next line of a text, and whether a comment comes first."""
    assert (goes_on(text), begins_comment(text)) == (line, comment)


@pytest.mark.parametrize(
    ("text", "copied"),
    [("  # Grey text appears", True), ("  # grey text", False), ("grey_text_appears", False), ("print(y)", False)],
)
def test_copies_prose(text: str, copied: bool) -> None:
    """Three words in a row of a markdown cell, whatever stands between them and in which case."""
    assert copies_prose(text, SAMPLE) is copied


def _row(text: str, *, chance: float | None, shown: bool = True, parses: bool = True) -> dict[str, Any]:
    said = {"text": text if shown else "", "reason": "off" if shown else "low"}
    return {"text": text, "parses": parses, "chance": chance, "shown": said}


def test_figures() -> None:
    """Shares of positions and of texts, gated and not, and above each chance of those that parse."""
    asked = moments([SAMPLE])
    rows = [
        _row("  # once\n    # next", chance=0.85),
        _row("  # grey text appears", chance=0.3),
        _row("# next", chance=0.6, shown=False),
        _row("z(", chance=0.99, parses=False),
    ]
    found = findings(asked, rows, model="m")
    cells = {line[0]: [cell.partition(" ")[0] for cell in line[1:]] for line in found.tables[0].rows}
    assert cells["end, shown"] == ["1.00", "1.00", "1.00", "1.00", "1.00", "1.00", "0.00"]
    assert cells["end, nothing below, shown"] == ["1.00", "0.00", "0.00", "–", "1.00", "0.00", "1.00"]
    assert cells["next line, shown"] == ["0.00", *["–"] * 6]
    assert cells["next line, written"] == ["1.00", "1.00", "0.00", "–", "1.00", "1.00", "0.00"]
    end, start = found.tables[1], found.tables[-1]
    above = {line[0]: line[1].partition(" ")[0] for line in end.rows}
    assert (above["0.80"], above["0.90"]) == ("1.00", "0.00")
    assert {line[1].partition(" ")[0] for line in start.rows} == {"0.00"}
    assert found.tables[0].title.startswith("m, where a statement is complete")
    assert any(note.endswith(": off 1") for note in found.notes)
    assert any("next line" in note and note.endswith(": nothing") for note in found.notes)
