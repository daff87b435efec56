"""Where nothing is completed: the settings switch paths off, and notebooks and cells opt out by themselves.

A notebook opts out by its metadata, a cell by a tag. A page knows both and says what it found; the server reads the
notebook's file where nobody said, or where the administrator wants more than a page's word. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from .. import atomic_json
from ..settings import MCCom
from ..types import CompletionRequest, Off, OptOut
from .shared_path import below_root

CELL_TAG = "no-completion"
"""A cell with this tag opts out (`labextension/src/completion/optout.ts` has the same)."""
_MOST_NOTEBOOKS = 200
_MOST_NOTEBOOK_BYTES = 1 << 30
Stamp: TypeAlias = tuple[int, int]
"""(mtime_ns, size) of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What a notebook's file says."""

    notebook: bool = False
    """The whole notebook opts out."""
    cells: frozenset[str] = frozenset()
    """Ids of the cells that opt out."""

    def of(self, cell_id: str) -> OptOut:
        """What holds in a cell; an id that the file does not have opts out of nothing."""
        if self.notebook:
            return "notebook"
        return "cell" if cell_id in self.cells else "none"


class OptOuts:
    """The opt-outs below `root`, the folder of the Jupyter server."""

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().resolve()
        self._read: OrderedDict[str, tuple[Stamp, Marks]] = OrderedDict()
        """By path, as they were read last."""

    async def why_not(self, request: CompletionRequest, settings: MCCom) -> Off | None:
        """Why nothing is completed for a request; None: it is."""
        return await self.why_not_at(request.document, request.cell_id, settings, said=request.opt_out)

    async def why_not_at(
        self, document: str, cell_id: str, settings: MCCom, *, said: OptOut | None = None
    ) -> Off | None:
        """The same for a place; `said` is what a page found there, None where no page looked."""
        if said == "notebook" or said == "cell":
            return _REASONS[said]
        if not settings.paths_off and not settings.opt_outs_bind and said == "none":
            return None
        names = await asyncio.to_thread(self._names, document)
        if _is_below(names, settings.paths_off):
            return "path-off"
        binds = _is_below(names, settings.opt_outs_bind)
        if not names[0].endswith(".ipynb") or not (binds or said is None):
            return None
        marks = await asyncio.to_thread(self._marks, names[0])
        if marks is None:
            return "unread-off" if binds else None
        return _REASONS[marks.of(cell_id)]

    def _names(self, document: str) -> list[str]:
        """A document's path below the root, and, where links lead elsewhere below it, the path that they lead to."""
        name = posixpath.normpath(below_root(document).lstrip("/"))
        try:
            return [name, (self._root / name).resolve().relative_to(self._root).as_posix()]
        except (OSError, RuntimeError, ValueError):
            return [name]

    def _marks(self, path: str) -> Marks | None:
        """What the file says, read again when it has changed; None where it cannot be read or is not below the root."""
        if ".." in path.split("/"):
            return None
        file = self._root / path
        try:
            status = file.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            known = self._read.get(path)
            if known is None or known[0] != stamp:
                known = (stamp, marks_of(atomic_json.read(file, most_bytes=_MOST_NOTEBOOK_BYTES)))
        except (OSError, ValueError):
            return None
        self._read[path] = known
        self._read.move_to_end(path)
        while len(self._read) > _MOST_NOTEBOOKS:
            self._read.popitem(last=False)
        return known[1]


_REASONS: Mapping[OptOut, Off | None] = {"notebook": "notebook-off", "cell": "cell-off", "none": None}


def marks_of(notebook: Any) -> Marks:
    """What a notebook says, given as its JSON. Whatever has another shape says nothing."""
    book = _object(notebook)
    own = _object(_object(book.get("metadata")).get("mccom"))
    cells = book.get("cells")
    tagged = (cell for cell in map(_object, cells if isinstance(cells, list) else ()) if _is_tagged(cell))
    ids = frozenset(cell["id"] for cell in tagged if isinstance(cell.get("id"), str))
    return Marks(notebook=own.get("completions") is False, cells=ids)


def _is_tagged(cell: Mapping[str, Any]) -> bool:
    tags = _object(cell.get("metadata")).get("tags")
    return isinstance(tags, list) and CELL_TAG in tags


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_below(paths: Sequence[str], listed: Iterable[str]) -> bool:
    """One of the paths, or a folder above it, is listed; an empty name is the root."""
    names = [name.strip("/") for name in listed]
    return any(name in ("", path) or path.startswith(f"{name}/") for name in names for path in paths)
