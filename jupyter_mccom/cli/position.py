"""`FILE[:LINE[:COL]]` on disk → a CompletionRequest, as an editor would have made it.

Lines and columns count from 1, cells from 0; no position means the end. Raises InputError with the next step.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from ..server.opt_out import Marks, marks_of
from ..types import Cell, CellKind, CompletionRequest

_POSITION = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?(?::(?P<col>\d+))?")
_LANGUAGES = {".py": "python", ".r": "r", ".jl": "julia", ".sh": "bash", ".sql": "sql", ".js": "javascript"}
_KINDS: dict[str, CellKind] = {"code": "code", "markdown": "markdown"}


def root_of(position: str) -> Path:
    """The folder below which the file's document path counts: the current one, or the file's own if it is elsewhere."""
    path = _path(position).resolve()
    return Path.cwd() if path.is_relative_to(Path.cwd()) else path.parent


def request_at(position: str, cell: int | None, *, ask: bool = False) -> CompletionRequest:
    """The request at a position of a file or of a notebook's cell."""
    found = _POSITION.fullmatch(position)
    path = _path(position)
    if not path.is_file():
        raise InputError(f"no file {str(path)!r}; check the path")
    assert found is not None
    text = _read(path)
    line, col = (int(found[name]) if found[name] else None for name in ("line", "col"))
    request = CompletionRequest(
        id="cli",
        client="cli",
        document=path.resolve().relative_to(root_of(position)).as_posix(),
        cell_id="",
        language="",
        prefix="",
        suffix="",
        trigger="ask" if ask else "invoke",
    )
    if path.suffix == ".ipynb":
        return _in_notebook(request, path, text, cell, line, col)
    if cell is not None:
        raise InputError(f"{path.name} has no cells; leave out --cell")
    prefix, suffix = _split(text, line, col, path.name)
    language = _LANGUAGES.get(path.suffix.lower(), path.suffix[1:].lower())
    return replace(request, language=language, prefix=prefix, suffix=suffix)


def _in_notebook(
    request: CompletionRequest, path: Path, text: str, cell: int | None, line: int | None, col: int | None
) -> CompletionRequest:
    """The request at a position of a cell, the last one where none is named."""
    cells, language, marks = _cells(text, path)
    number = len(cells) - 1 if cell is None else cell
    if not 0 <= number < len(cells):
        raise InputError(f"{path.name} has no cell {number}; its cells are 0 to {len(cells) - 1}")
    prefix, suffix = _split(cells[number].source, line, col, f"cell {number} of {path.name}")
    return replace(
        request,
        cell_id=cells[number].cell_id,
        language=language if cells[number].kind == "code" else cells[number].kind,
        prefix=prefix,
        suffix=suffix,
        cells_before=cells[:number],
        cells_after=cells[number + 1 :],
        opt_out=marks.of(cells[number].cell_id),
    )


def _path(position: str) -> Path:
    found = _POSITION.fullmatch(position)
    return Path(found["file"] if found else position)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not UTF-8 text; convert it first") from error


def _split(text: str, line: int | None, col: int | None, where: str) -> tuple[str, str]:
    if line is None:
        return text, ""
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        raise InputError(f"{where} has no line {line}; its lines are 1 to {len(lines)}")
    length = len(lines[line - 1])
    column = length + 1 if col is None else col
    if not 1 <= column <= length + 1:
        raise InputError(f"line {line} of {where} has no column {column}; its columns are 1 to {length + 1}")
    offset = sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
    return text[:offset], text[offset:]


def _cells(text: str, path: Path) -> tuple[tuple[Cell, ...], str, Marks]:
    """A notebook's cells, its language, and what opts out; a cell without an id, as of old, has its number."""
    try:
        notebook = json.loads(text)
        notebook["cells"] = [{"id": str(number), **cell} for number, cell in enumerate(notebook["cells"])]
        cells = tuple(
            Cell(
                cell_id=str(cell["id"]),
                kind=_KINDS.get(cell["cell_type"], "raw"),
                source="".join(cell["source"]),
            )
            for cell in notebook["cells"]
        )
        told = notebook.get("metadata", {})
        named = told.get("language_info", {}).get("name") or told.get("kernelspec", {}).get("language") or "python"
        language: str = named.lower()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path.name} is not a notebook of format 4; open and save it in JupyterLab") from error
    if not cells:
        raise InputError(f"{path.name} has no cells; add one")
    return cells, language, marks_of(notebook)
