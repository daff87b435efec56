"""What a kernel holds → a few comment lines for a prompt. Pure.

Which lines, and in which order, depends on whole lines and on the object before the dot or bracket at the cursor, so
that a key moves no prompt. Knows nothing of kernels.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..types import Chunk, CompletionRequest

_MAX_CHARS = 200
"""Of one name, column or signature; the kernel sends names of at most 80."""
_NEAR_CHARS = 16_384
"""Text that is looked through for names, nearest first: regular expressions read 20 MB/s."""
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_OBJECT = re.compile(r"(?<![\w.])([^\W\d]\w*)\s*[.\[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveName:
    """A name of the kernel's namespace."""

    name: str
    type_name: str
    """`int`, `pandas.DataFrame`, `function`, `class`, `module numpy`."""
    shape: str = ""
    """Of a frame or array, with its dtype where it has one: `(120, 4)`, `(3, 4) float32`."""
    members: tuple[str, ...] = ()
    """Columns with their dtype (`price: float64`), or attributes of an object."""
    signature: str = ""
    """Of a function or class: `(path, *, sep=...)`."""


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
    """At most `max_chars` characters of comment lines; None where there is nothing to tell.

    First the object before the dot or bracket at the cursor with its members, then what occurs near the cursor, nearest
    first, then the other frames and arrays. Of modules, only the one at the cursor.
    """
    if request.language != "python":
        return None
    known = {live.name: live for live in names}
    at_cursor = _object_at_cursor(request.prefix, known)
    near = [name for name in _nearby(request) if name in known and known[name].type_name.split(" ")[0] != "module"]
    others = [name for name in known if known[name].shape]
    lines: list[str] = []
    room = max_chars
    for name in dict.fromkeys([*([at_cursor] if at_cursor else []), *near, *others]):
        candidates = _lines(known[name], with_attributes=name == at_cursor)
        line = next((line for line in candidates if len(line) <= room), "")
        if line:
            lines.append(line)
            room -= len(line) + 1
    if not lines:
        return None
    return Chunk(source="kernel", first_line=1, last_line=len(lines), text="\n".join(lines))


def _object_at_cursor(prefix: str, known: dict[str, LiveName]) -> str:
    """The last known name of the cursor's line that a dot or bracket follows: `df` in `df.groupby("ci`."""
    typed = prefix[prefix.rfind("\n") + 1 :]
    return next((name for name in reversed(_OBJECT.findall(typed)) if name in known), "")


def _nearby(request: CompletionRequest) -> Iterator[str]:
    """Identifiers of the whole lines of this cell and of the code cells above, nearest first."""
    above = request.prefix.split("\n")[:-1]
    below = request.suffix.split("\n")[1:]
    cells = [cell.source for cell in reversed(request.cells_before) if cell.kind == "code"]
    room = _NEAR_CHARS
    for text in (*reversed(above), *below, *cells):
        yield from _IDENTIFIER.findall(text[:room])
        room -= len(text[:room])


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
    """One line of a comment can hold it."""
    return text.isprintable() and len(text) <= _MAX_CHARS
