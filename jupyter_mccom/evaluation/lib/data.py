"""Is a folder what a suite can read? Looked at before anything is measured, with the file and line of the first fault.

The format is that of the folder's own README: JSON lines whose positions count from 0. Knows no suite.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ...errors import InputError

FIELDS: Mapping[str, Mapping[str, type]] = {
    "notebooks/notebooks.jsonl": {"id": str, "cells": list},
    "notebooks/statements.jsonl": {
        "task_id": str,
        "book": str,
        "era": str,
        "cell": int,
        "line": int,
        "cut_col": int,
        "ground_truth": str,
        "uses_earlier_cell_name": bool,
    },
    "repositories/lines.jsonl": {
        "task_id": str,
        "repo": str,
        "path": str,
        "line_no": int,
        "cut_col": int,
        "ground_truth": str,
    },
    **{
        f"infilling/HumanEval-{kind}.jsonl.gz": {
            "task_id": str,
            "prompt": str,
            "suffix": str,
            "canonical_solution": str,
            "entry_point": str,
            "test": str,
        }
        for kind in ("SingleLineInfilling", "MultiLineInfilling", "RandomSpanInfilling", "RandomSpanInfillingLight")
    },
    "crossfile/cceval_python_50.jsonl": {
        "prompt": str,
        "groundtruth": str,
        "right_context": str,
        "metadata": dict,
        "crossfile_context": dict,
    },
}
"""What each row of a file must have, by the file's path."""


CELLS = ("notebooks/notebooks.jsonl", "notebooks/statements.jsonl")


def check(data: Path, files: Iterable[str]) -> None:
    """Raises InputError, one line, for a file that is missing or a row that cannot be used."""
    found = {file: list(_rows(data / file, FIELDS[file])) for file in files}
    if "notebooks/statements.jsonl" in found:
        cells = {book["id"]: book["cells"] for _, book in found["notebooks/notebooks.jsonl"]}
        for place, point in found["notebooks/statements.jsonl"]:
            _check_statement(place, point, cells)
    for place, point in found.get("repositories/lines.jsonl", ()):
        file = data / "repositories" / point["repo"].replace("/", "_") / point["path"]
        if not file.is_file():
            raise InputError(f"{place}: no file {point['path']!r} in {point['repo']!r}; see the data's README")
        if not 0 <= point["line_no"] <= file.read_text(encoding="utf-8", errors="replace").count("\n"):
            raise InputError(f"{place}: no line {point['line_no']} in {point['path']!r}; see the data's README")


def fingerprint(data: Path) -> str:
    """Tells a folder from another: what its files of FIELDS say, and names and sizes of all below `repositories`."""
    told = hashlib.sha256()
    for file in FIELDS:
        with suppress(OSError):
            told.update(f"{file}\n".encode() + hashlib.sha256((data / file).read_bytes()).digest())
    for path in sorted((data / "repositories").rglob("*")):
        if path.is_file():
            told.update(f"{path.relative_to(data)} {path.stat().st_size}\n".encode())
    return told.hexdigest()[:12]


def rows_of(data: Path, file: str) -> list[dict[str, Any]]:
    """The rows of one file of FIELDS. Raises InputError as `check` does."""
    return [row for _, row in _rows(data / file, FIELDS[file])]


def _rows(path: Path, fields: Mapping[str, type]) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"no samples at {str(path)!r}; name their folder with --data") from error
    for number, line in enumerate(text.split("\n"), 1):
        if line:
            place = f"{path.name} line {number}"
            yield place, _row(place, line, fields)


def _row(place: str, line: str, fields: Mapping[str, type]) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place} is no JSON ({error}); see the data's README") from error
    for name, kind in fields.items():
        if not isinstance(row, dict) or not isinstance(row.get(name), kind):
            raise InputError(f"{place} has no {name!r} of type {kind.__name__}; see the data's README")
    found: dict[str, Any] = row
    return found


def _check_statement(place: str, point: Mapping[str, Any], cells: Mapping[str, Any]) -> None:
    book, number = cells.get(point["book"]), point["cell"]
    if book is None:
        raise InputError(f"{place}: no notebook {point['book']!r} in notebooks.jsonl; see the data's README")
    if not all(isinstance(cell, dict) and {"type", "source"} <= cell.keys() for cell in book):
        raise InputError(f"{place}: a cell of the notebook has no type or source; see the data's README")
    source = book[number]["source"] if 0 <= number < len(book) else None
    if not isinstance(source, str) or not 0 <= point["line"] <= source.count("\n"):
        raise InputError(f"{place}: no line {point['line']} in cell {number} of the notebook; see the data's README")
