"""Columns that a text reads from a live data frame which has no such column, and what the gates make of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.cascade.text.missing_columns import missing_columns
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.frame import Frame
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Hit, Token
from tests.cascades import cascade_of

DAYS = Frame(name="days", columns=("rainfall_mm", "station", "temp_max"))
REQUEST = CompletionRequest(
    id="r", client="c", document="d.ipynb", cell_id="1", language="python", prefix="", suffix=""
)


def _missing(prefix: str, text: str, suffix: str = "", *cells: Cell) -> tuple[str, ...]:
    return missing_columns(replace(REQUEST, prefix=prefix, suffix=suffix, cells_before=cells), text, [DAYS])


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        ("rain = ", 'days["rain"]'),
        ('rain = days["', 'rain"]'),
        ("", 'days["rain"].sum()'),
        ("x = ", 'days[["rain", "station"]].sum()'),
        ("x = ", 'days[["station", "rain"]].sum()'),
        ("x = ", "days[days['rain'] > 3]['station']"),
        ("x = ", 'days.groupby("rain")["temp"].sum()'),
        ("x = ", 'days.groupby(["rain", "station"], as_index="no")'),
        ("x = days.nlargest(3, ", '"rain")'),
        ("x = ", 'days.sort_values(by="rain", kind="stable")'),
        ("x = ", 'days.set_index(keys=["rain"])'),
        ('for day in days["', 'rain"]:'),
        ('if days["', 'rain"].any():\n    print(days)'),
        ('days["ratio"] = days["', 'rain"] / 2'),
        ('days["', 'ratio"] = days["rain"] / 2'),
        ("print(days)\nx = ", 'days["rain"]'),
        ("x = ]))", 'days["rain"]'),
        ("print(", "f\"{days['rain']} mm\")"),
    ],
)
def test_a_column_that_is_not_there(prefix: str, text: str) -> None:
    """A column that is read from a frame without it is missing, in brackets and in the methods that name columns."""
    assert _missing(prefix, text) == ("rain",)


def test_a_string_that_the_editor_has_closed() -> None:
    """A string whose quote stands behind the cursor is read whole."""
    assert _missing('x = days["', "rain", '"]') == ("rain",)
    assert _missing('x = days["', "rainfall_mm", '"]') == ()


@pytest.mark.parametrize(
    ("prefix", "text"),
    [
        ('rain = days["', 'rainfall_mm"]'),
        ('days["', 'ratio"]'),
        ('    days["', 'ratio"]'),
        ('days["', 'ratio"] = days["temp_max"] / 2'),
        ("", 'days[["low", "high"]] = ends'),
        ("x = ", 'other.days["rain"]'),
        ("x = ", 'others["rain"]'),
        ("x = ", 'days.query("rain > 1")'),
        ("x = ", 'days.sort_values("station", kind="stable")'),
        ("x = ", 'days.loc["rain"]'),
        ("x = ", 'days["a":"b"]'),
        ("x = ", 'days[f"rain{1}"]'),
        ("x = ", 'days[b"rain"]'),
        ("x = ", 'days["rain'),
        ("# ", 'days["rain"] is the sum'),
        ('text = """\n', 'days["rain"]'),
        ("%timeit ", 'days["rain"]'),
        ("!", 'days["rain"]'),
        ("x = ", "(" * 500 + 'days["rain"]' * 50 + "x" * 2000),
    ],
)
def test_what_is_there_or_cannot_be_told(prefix: str, text: str) -> None:
    """A column that is there, that is made here, or of which nothing is known, is not missing."""
    assert _missing(prefix, text) == ()


@pytest.mark.parametrize(
    "above",
    [
        "days = load()",
        "days, other = load()",
        "for days in months:",
        "def mean(days):",
        "days.columns = names",
        "days.drop(names, inplace=True)",
        "days.insert(0, name, 1)",
        "add_columns(days)",
        'days["rain"] = 1',
        "days = days.rename(columns={'temp': 'rain'})",
    ],
)
def test_code_that_has_not_run_may_make_it(above: str) -> None:
    """Where code that has not run may give the frame other columns, none is missing."""
    assert _missing(f"{above}\n    x = ", 'days["rain"]') == ()
    assert _missing("x = ", 'days["rain"]', "", Cell(cell_id="0", kind="code", source=above)) == ()


def test_what_has_run_is_in_the_frame() -> None:
    """Code that has run changes nothing any more; what it has in quotes counts as a column all the same."""
    assert _missing("x = ", 'days["rain"]', "", Cell(cell_id="0", kind="code", source="days = load()", ran=1)) == (
        "rain",
    )
    quoted = Cell(cell_id="0", kind="code", source='days = days.drop(columns="rain")', ran=1)
    assert _missing("x = ", 'days["rain"]', "", quoted) == ()
    assert _missing("x = ", 'days["rain"]', "", replace(quoted, kind="markdown")) == ("rain",)


def test_other_languages_have_none() -> None:
    """A text in another language names no column of ours."""
    assert missing_columns(replace(REQUEST, language="r", prefix="x = "), 'days["rain"]', [DAYS]) == ()


def test_it_is_never_shown_however_sure_its_model_is() -> None:
    """The gates never show such a text; where there is a cloud, it is asked."""
    tokens, gates = [Token(text="a", prob=0.99)] * 3, Gates(sure=0.5, show=0.3)
    routes = [gates.route(tokens, text="aaa", parses=True, cloud=cloud, misses=True) for cloud in ("off", "ready")]
    assert [(route.to, route.reason) for route in routes] == [("nothing", "low"), ("cloud", "unsure")]


class _Kernel:
    """A retriever that finds what a kernel holds."""

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = 5
    ) -> tuple[Hit, ...]:
        """The kernel's hit, with nothing to say of the line."""
        return (Hit(chunk=Chunk(source="kernel", first_line=1, last_line=1, text="", frames=(DAYS,)), score=1.0),)

    async def aclose(self) -> None:
        """Does nothing."""


async def test_the_next_key_is_answered_anew() -> None:
    """A text with a missing column is not shown; typing along with it, the model is asked again."""
    engine = ScriptedEngine({"x = ": 'days["rain"]\n', 'x = days["': 'rainfall_mm"]\n'})
    cascade = cascade_of(engine, retriever=_Kernel())
    shown = []
    for prefix in ("x = ", 'x = days["'):
        *_, last = [suggestion async for suggestion in cascade.complete(replace(REQUEST, prefix=prefix))]
        shown.append(last.text)
    assert shown == ["", 'rainfall_mm"]']
