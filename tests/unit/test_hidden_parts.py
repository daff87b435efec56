"""Where chunks hold the secrets of their whole document, however it is cut."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.privacy.hidden import edition, hidden
from jupyter_mccom.retrieval.chunks import MAX_LINE_CHARS, chunks_of, chunks_of_notebook
from jupyter_mccom.types import Chunk, Span
from tests.pem import lines_of, private_key

TOKEN = "hf" + "_" + "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0aB3dE5g"


def _shown(chunk: Chunk) -> str:
    """What is left of a chunk's text."""
    text = chunk.text
    for start, end in reversed(chunk.hidden):
        assert 0 <= start < end <= len(text)
        text = text[:start] + text[end:]
    return text


def test_no_chunk_of_a_file_shows_a_line_of_its_key() -> None:
    """Each line of a long private key is hidden in each chunk of its file, in its middle too."""
    key = private_key()
    text = f'import ssl\n\n\nKEY = """\\\n{key}\n"""\n\n\ndef load():\n    return KEY\n'
    chunks = chunks_of("keys.py", text, "python", look=hidden)
    assert len(chunks) >= 4
    shown = [_shown(chunk) for chunk in chunks]
    assert not [line for line in lines_of(key) if any(line in one for one in shown)]
    assert any("import ssl" in one for one in shown)
    assert any("return KEY" in one for one in shown)


def test_a_value_is_hidden_where_another_chunk_names_it() -> None:
    """A password is hidden in each chunk of its file, and in each cell of its notebook."""
    body = "".join(f"    x{n} = {n}\n" for n in range(20))
    text = f"password = 'hunter22'\n\n\ndef one():\n{body}\n\ndef two():\n    login('hunter22')\n{body}"
    assert not any("hunter22" in _shown(chunk) for chunk in chunks_of("a.py", text, "python", look=hidden))
    cells = [{"cell_type": "code", "source": source} for source in ("x = 1\n", "login('hunter22')", "pwd='hunter22'")]
    cells += [{"cell_type": "markdown", "source": "# Log in\nwith hunter22"}]
    notebook = json.dumps({"cells": cells, "nbformat": 4, "metadata": {}})
    chunks = chunks_of_notebook("a.ipynb", notebook, look=hidden)
    assert [_shown(chunk) for chunk in chunks] == ["x = 1", "login('')", "pwd=''", "# Log in"]


def test_a_class_line_and_a_line_that_is_cut() -> None:
    """What is hidden follows a class line that is repeated, and ends where a line is cut off."""
    body = "".join(f"        self.x{n} = {n}\n" for n in range(20))
    text = f"class A(Base, key='{TOKEN}'):\n    def one(self):\n{body}\n    def two(self):\n{body}"
    chunks = chunks_of("a.py", text, "python", look=hidden)
    assert [chunk.text.count(TOKEN) for chunk in chunks] == [1, 1]
    assert not any(TOKEN in _shown(chunk) for chunk in chunks)
    long = f"x = '{'a ' * 185}'; key = '{TOKEN}'\ny = 1\nz = 2\n"
    (chunk,) = chunks_of("a.py", long, "python", look=hidden)
    assert TOKEN[:8] in long[:MAX_LINE_CHARS]
    assert TOKEN[:4] not in _shown(chunk)
    assert chunk.hidden[-1][1] == MAX_LINE_CHARS


@given(
    st.lists(st.sampled_from(["x = 1", "", "  ab  ", "class A:", "    y = '12345'", "#" * 500]), max_size=60), st.data()
)
def test_what_is_hidden_is_what_was_found(lines: list[str], data: st.DataObject) -> None:
    """Whatever is found in a text, each character of it that a chunk holds is hidden there, and no other."""
    text = "\n".join(lines)
    ends = st.integers(0, len(text))
    spans: list[Span] = []
    for start, end in sorted(data.draw(st.lists(st.tuples(ends, ends), max_size=4))):
        if start < end and (not spans or spans[-1][1] <= start):
            spans.append((start, end))
    inside = [False] * (len(text) + 1)
    for start, end in spans:
        inside[start:end] = [True] * (end - start)
    for language in ("python", ""):
        for chunk in chunks_of("a", text, language, look=lambda _: spans):
            n_head = chunk.text.count("\n") - (chunk.last_line - chunk.first_line)
            hides = {n for start, end in chunk.hidden for n in range(start, end)}
            at = sum(len(line) + 1 for line in chunk.text.split("\n")[:n_head])
            for number in range(chunk.first_line, chunk.last_line + 1):
                first = sum(len(line) + 1 for line in lines[: number - 1])
                kept = chunk.text[at:].partition("\n")[0]
                assert all((at + n in hides) == inside[first + n] for n in range(len(kept)))
                at += len(kept) + 1


def test_the_edition_names_the_detectors() -> None:
    """What finds secrets has a name that can be part of a file's."""
    assert len(edition()) == 64
