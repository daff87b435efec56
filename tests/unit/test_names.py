"""From what a kernel holds to comment lines of a prompt: which, in which order, and how they fit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from jupyter_mccom.frame import Frame
from jupyter_mccom.retrieval.names import LiveName, chunk_of, frames_of, names_from
from jupyter_mccom.types import Cell, CompletionRequest

REQUEST = CompletionRequest(
    id="r", client="c", document="d.ipynb", cell_id="1", language="python", prefix="", suffix=""
)
DF = LiveName(name="df", type_name="pandas.DataFrame", shape="(120, 2)", members=("city: object", "price: float64"))
DF_LINE = "# df: pandas.DataFrame (120, 2) columns: city: object, price: float64"
NET = LiveName(name="net", type_name="Net", members=("weights", "forward"))
LOAD = LiveName(name="load", type_name="function", signature="(path, *, sep=...)")
NP = LiveName(name="np", type_name="module numpy")
X = LiveName(name="x", type_name="int")
ARRAY = LiveName(name="other", type_name="numpy.ndarray", shape="(3,) float32")
ALL = (DF, ARRAY, X, NP, LOAD, NET)


def _lines(prefix: str, *, suffix: str = "", above: tuple[str, ...] = (), max_chars: int = 1000) -> list[str]:
    cells = tuple(Cell(cell_id=f"{n}", kind="code", source=source) for n, source in enumerate(above))
    chunk = chunk_of(ALL, replace(REQUEST, prefix=prefix, suffix=suffix, cells_before=cells), max_chars=max_chars)
    if chunk is None:
        return []
    lines = chunk.text.split("\n")
    assert (chunk.source, chunk.first_line, chunk.last_line) == ("kernel", 1, len(lines))
    assert len(chunk.text) <= max_chars
    assert all(line.startswith("# ") for line in lines)
    return lines


def _names(lines: list[str]) -> list[str]:
    return [line[2:].split(":")[0].split("(")[0] for line in lines]


@pytest.mark.parametrize(
    "typed",
    [
        'df["pr',
        "df.",
        "df.pri",
        "x = df [['city', ",
        'df.groupby("ci',
        "np.log(df['",
        "other[0] + df.loc[:, 'pr",
        "df[df.unknown.",
        "print(f'{df[",
    ],
)
def test_the_object_before_the_dot_comes_first(typed: str) -> None:
    """The object before the dot or bracket comes first, with its columns."""
    assert _lines("other\nx = 1\n" + typed)[0] == DF_LINE


@pytest.mark.parametrize("typed", ["", "d", "df", "odf.", "a.df.", "other", "value.", "# nothing"])
def test_names_of_other_lines_and_cells_are_left_out(typed: str) -> None:
    """Names of other lines and cells are left out."""
    assert _lines("other[0]\n" + typed, above=("net.weights", "df.head()")) == []


@pytest.mark.parametrize(
    "typed",
    [
        'df.groupby(\n    "ci',
        'means = df.groupby(\n    "city",\n    as_index=False,\n    x',
        '(\n    df\n    .groupby("ci',
        "    df.groupby(\n        'ci",
        "found = df \\\n    .groupby('ci",
    ],
)
def test_a_statement_of_many_lines_has_its_object(typed: str) -> None:
    """A statement of many lines has its object."""
    assert _lines(f"x = 1\n{typed}")[0] == DF_LINE


@pytest.mark.parametrize(
    "typed", ["    x", "for y in df.index:\n    x", 'df.groupby("city")\nx', "    df.head()\n    x"]
)
def test_a_statement_that_is_whole_is_another(typed: str) -> None:
    """A statement that is whole does not count for the next one."""
    assert _lines(f"net = 1\n{typed}") == []


def test_what_stands_in_closed_brackets_is_not_the_object() -> None:
    """What stands in closed brackets is not the object at the cursor."""
    assert _names(_lines('load(df["price"], ')) == ["load", "df"]
    assert _names(_lines('load(df[(1, "a")].sum(axis=[0]), other[0], ')) == ["load", "other", "df"]


def test_other_frames_of_the_line_come_next() -> None:
    """The line's other frames and arrays come next, the last one first."""
    assert _names(_lines("load(other, x, df.")) == ["df", "other"]
    assert _names(_lines("load(other, df, ")) == ["load", "df", "other"]


def test_what_does_not_fit_is_left_out() -> None:
    """Names that do not fit are left out."""
    assert _names(_lines("load(df, other, ", max_chars=80)) == ["load", "other"]
    assert _names(_lines("load(df, other, ", max_chars=200)) == ["load", "other", "df"]


def test_functions_show_parameters_and_objects_their_attributes() -> None:
    """Functions show their parameters, objects their attributes."""
    assert _lines("x = load(") == ["# load(path, *, sep=...): function"]
    assert _lines("load(net.") == ["# net: Net attributes: weights, forward"]


@pytest.mark.parametrize(
    "typed", ["[" * 5000 + "]" * 5000, "f(" * 5000, "a." * 5000, "(" * 100_000 + "df.", " " * 50_000]
)
def test_an_absurd_line_breaks_nothing(typed: str) -> None:
    """A line nested or indented without end breaks nothing."""
    assert _names(_lines(typed)) in ([], ["df"])


def test_frames_of_which_every_column_is_known() -> None:
    """A frame is known where all of its columns are, and each has one name."""
    many = replace(DF, name="many", shape="(120, 61)")
    levels = replace(DF, name="levels", members=("('a', 'b'): int64", "('a', 'c'): int64"))
    polar = replace(DF, name="polar", type_name="polars.DataFrame", members=("a: b: Int64", "c: Int64"))
    series = replace(DF, name="series", type_name="pandas.Series", shape="(2,) float64", members=())
    assert frames_of([DF, many, levels, polar, series, ARRAY, NET]) == (
        Frame(name="df", columns=("city", "price")),
        Frame(name="polar", columns=("a: b", "c")),
    )


def test_modules_are_told_nowhere() -> None:
    """Modules are left out."""
    assert _lines("np.") == []
    assert _names(_lines("np.log(df.")) == ["df"]


def test_what_goes_first_where_room_is_short() -> None:
    """When room is short the dtypes go first, then columns, then the whole list."""
    assert _lines("df.", max_chars=len(DF_LINE)) == [DF_LINE]
    assert _lines("df.", max_chars=len(DF_LINE) - 1) == ["# df: pandas.DataFrame (120, 2) columns: city, price"]
    assert _lines("df.", max_chars=50) == ["# df: pandas.DataFrame (120, 2) columns: city, …"]
    assert _lines("df.", max_chars=40) == ["# df: pandas.DataFrame (120, 2)"]
    assert _lines("df.", max_chars=20) == []


def test_a_key_changes_nothing_until_another_name_is_written_out() -> None:
    """The names change only when another name has been written out."""
    line = 'load(1); df["pri"] + net.w'
    shown = [tuple(_names(_lines("x\n" + line[:n]))) for n in range(len(line) + 1)]
    runs = [names for n, names in enumerate(shown) if n == 0 or names != shown[n - 1]]
    assert runs == [(), ("load",), (), ("df",), ("net", "df")]


def test_the_rest_of_the_cursors_line_changes_nothing() -> None:
    """Text behind the cursor changes nothing."""
    assert _lines("x\ndf.", suffix="load()\n") == _lines("x\ndf.", suffix="\n")


def test_other_languages_and_an_empty_kernel_give_nothing() -> None:
    """Other languages and an empty kernel give nothing."""
    assert chunk_of(ALL, replace(REQUEST, prefix="df.", language="markdown"), max_chars=1000) is None
    assert chunk_of((), replace(REQUEST, prefix="df."), max_chars=1000) is None
    assert chunk_of((X,), REQUEST, max_chars=1000) is None


def test_names_in_other_scripts_are_names() -> None:
    """Names in other scripts are names."""
    live = LiveName(name="größe", type_name="pandas.DataFrame", shape="(1, 1)", members=("🐼 prix €: int64",))
    chunk = chunk_of((live,), replace(REQUEST, prefix="größe['"), max_chars=1000)
    assert chunk is not None
    assert chunk.text == "# größe: pandas.DataFrame (1, 1) columns: 🐼 prix €: int64"


def test_an_answer_is_read_in_its_order() -> None:
    """A kernel's answer is read in its order."""
    entries = [[live.name, live.type_name, live.shape, list(live.members), live.signature] for live in ALL]
    assert names_from(json.dumps(entries)) == ALL


@pytest.mark.parametrize(
    "text", ["", "{}", "null", "[", "[1]", '[["a"]]', '["abcde"]', '[["a", 1, "", [], ""]]', "[" * 100_000, "1" * 5000]
)
def test_what_is_no_answer_gives_no_names(text: str) -> None:
    """Text that is no answer gives no names."""
    assert names_from(text) == ()


def test_what_would_break_out_of_a_comment_is_left_out() -> None:
    """Names and types that would break out of a comment are left out."""
    evil = "x\nimport os"
    entries = [[evil, "", "", [], ""], ["a", evil, evil, [evil, "ok", 3, "y" * 201], "z" * 201], ["", "", "", [], ""]]
    assert names_from(json.dumps(entries)) == (LiveName(name="a", type_name="", members=("ok",)),)
