"""Code below comments that nobody began, prose of markdown cells and more of a completed line are hardly ever shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.cascade.route import CloudState, Gates
from jupyter_mccom.cascade.text.invented_names import invented_names
from jupyter_mccom.cascade.text.noise import is_noise
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.types import Cell, CompletionRequest, Outcome, Target, Token, Trigger
from tests.cascades import cascade_of

WORDS = Cell(cell_id="m", kind="markdown", source="# Weather\nThe grey text appears after the cursor.")
REQUEST = CompletionRequest(
    id="r", client="c", document="d", cell_id="x", language="python", prefix="", suffix="", cells_before=(WORDS,)
)
TAKEN = Outcome(suggestion_id="s", kind="accepted", kept_chars=4, shown_ms=900)


@pytest.mark.parametrize(
    ("prefix", "text", "taken", "noise"),
    [
        ("x = 1\n", "# the next step\ny = 2", False, True),
        ("x = 1", "  # one", False, True),
        ("# the n", "ext step", False, False),  # the person began it
        ("x = 1\n", "y = 2", False, False),
        ("say(", '"The grey text appears soon")', False, True),
        ("say(", '"grey text")', False, False),  # two words
        ("x = stdev(values)", ".round()", True, True),
        ("x = stdev(values)", ".round()", False, False),  # the person types
        ("x = stdev(values)", "\nprint(x)", True, False),
        ("x = stdev(", "values)", True, False),  # not complete
        ("for x in", " values:", True, False),
        ('plot(x, color="', '#1f77b4")', False, False),  # inside a string
    ],
)
def test_what_is_noise(prefix: str, text: str, taken: bool, noise: bool) -> None:
    """A text is noise by what was begun, and by whether a suggestion was just taken."""
    assert is_noise(replace(REQUEST, prefix=prefix), text, taken=taken) == noise


def test_other_languages() -> None:
    """Each language has its own comment mark; an unknown language has no comments."""
    asked = [replace(REQUEST, language=name, prefix="x\n") for name in ("r", "sql", "javascript", "unknown")]
    marks = ("# a", "-- a", "// a", "# a")
    assert [is_noise(request, text, taken=False) for request, text in zip(asked, marks, strict=True)] == [
        True,
        True,
        True,
        False,
    ]


def test_the_stricter_gate() -> None:
    """A text that would be shown is not, if it is noise, unless its model is nearly certain; no cloud is asked."""
    gates = Gates(sure=0.8, show=0.5)
    cases: list[tuple[float, CloudState, Target]] = [
        (0.85, "off", "nothing"),
        (0.95, "off", "local"),
        (0.6, "ready", "nothing"),
    ]
    for prob, cloud, to in cases:
        tokens = [Token(text="a", prob=prob)] * 3
        assert gates.route(tokens, text="# a", parses=True, cloud=cloud, noise=True).to == to


def test_code_below_a_comment() -> None:
    """Code below a comment that nobody began is noise too: it is right as rarely."""
    request = replace(REQUEST, prefix="x = 1\n")
    assert is_noise(request, "y = 2", written="# the next step\ny = 2\n", taken=False)
    assert not is_noise(request, "y = 2", written="y = 2\n", taken=False)


@pytest.mark.parametrize("above", ['"""Quotes: \'\'\'."""\n', "'''Quotes: \"\"\".'''\n"])
def test_quotes_within_a_long_string(above: str) -> None:
    """Quotes of the other kind within a string of several lines open no string."""
    assert is_noise(replace(REQUEST, prefix=above), "# the next step", taken=False)
    assert invented_names(replace(REQUEST, prefix=f"{above}y = "), "unheard_of(1)").used == ("unheard_of",)


async def test_only_where_the_suggestion_ends() -> None:
    """Typing on elsewhere after an acceptance still gets suggestions."""
    cascade = cascade_of(
        ScriptedEngine({"x = st": "dev(values)\n", "values)": ".round()\n", "df": ".head()\n"}, prob=0.85)
    )
    above = Cell(cell_id="a", kind="code", source="from statistics import stdev\nvalues = [1, 2]")
    asked = replace(REQUEST, prefix="x = st", cells_before=(above,))
    *_, taken = [suggestion async for suggestion in cascade.complete(asked)]
    last = replace(TAKEN, suggestion_id=taken.suggestion_id)
    texts = []
    for prefix in ("x = stdev(values)", "x = stdev(values)\ndf"):
        request = replace(asked, id=prefix, prefix=prefix, last=last)
        texts.append([suggestion async for suggestion in cascade.complete(request)][-1].text)
    assert texts == ["", ".head()"]


@pytest.mark.parametrize(("trigger", "text"), [("typing", ""), ("invoke", "y = 2"), ("ask", "y = 2")])
async def test_a_person_who_asks_sees_the_code(trigger: Trigger, text: str) -> None:
    """A manual request shows the code below a comment that nobody began, and never the comment."""
    cascade = cascade_of(ScriptedEngine({"\n": "# a comment\ny = 2\n"}, prob=0.85))
    request = replace(REQUEST, prefix="x = 1\n", trigger=trigger)
    *_, last = [suggestion async for suggestion in cascade.complete(request)]
    assert last.text == text
