"""Cells and files as chunks: pieces of code that make sense by themselves.

Python is cut at statements and definitions of its syntax tree, any other text at its blank lines. The tree is the
standard library's: nine times faster than parso, whose tolerance the blank lines replace. Text may be anything.
Knows nothing of scores, and reads no file.
"""

from __future__ import annotations

import ast
import json
import re
import threading
import warnings
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any, NamedTuple

from ..errors import RetrievalError
from ..types import Cell, Chunk, Span
from .hidden_parts import Look, in_lines, joined, no_secrets, shifted, without_secrets

MAX_LINES = 24
"""Most lines of a chunk: a little above the 20 lines of RepoCoder's windows, so that most functions stay whole."""
MAX_CHARS = 1200
"""Most characters of a chunk, without the class's line: about 350 tokens, so that several fit a prompt."""
MIN_LINES = 3
"""Shorter pieces join a neighbour where the bounds allow: alone they say too little."""
MAX_LINE_CHARS = 400
"""What follows in a line is cut off: no person wrote it."""
_NOTE_LINES, _NOTE_CHARS = 3, 200
"""Most lines and characters of a markdown cell: its heading and first sentence; pictures and HTML are left out."""
_HEAD_CHARS = 4000
_BINARY_SHARE = 0.05
"""Text with more control characters than this in its head is no text."""
_UNPRINTABLE = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
_MAGIC = re.compile(r"^([ \t]*)(?:(?:\w[\w, ]*=[ \t]*)?[%!?].*|[\w.]+\?\??[ \t]*)$", re.MULTILINE)
"""Lines that IPython understands and Python does not: `%time f()`, `files = !ls`, `f?`."""
_BETWEEN_CELLS = "\n\n"
_FILE = "<mccom chunk>"
_PARSING = threading.Lock()
"""CPython 3.11 counts the depth of all threads' trees together: parsing in two of them raises SystemError."""
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def chunks_of(source: str, text: str, language: str, *, look: Look = no_secrets) -> list[Chunk]:
    """Chunks of a file in order; `source` is its path below the project root. Binary text has none.

    `look` says where the whole text holds secrets. Raises nothing but what `look` does.
    """
    text = _readable(text)
    head = text[:_HEAD_CHARS]
    if "\0" in text or len(_UNPRINTABLE.findall(head)) > _BINARY_SHARE * len(head):
        return []
    lines = _Lines(text, look(text))
    tree = _parsed(text) if language == "python" else None
    pieces: list[_Piece] | None = None
    if tree is not None and tree.body:
        try:
            pieces = _cut(lines, tree.body, 1, lines.n)
        except RecursionError:
            pieces = None
    return [
        Chunk(
            source=source,
            first_line=piece.first,
            last_line=piece.last,
            text=lines.text(piece),
            hidden=lines.hidden(piece),
        )
        for piece in (_blocks(lines) if pieces is None else pieces)
    ]


def chunks_of_notebook(source: str, text: str, *, look: Look = no_secrets) -> list[Chunk]:
    """Chunks of a notebook file's cells, outputs unread; their sources are `path.ipynb cell 3`, cells from 0.

    `look` says where the text of all cells holds secrets. Raises RetrievalError when the text is not a notebook of
    format 4, and what `look` raises.
    """
    try:
        notebook = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise _no_notebook(source, "its JSON cannot be read") from error
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise _no_notebook(source, "it has no list of cells")
    language = _language(notebook.get("metadata"))
    kinds = [cell.get("cell_type") if isinstance(cell, dict) else None for cell in cells]
    texts = [_readable(_joined(cell.get("source"))) if isinstance(cell, dict) else "" for cell in cells]
    secrets = look(_BETWEEN_CELLS.join(texts))
    found: list[Chunk] = []
    start = 0
    for position, (kind, cell_text) in enumerate(zip(kinds, texts, strict=True)):
        own = shifted(secrets, start, start + len(cell_text))
        found += _of_cell(f"{source} cell {position}", kind, cell_text, language, own)
        start += len(cell_text) + len(_BETWEEN_CELLS)
    return found


def chunks_of_cells(cells: Sequence[Cell], language: str, *, first: int = 0) -> list[Chunk]:
    """Chunks of the open notebook's cells; their sources are `cell 3`, by position, that of the first one given.

    Never raises.
    """
    found: list[Chunk] = []
    for position, cell in enumerate(cells, first):
        found += _of_cell(f"cell {position}", cell.kind, cell.source, language)
    return found


def _of_cell(source: str, kind: object, text: str, language: str, secrets: Sequence[Span] = ()) -> list[Chunk]:
    if kind == "code":
        return chunks_of(source, text, language, look=lambda text: secrets)
    if kind != "markdown":
        return []
    return [
        Chunk(source=source, first_line=chunk.first_line, last_line=chunk.last_line, text=note)
        for chunk in chunks_of(source, text, "markdown", look=lambda text: secrets)[:1]
        if (note := _note(without_secrets(chunk)))
    ]


def _readable(text: str) -> str:
    """The text with `\n` at its line ends; a lone surrogate becomes `?`: it can neither be sent nor written."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")


def _note(text: str) -> str:
    said = [line.strip().lstrip("#").strip() for line in text.split("\n")]
    said = [line for line in said if any(map(str.isalnum, line)) and not line.startswith(("!", "<"))]
    short = "\n".join(said[:_NOTE_LINES])[:_NOTE_CHARS]
    return "\n".join(f"# {line}" for line in short.split("\n")) if short else ""


def _no_notebook(source: str, why: str) -> RetrievalError:
    return RetrievalError(
        f"{source} is not a notebook of format 4 ({why}); open and save it in JupyterLab, or delete it"
    )


def _joined(source: Any) -> str:
    if isinstance(source, list):
        return "".join(line for line in source if isinstance(line, str))
    return source if isinstance(source, str) else ""


def _language(metadata: Any) -> str:
    for section, key in (("kernelspec", "language"), ("language_info", "name")):
        said = metadata.get(section) if isinstance(metadata, dict) else None
        if isinstance(said, dict) and isinstance(said.get(key), str):
            return str(said[key]).lower()
    return "python"


class _Piece(NamedTuple):
    """A range of lines, counted from 1, both ends included."""

    first: int
    last: int
    apart: bool = False
    """A definition, or a part of one: does not mix with the statements around it."""
    header: tuple[int, ...] = ()
    """Class lines that stand above it elsewhere."""


class _Lines:
    """A text's lines, cut to MAX_LINE_CHARS, where they hold secrets, and what of them fits one chunk."""

    def __init__(self, text: str, secrets: Sequence[Span]) -> None:
        whole = text.split("\n")
        self._lines = [line[:MAX_LINE_CHARS].rstrip() for line in whole]
        self._hidden = in_lines(whole, self._lines, secrets)
        self._ends = list(accumulate((len(line) + 1 for line in self._lines), initial=0))
        self.n = len(self._lines)

    def blank(self, line: int) -> bool:
        return not self._lines[line - 1]

    def fit(self, first: int, last: int) -> bool:
        return last - first < MAX_LINES and self._ends[last] - self._ends[first - 1] <= MAX_CHARS

    def line(self, line: int) -> str:
        return self._lines[line - 1]

    def text(self, piece: _Piece) -> str:
        return "\n".join([*map(self.line, piece.header), *self._lines[piece.first - 1 : piece.last]])

    def hidden(self, piece: _Piece) -> tuple[Span, ...]:
        """Where the text of a piece holds secrets."""
        if not self._hidden:
            return ()
        numbers = [*piece.header, *range(piece.first, piece.last + 1)]
        return joined([(len(self.line(number)), self._hidden.get(number, ())) for number in numbers])

    def filled(self, first: int, last: int) -> Iterator[int]:
        """Numbers of the lines that are not blank."""
        return (line for line in range(first, last + 1) if self._lines[line - 1])


def _parsed(text: str) -> ast.Module | None:
    # bound to our name and left in place: a filter that comes and goes would race with other threads' filters
    warnings.filterwarnings("ignore", module=re.escape(_FILE))
    for source in (text, _MAGIC.sub(r"\1pass", text)):
        try:
            with _PARSING:
                return ast.parse(source, filename=_FILE)
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deep
            continue
    return None


def _cut(lines: _Lines, body: Sequence[ast.stmt], first: int, last: int) -> list[_Piece]:
    """Pieces of the lines that hold these statements and what stands above, between and below them."""
    pieces: list[_Piece] = []
    for node in body:
        end = node.end_lineno or node.lineno
        start = max(first, min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", []))]))
        while start > first and not lines.blank(start - 1):
            start -= 1
        pieces += _by_line(lines, first, start - 1)
        pieces += _of_statement(lines, node, start, end)  # no line of its own where it follows a `;`
        first = end + 1
    pieces += _by_line(lines, first, last)
    return _arranged(lines, pieces)


def _of_statement(lines: _Lines, node: ast.stmt, first: int, last: int) -> list[_Piece]:
    defines = isinstance(node, _Definition)
    if lines.fit(first, last):
        return [_Piece(first, last, apart=defines and last - first + 1 >= MIN_LINES)]
    inner = list(_inner(node))
    pieces = _cut(lines, inner, first, last) if inner else _halved(lines, _by_line(lines, first, last))
    if not defines:
        return pieces
    header = (node.lineno,) if isinstance(node, ast.ClassDef) else ()
    return [
        _Piece(piece.first, piece.last, True, (*header, *piece.header) if piece.first > node.lineno else ())
        for piece in pieces
    ]


def _inner(node: ast.stmt) -> Iterator[ast.stmt]:
    """The statements below a compound one, in order."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        elif isinstance(child, ast.ExceptHandler | ast.match_case):
            yield from child.body


def _blocks(lines: _Lines) -> list[_Piece]:
    """Pieces that begin after a blank line at a line that is not indented."""
    pieces: list[_Piece] = []
    block: list[_Piece] = []
    for piece in _by_line(lines, 1, lines.n):
        if block and block[-1].last < piece.first - 1 and not lines.line(piece.first)[0].isspace():
            pieces += _halved(lines, block)
            block = []
        block.append(piece)
    return _arranged(lines, pieces + _halved(lines, block))


def _by_line(lines: _Lines, first: int, last: int) -> list[_Piece]:
    return [_Piece(line, line) for line in lines.filled(first, last)]


def _arranged(lines: _Lines, pieces: Sequence[_Piece]) -> list[_Piece]:
    """Neighbours that are not apart as few pieces; what is too short is joined to a neighbour."""
    found: list[_Piece] = []
    for apart, run in groupby(pieces, key=lambda piece: piece.apart):
        for piece in run if apart else _halved(lines, list(run)):
            before = found[-1] if found else piece
            short = min(piece.last - piece.first, before.last - before.first) < MIN_LINES - 1
            if found and short and before.header == piece.header and lines.fit(before.first, piece.last):
                apart = before.apart or piece.apart
                found[-1] = _Piece(before.first, piece.last, apart, piece.header)
            else:
                found.append(piece)
    return found


def _halved(lines: _Lines, pieces: Sequence[_Piece]) -> list[_Piece]:
    """One piece of all where it fits, else cut near the middle, after a blank line if there is one."""
    if not pieces:
        return []
    first, last = pieces[0].first, pieces[-1].last
    if len(pieces) == 1 or lines.fit(first, last):
        return [_Piece(first, last)]
    middle, quarter = (first + last) // 2, (last - first) / 4

    def poor(cut: int) -> tuple[bool, float]:
        off = abs(pieces[cut].first - middle)
        return not (off <= quarter and lines.blank(pieces[cut].first - 1)), off

    near = bisect_left(pieces, (middle,))
    best = min(range(max(1, near - MAX_LINES), min(len(pieces), near + MAX_LINES)), key=poor)
    return _halved(lines, pieces[:best]) + _halved(lines, pieces[best:])
