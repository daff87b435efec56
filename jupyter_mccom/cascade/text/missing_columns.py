"""Columns that a text reads from a data frame which does not have them: running it would fail. Pure.

What the frames have is what the kernel said (`Chunk.frames`). A frame that code which has not run may change is not
judged, and a column that stands in quotes anywhere in the notebook's code counts as one that is made there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...frame import Frame
from ...types import CompletionRequest
from .join import in_long_string
from .language import cell_language
from .python import MAX_LINE_CHARS, tokens

_METHODS = frozenset(
    {
        *("drop_duplicates", "explode", "group_by", "groupby", "nlargest", "nsmallest", "pop", "select", "set_index"),
        *("sort", "sort_values"),
    }
)
"""Their strings are columns: in the first place, in later ones, in lists, or behind one of these keywords."""
_KEYWORDS = frozenset({"by", "column", "columns", "keys", "subset"})
_CHANGED = r"(?<![\w.]){0}\s*(?:=(?!=)|:=|,[^()\n]*=(?!=)|\.(?:columns|eval|insert|update)\b|\.[^\n]*\binplace\b)"
"""Bound anew, or changed by a method."""
_BOUND = r"\b(?:as|class|def|for|import|lambda)\b[^:\n]*(?<![\w.]){0}\b"
_HANDED = r"(?<!print)(?<!len)(?<!display)[(,]\s*{0}\s*[,)]"
"""Given to a function, which may change it."""
_OPENERS, _CLOSERS = frozenset("([{"), frozenset(")]}")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    """Offsets in the source."""


def missing_columns(request: CompletionRequest, text: str, frames: Sequence[Frame]) -> tuple[str, ...]:
    """The columns that `text` at the cursor reads and that their frames do not have, in order."""
    line, rest = request.prefix.rpartition("\n")[2], request.suffix.partition("\n")[0]
    source = line + text + rest
    if not (frames and text) or cell_language(request.language, request.prefix) != "python":
        return ()
    if line.lstrip().startswith(("%", "!")) or len(source) > MAX_LINE_CHARS or in_long_string(request.prefix):
        return ()
    above = request.prefix[: len(request.prefix) - len(line)]
    cells = [cell for cell in (*request.cells_before, *request.cells_after) if cell.kind == "code"]
    unfinished = [above, (line + text).rpartition("\n")[0], *(cell.source for cell in cells if cell.ran is None)]
    known = {one.name: one.columns for one in frames if one.name in source and not _may_change(one.name, unfinished)}
    missing = [
        column
        for name, column, at in _read_columns(source, tuple(known))
        if at.start < len(line + text) and at.end > len(line) and column not in known[name]
    ]
    elsewhere = [above, request.suffix, *(cell.source for cell in cells)]
    return tuple(column for column in missing if not any(_stands(column, code) for code in elsewhere))


def _may_change(name: str, sources: Sequence[str]) -> bool:
    """Code that has not run binds the frame's name, or may give it other columns."""
    escaped = re.escape(name)
    patterns = [re.compile(pattern.format(escaped)) for pattern in (_CHANGED, _BOUND, _HANDED)]
    return any(name in source and any(pattern.search(source) for pattern in patterns) for source in sources)


def _stands(column: str, source: str) -> bool:
    """The column's name stands in quotes."""
    return f"'{column}'" in source or f'"{column}"' in source


def _read_columns(source: str, frames: Sequence[str]) -> Iterator[tuple[str, str, _Token]]:
    """Frame, column and the column's token, of each string that names a column which has to be there."""
    found = list(_tokens(source)) if frames else []
    opened: list[int] = []
    for at, token in enumerate(found):
        if token.text in _OPENERS:
            opened.append(at)
        elif token.text in _CLOSERS and opened:
            opened.pop()
        elif token.kind == "STRING" and (name := _frame_of(found, at, opened)) in frames:
            column = ast.literal_eval(token.text)
            if isinstance(column, str):
                yield name, column, token


def _frame_of(found: Sequence[_Token], at: int, opened: Sequence[int]) -> str:
    """The name in whose brackets the string stands as a column that is read; empty where it is anything else."""
    if not opened or found[at - 1].text not in ("(", "[", ",", "="):
        return ""
    bracket = opened[-1]
    in_list = found[bracket].text == "[" and found[bracket - 1].text in ("[", "(", ",", "=") and len(opened) > 1
    outer = opened[-2] if in_list else bracket
    if found[outer].text == "[":
        return _subscripted(found, outer, at)
    if found[outer].text != "(" or outer < 3 or found[outer - 1].text not in _METHODS or found[outer - 2].text != ".":
        return ""
    before = bracket - 1 if in_list else at - 1
    if found[before].text == "=" and found[before - 1].text not in _KEYWORDS:
        return ""
    return _name(found, outer - 3)


def _subscripted(found: Sequence[_Token], bracket: int, at: int) -> str:
    """The frame of `frame["a"]` and `frame[["a", "b"]]`; none where it may be assigned to, which makes a column."""
    if found[at + 1 : at + 2] and found[at + 1].text not in ("]", ","):
        return ""
    behind = at + 1
    while behind < len(found) and found[behind].text != "]":
        behind += 1
    while behind < len(found) and found[behind].text == "]":
        behind += 1
    follows = found[behind].text if behind < len(found) else ""
    begins = bracket == 1 or found[bracket - 2].kind in ("NEWLINE", "INDENT")
    return "" if follows == "=" or (begins and not follows.strip()) else _name(found, bracket - 1)


def _name(found: Sequence[_Token], at: int) -> str:
    """A name that is no attribute; empty for anything else."""
    is_name = at >= 0 and found[at].kind == "NAME" and (at == 0 or found[at - 1].text != ".")
    return found[at].text if is_name else ""


def _tokens(source: str) -> Iterator[_Token]:
    """Up to a string that does not end."""
    at = 0
    for token in tokens(source):
        start = at + len(token.prefix)
        at = start + len(token.string)
        if token.type.name == "ERRORTOKEN" and token.string[:1] in "\"'":
            return
        yield _Token(token.type.name, token.string, start, at)
