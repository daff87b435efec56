"""Chunks: cut at definitions and statements, within bounds, no line lost, and no text that makes it fail."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_mccom.errors import RetrievalError
from jupyter_mccom.retrieval.chunks import (
    MAX_CHARS,
    MAX_LINE_CHARS,
    MAX_LINES,
    chunks_of,
    chunks_of_cells,
    chunks_of_notebook,
)
from jupyter_mccom.types import Cell, CellKind, Chunk

MODULE = '''\
"""Reads."""

import csv
import json

LIMIT = 3


# how to read
@cached
def read(path):
    with open(path) as file:
        return list(csv.reader(file))


async def send(rows):
    for row in rows:
        await post(row)


if __name__ == "__main__":
    rows = read("a.csv")
    send(rows)
    print(len(rows))
'''


def _spans(chunks: Sequence[Chunk]) -> list[tuple[int, int]]:
    return [(chunk.first_line, chunk.last_line) for chunk in chunks]


def _method(name: str, n_lines: int) -> str:
    return f"    def {name}(self):\n" + "".join(f"        self.{name}_{i} = {i}\n" for i in range(n_lines))


def test_a_definition_is_a_chunk_with_its_decorators() -> None:
    """A definition is a chunk with its decorators and comments; the statements between are merged."""
    chunks = chunks_of("a.py", MODULE, "python")
    assert _spans(chunks) == [(1, 6), (9, 13), (16, 18), (21, 24)]
    assert chunks[1].text.startswith("# how to read\n@cached\ndef read(path):\n")
    assert {chunk.source for chunk in chunks} == {"a.py"}


def test_a_class_that_fits_is_one_chunk() -> None:
    """A class that fits is one chunk."""
    text = "class A(B):\n" + _method("one", 4) + "\n" + _method("two", 4)
    assert _spans(chunks_of("a.py", text, "python")) == [(1, 12)]


def test_a_long_class_is_cut_into_methods() -> None:
    """A long class is cut into its methods, each of which begins with the line of the class."""
    text = "@mark\nclass A(B):\n    x = 1\n\n" + "\n".join(_method(name, 9) for name in ("one", "two", "three"))
    chunks = chunks_of("a.py", text, "python")
    assert _spans(chunks) == [(1, 3), (5, 14), (16, 25), (27, 36)]
    assert chunks[0].text == "@mark\nclass A(B):\n    x = 1"
    assert [chunk.text.split("\n")[:2] for chunk in chunks[1:]] == [
        ["class A(B):", f"    def {name}(self):"] for name in ("one", "two", "three")
    ]


def test_a_class_in_a_class_carries_both_lines() -> None:
    """A chunk of a class in a class begins with the lines of both."""
    inner = "".join(f"    {line}\n" for line in ("class Inner:\n" + _method("deep", 30)).splitlines())
    last = chunks_of("a.py", "class Outer:\n    x = 1\n\n" + inner, "python")[-1]
    assert last.text.startswith("class Outer:\n    class Inner:\n            self.deep_")


def test_the_short_end_of_an_inner_class_stands_alone() -> None:
    """The short end of an inner class does not join a chunk of the outer class."""
    inner = "".join(f"    {line}\n" for line in ("class Inner:\n" + _method("deep", 21) + "\n    x = 1\n").splitlines())
    chunks = chunks_of("a.py", "class Outer:\n" + inner + _method("two", 4), "python")
    assert _spans(chunks) == [(1, 24), (26, 26), (27, 31)]
    assert chunks[2].text.startswith("class Outer:\n    def two(self):")


def test_definitions_in_a_long_block_stay_apart() -> None:
    """Definitions in a long block are chunks of their own."""
    text = "if x:\n" + "    y = 1\n".join(_method(name, 9) for name in ("f", "g", "h"))
    assert _spans(chunks_of("a.py", text, "python")) == [(1, 12), (13, 23), (24, 33)]


def test_a_decorator_stays_with_its_definition() -> None:
    """A decorator stays with its definition even across a blank line."""
    text = "x = 1\n" * 20 + "\n@mark\n\n" + "def f():\n    a = 1\n    b = 2\n"
    assert _spans(chunks_of("a.py", text, "python")) == [(1, 20), (22, 26)]


def test_two_statements_on_a_line_are_one() -> None:
    """Two statements on one line stay together."""
    assert _spans(chunks_of("a.py", "x = [\n" + "1,\n" * 22 + "]; y = 1\n", "python")) == [(1, 24)]


def test_a_long_function_is_cut_at_a_blank_line() -> None:
    """A long function is cut at a blank line between two statements."""
    body = [f"    call(\n        {i},\n    )" for i in range(12)]
    body.insert(4, "")
    chunks = chunks_of("a.py", "def f():\n" + "\n".join(body), "python")
    assert _spans(chunks) == [(1, 13), (15, 38)]


def test_a_long_statement_is_cut_into_lines() -> None:
    """A long statement is cut between lines, and no line is lost."""
    chunks = chunks_of("a.py", "table = [\n" + "    1,\n" * 100 + "]\n", "python")
    assert len(chunks) > 102 // MAX_LINES
    assert (chunks[0].first_line, chunks[-1].last_line) == (1, 102)


def test_a_piece_that_is_too_short_joins_a_neighbour() -> None:
    """A piece that is too short joins a neighbour."""
    long = "def f(a):\n    b = a\n    return b\n"
    text = f"{long}x = 1\n\n\n{long}def g(): ...\ndef h(): ...\ny = 2\n"
    assert _spans(chunks_of("a.py", text, "python")) == [(1, 4), (7, 9), (10, 12)]


@pytest.mark.parametrize("line", ["%matplotlib inline", "!pip install x", "files = !ls", "x = %sql select", "f?"])
def test_a_magic_is_kept_and_does_not_hide_the_definitions_below(line: str) -> None:
    """A magic is kept as text, and the definitions below it are still found."""
    chunks = chunks_of("a", f"{line}\n{MODULE}", "python")
    assert _spans(chunks) == [(1, 7), (10, 14), (17, 19), (22, 25)]
    assert chunks[0].text.startswith(f"{line}\n")


def test_other_text_is_cut_at_blank_lines() -> None:
    """Broken Python and other languages are cut at blank lines that no indented line follows."""
    function = "f <- function(x) {\n" + "  a <- x\n" * 7 + "\n" + "  b <- x\n" * 4 + "}\n"
    text = f"{function}\n{function}\n{function}"
    expected = [(1, 14), (16, 29), (31, 44)]
    assert _spans(chunks_of("a.R", text, "r")) == expected
    assert _spans(chunks_of("a.py", text, "python")) == expected


@pytest.mark.parametrize("text", ["", "\n", " \t\n\n", "\ufeff", "x = 1\0", "\x01\x02\x03\x04 PK", "\ufffd" * 9 + "a"])
def test_text_without_code_has_no_chunks(text: str) -> None:
    """Empty, blank and binary text has no chunks."""
    assert chunks_of("a.py", text, "python") == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(end: str) -> None:
    """Each style of line ends gives the same chunks."""
    assert chunks_of("a.py", MODULE.replace("\n", end), "python") == chunks_of("a.py", MODULE, "python")


def test_marks_tabs_and_lone_surrogates_are_no_trouble() -> None:
    """A byte order mark goes, tabs stay, and a lone surrogate becomes a question mark."""
    chunk = chunks_of("a.py", "\ufeffdef f():\n\tx = 1\n\ty = '\ud800'\n", "python")[0]
    assert chunk.text == "def f():\n\tx = 1\n\ty = '?'"


def test_a_very_long_line_is_cut_off() -> None:
    """A very long line is cut off."""
    chunks = chunks_of("a.py", f"x = 1\ny = '{'a' * 1_000_000}'\nz = 1\n", "python")
    assert [len(line) for line in chunks[0].text.split("\n")] == [5, MAX_LINE_CHARS, 5]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "x = " + "-" * 100_000 + "1",
        "x = a" + ".b" * 100_000,
        "if a:\n    b\n" + "elif a:\n    b\n" * 2000,
        "".join(" " * depth + "if a:\n" for depth in range(99)) + " " * 99 + "b",
        "if a:\n" + (" " * 500 + "b\n") * 30,
        " " * 100_000 + "(",
        "a" * 100_000 + "?(",
    ],
)
def test_nesting_and_indentation_without_end_are_no_trouble(text: str) -> None:
    """Text nested or indented without end still gives chunks within bounds."""
    for chunk in chunks_of("a.py", text, "python"):
        assert len(chunk.text) <= MAX_CHARS


def test_a_cell_of_20_000_lines_is_cut_whether_it_parses_or_not() -> None:
    """A cell of 20 000 lines is cut within bounds, whether it parses or not."""
    for last in ("x = 0", "x = ("):
        chunks = chunks_of("a", "x = 0\nif x:\n    print(x)\ny = 1 + x\n" * 5000 + last, "python")
        assert _spans(chunks)[-1][1] == 20_001
        assert all(chunk.last_line - chunk.first_line < MAX_LINES for chunk in chunks)


def test_odd_escapes_warn_nobody(recwarn: pytest.WarningsRecorder) -> None:
    """Odd escapes in code cause no warning."""
    warnings.simplefilter("always")
    assert len(chunks_of("a.py", "import re\n\n\ndef f():\n    a = 1\n    return '\\d', 1or 2\n", "python")) == 1
    assert [str(warning.message) for warning in recwarn] == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _spans(chunks_of("a.py", MODULE + "x = '\\d'\n", "python")) == [(1, 6), (9, 13), (16, 18), (21, 25)]


_LINES = ["", "x = 1", "# note", "a = 1; b = 2", "y = [\n1,\n]", "z = '''\n\n  t\n'''", "w = 1" + " " * 500 + "+ 1"]
_HEADS = ["def f(a):", "@d\nclass A(B):", "if x:", "try:\n  x\nexcept E:", "match x:\n case 1:\n  x\n case 2:"]


def _block(parts: tuple[str, list[str]]) -> str:
    head, body = parts
    inner = "\n".join([*body, "pass"]).split("\n")
    return "\n".join([head, *(f"    {line}" if line else "" for line in inner)])


_PROGRAMS = st.recursive(
    st.sampled_from(_LINES),
    lambda inner: st.tuples(st.sampled_from(_HEADS), st.lists(inner, max_size=30)).map(_block),
    max_leaves=200,
)


@pytest.mark.thorough
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.text(st.characters()), _PROGRAMS, _PROGRAMS.map(lambda program: f"{program}\n(")),
    st.sampled_from(["python", "r"]),
)
def test_every_line_is_in_one_chunk(text: str, language: str) -> None:
    """Every line that is not blank is in exactly one chunk, and every chunk is within bounds."""
    chunks = chunks_of("a", text, language)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    covered = [line for first, last in _spans(chunks) for line in range(first, last + 1)]
    assert covered == sorted(set(covered))
    for chunk in chunks:
        assert chunk.last_line - chunk.first_line < MAX_LINES
        own = chunk.text.split("\n")[chunk.first_line - chunk.last_line - 1 :]
        assert len("\n".join(own)) <= MAX_CHARS
        assert all(line.strip() for line in (own[0], own[-1]))
    if chunks:
        assert {i for i, line in enumerate(lines, 1) if line[:MAX_LINE_CHARS].strip()} <= set(covered)


def _notebook(*cells: dict[str, object], **metadata: object) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": list(cells)})


def test_each_cell_of_a_notebook_is_cut_alone() -> None:
    """Each cell of a notebook is cut like a file of its own, and outputs are not read."""
    text = _notebook(
        {"cell_type": "markdown", "source": ["# Load *data*\n", "\n", "It is big."]},
        {"cell_type": "code", "source": ["%time\n", "x = 1\n", "y = 2"], "outputs": [{"text": "secret"}]},
        {"cell_type": "raw", "source": "raw"},
        {"cell_type": "code", "source": MODULE},
    )
    chunks = chunks_of_notebook("d/a.ipynb", text)
    assert [(chunk.source, chunk.first_line, chunk.last_line) for chunk in chunks] == [
        ("d/a.ipynb cell 0", 1, 3),
        ("d/a.ipynb cell 1", 1, 3),
        *(("d/a.ipynb cell 3", first, last) for first, last in ((1, 6), (9, 13), (16, 18), (21, 24))),
    ]
    assert chunks[0].text == "# Load *data*\n# It is big."
    assert chunks[1].text == "%time\nx = 1\ny = 2"
    assert "secret" not in repr(chunks)


@pytest.mark.parametrize(
    ("metadata", "is_python"),
    [
        ({}, True),
        ({"kernelspec": {"language": "Python"}}, True),
        ({"language_info": {"name": "R"}}, False),
        ({"kernelspec": {"name": "ir"}, "language_info": {"name": "R"}}, False),
        ({"kernelspec": 3, "language_info": {"name": 4}}, True),
    ],
)
def test_a_notebook_s_language_is_that_of_its_kernel(metadata: dict[str, object], is_python: bool) -> None:
    """A notebook's language is that of its kernel, and Python without one."""
    chunks = chunks_of_notebook("a.ipynb", _notebook({"cell_type": "code", "source": MODULE}, **metadata))
    assert (len(chunks) == len(chunks_of("a", MODULE, "python"))) is is_python


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", "{}", '{"cells": 3}', '{"cells": {}}', '{"worksheets": []}', "[" * 100_000]
)
def test_what_is_no_notebook_is_an_error_that_names_it(text: str) -> None:
    """Text that is no notebook is an error that names the file and the next step."""
    with pytest.raises(RetrievalError, match=r"^d/a\.ipynb "):
        chunks_of_notebook("d/a.ipynb", text)


def test_cells_that_are_none_are_left_out_and_still_counted() -> None:
    """Cells that are malformed are left out, and the others keep their numbers."""
    text = json.dumps({"metadata": 3, "cells": [3, {}, {"cell_type": "code", "source": [1, "x = 1"]}, None]})
    (chunk,) = chunks_of_notebook("a.ipynb", text)
    assert chunk == Chunk(source="a.ipynb cell 2", first_line=1, last_line=1, text="x = 1")


def test_open_cells_are_named_by_their_position() -> None:
    """The cells of an open notebook are named by their position."""
    kinds: list[tuple[CellKind, str]] = [("markdown", "Title"), ("code", ""), ("raw", "raw"), ("code", "x = 1")]
    chunks = chunks_of_cells([Cell(cell_id="c", kind=kind, source=text) for kind, text in kinds], "python")
    assert [(chunk.source, chunk.text) for chunk in chunks] == [("cell 0", "# Title"), ("cell 3", "x = 1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![x](data:image/png;base64," + "A" * 10_000 + ")\n<img>\n## A\n\n---\n\nb\nc\nd\n", ["# A\n# b\n# c"]),
        ("word" * 1000, ["# " + "word" * 50]),
        ("# \n\n", []),
    ],
)
def test_of_a_markdown_cell_little_is_kept(text: str, expected: list[str]) -> None:
    """A markdown cell keeps only its headings and first words, without pictures."""
    chunks = chunks_of_cells([Cell(cell_id="c", kind="markdown", source=text)], "python")
    assert [chunk.text for chunk in chunks] == expected
