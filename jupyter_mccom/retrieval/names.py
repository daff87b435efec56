"""What a kernel holds → a few comment lines for a prompt. Pure.

Which lines, and in which order, depends on names that are written out in the cursor's line, so that most keys move no
prompt. Knows nothing of kernels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..frame import Frame
from ..types import Chunk, CompletionRequest

_MAX_CHARS = 200
"""Most characters of one name, column or signature; the kernel sends names of at most 80."""
_NAME = re.compile(r"(?<![\w.])([^\W\d]\w*)(?=\W)")
"""Written out: something stands behind it."""
_CLOSED = re.compile(r"\([^()\[\]{}]*\)|\[[^()\[\]{}]*\]|\{[^()\[\]{}]*\}")
_STATEMENT_LINES = 12
_STATEMENT_CHARS = 2000
"""The end of a longer one counts: this is read at each key."""
_MOST_BRACKETS = 8
"""Open around the cursor, from the inside out."""
_TAIL = re.compile(r"(?<![\w.])([^\W\d]\w*)\s*(?:\.\s*\w*\s*)+$")
"""`df.loc.` at the end of a text."""
_BEFORE = re.compile(r"(?<![\w.])([^\W\d]\w*)\s*(?:\.\s*\w+\s*)*$")
"""`df.groupby` before a bracket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveName:
    """A name of the kernel's namespace."""

    name: str
    type_name: str
    """`int`, `pandas.DataFrame`, `function`, `class`, `module numpy`."""
    shape: str = ""
    """Shape of a frame or array, with its dtype where it has one: `(120, 4)`, `(3, 4) float32`."""
    members: tuple[str, ...] = ()
    """Columns with their dtype (`price: float64`), or attributes of an object."""
    signature: str = ""
    """Signature of a function or class: `(path, *, sep=...)`."""


def names_from(text: str) -> tuple[LiveName, ...]:
    """The kernel's answer (namespace.py), in its order, less what no comment line can hold.

    Empty when it is no such answer: a kernel can send anything.
    """
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    found = [_name_from(entry) for entry in entries] if isinstance(entries, list) else []
    return tuple(live for live in found if live is not None)


def chunk_of(names: Sequence[LiveName], request: CompletionRequest, *, max_chars: int) -> Chunk | None:
    """At most `max_chars` characters of comment lines on what the cursor's statement names; None where that is nothing.

    In an empty cell, on what the cell above names, which has just defined or shown it.

    First the object before the dot or bracket at the cursor, with its members or parameters, then its frames and
    arrays, the last one first. All else is left out: the cells that make it stand in the prompt, and with it a text was
    right no more often (`evaluation/README.md`). So are modules: how they are called stands in an import.
    """
    if request.language != "python":
        return None
    typed = _cell_above(request) if request.in_empty_cell else _statement(request.prefix)
    known = {live.name: live for live in names if not live.type_name.startswith("module ")}
    at_cursor = next((name for name in _objects(_open(typed)) if name in known), "")
    others = [name for name in reversed(_NAME.findall(typed)) if name in known and known[name].shape]
    lines: list[str] = []
    room = max_chars
    for name in dict.fromkeys([*([at_cursor] if at_cursor else []), *others]):
        candidates = _lines(known[name], with_attributes=name == at_cursor)
        line = next((line for line in candidates if len(line) <= room), "")
        if line:
            lines.append(line)
            room -= len(line) + 1
    if not lines:
        return None
    return Chunk(source="kernel", first_line=1, last_line=len(lines), text="\n".join(lines))


def frames_of(names: Sequence[LiveName]) -> tuple[Frame, ...]:
    """The data frames of which every column is known, less those whose columns have several levels."""
    found = []
    for live in names:
        columns = tuple(member.rpartition(": ")[0] for member in live.members)
        is_frame = live.type_name.endswith(".DataFrame") and live.shape.endswith(f", {len(columns)})")
        if is_frame and not any(column.startswith("(") for column in columns):
            found.append(Frame(name=live.name, columns=columns))
    return tuple(found)


def _cell_above(request: CompletionRequest) -> str:
    """The end of the code that led to an empty cell: what it defines and shows is what a person goes on with."""
    sources = [cell.source for _, cell in request.nearest_last() if cell.kind == "code" and cell.source.strip()]
    above = sources[-1][-_STATEMENT_CHARS:] if sources else ""
    return "".join(f"{line}\n" for line in above.rstrip().split("\n")[-_STATEMENT_LINES:])


def _statement(prefix: str) -> str:
    """The cursor's line up to the cursor, from the line on whose bracket is open around it or that it continues."""
    *above, typed = prefix[-_STATEMENT_CHARS:].rsplit("\n", _STATEMENT_LINES)[-_STATEMENT_LINES:]
    found = text = typed
    for line in reversed(above if typed[:1].isspace() else []):
        continues = found.lstrip().startswith(".")
        text = f"{line}\n{text}"
        if continues or _depth(text) > max(0, _depth(found)):
            found = text
        if line and not line[0].isspace():
            break
    return found


def _depth(text: str) -> int:
    return sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))


def _open(text: str) -> str:
    """The text without what stands in brackets that are closed: `load(df, ` of `load(df["a"], `."""
    while (shorter := _CLOSED.sub("", text)) != text:
        text = shorter
    return text


def _objects(text: str) -> Iterator[str]:
    """Before the dot at the end, then before each bracket that is open, from the inside out."""
    if tail := _TAIL.search(text):
        yield tail[1]
    for bracket in reversed([at for at, char in enumerate(text) if char in "([{"][-_MOST_BRACKETS:]):
        if before := _BEFORE.search(text[:bracket]):
            yield before[1]


def _lines(live: LiveName, *, with_attributes: bool) -> Iterator[str]:
    """The comment, from all that is known down to the type alone.

    Dtypes go before columns do: with or without them a 0.5B model found 10 of 10 columns, and none without the line.
    """
    head = f"# {live.name}{live.signature}: {live.type_name}{live.shape and ' ' + live.shape}"
    if live.members and (live.shape or with_attributes):
        head_of_list = head + (" columns: " if live.shape else " attributes: ")
        bare = [member.rpartition(": ")[0] or member for member in live.members]
        yield head_of_list + ", ".join(live.members)
        yield head_of_list + ", ".join(bare)
        for n_kept in range(len(bare) - 1, 0, -1):
            yield head_of_list + ", ".join([*bare[:n_kept], "…"])
    yield head


def _name_from(entry: object) -> LiveName | None:
    match entry:
        case [str(name), str(type_name), str(shape), list(members), str(signature)] if name and _fits(name):
            return LiveName(
                name=name,
                type_name=type_name if _fits(type_name) else "",
                shape=shape if _fits(shape) else "",
                members=tuple(member for member in members if isinstance(member, str) and _fits(member)),
                signature=signature if _fits(signature) else "",
            )
    return None


def _fits(text: str) -> bool:
    """True when one line of a comment can hold the text."""
    return text.isprintable() and len(text) <= _MAX_CHARS
