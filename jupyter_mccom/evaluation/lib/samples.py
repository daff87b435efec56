"""Positions to complete, from a folder of real notebooks and repositories: a request and the line that stands there.

Expects `notebooks/`, `repositories/` and `crossfile/` as JSON lines; positions in them count from 0. A sample's truth
is the rest of one physical line. Knows nothing of engines.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ...errors import InputError
from ...types import Cell, Chunk, CompletionRequest

_Item = TypeVar("_Item")
_CLIENT = "bench"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One position."""

    task: str
    kind: str
    """`notebook`, `repository` or `crossfile`."""
    era: str
    """`2025+` or `pre-2025`: the latter is in every model's training data."""
    request: CompletionRequest
    truth: str
    """What stands after the cursor on its line, trailing white space removed."""
    root: str = ""
    """Folder of the repository that holds the document, where it is there."""
    found: tuple[Chunk, ...] = ()
    """Chunks of other files, where the repository is not there."""
    key: str = ""
    """The kind of key that was pressed last (`key_positions.py`); empty where the data cut the line."""

    @property
    def statement(self) -> str:
        """Names the statement, the same at each of its keys."""
        return self.task.removesuffix(f"#{self.key}") if self.key else self.task


def notebook_samples(
    data: Path, n: int, seed: int = 1, *, that_reuse: bool = False, apart: bool = False
) -> list[Sample]:
    """`n` statements of notebooks, the cursor inside the line, drawn at random. Raises InputError without the data.

    `that_reuse`: only those that use a name of an earlier cell. `apart`: others than are drawn without it, as long as
    there are enough: gates are tried on statements that they were not fitted on.
    """
    books = {book["id"]: book for book in _rows(data / "notebooks/notebooks.jsonl")}
    rows = _rows(data / "notebooks/statements.jsonl")
    rows = [row for row in rows if row["uses_earlier_cell_name"] or not that_reuse]
    points = _drawn(rows, len(rows), seed)
    points = points[::-1][:n] if apart else points[:n]
    return [_in_notebook(point, books[point["book"]]) for point in points]


def repository_samples(data: Path, n: int, seed: int = 1) -> list[Sample]:
    """`n` lines of repositories, the cursor inside the line. Raises InputError without the data."""
    points = _drawn(_rows(data / "repositories/lines.jsonl"), n, seed)
    return [_in_file(point, data / "repositories") for point in points]


def crossfile_samples(data: Path, n: int, seed: int = 1) -> list[Sample]:
    """`n` lines that need another file, cut where the set cuts them. Raises InputError without the data."""
    points = _drawn(_rows(data / "crossfile/cceval_python_50.jsonl"), n, seed)
    return [_in_crossfile(point) for point in points]


def statement_of(request: CompletionRequest, truth: str) -> tuple[CompletionRequest, str]:
    """A request at the first character of the cursor's line, and the line as it is typed: its indentation stands."""
    above, newline, line = request.prefix.rpartition("\n")
    statement = (line + truth).strip()
    indentation = line[: len(line) - len(line.lstrip())]
    return replace(request, prefix=above + newline + indentation), statement


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise InputError(f"no samples at {str(path)!r}; name their folder with --data") from error
    return [json.loads(line) for line in lines if line]


def _drawn(items: Sequence[_Item], n: int, seed: int) -> list[_Item]:
    """Random samples. A smaller draw with the same seed is the start of a larger one, so that a run can grow."""
    shuffled = list(items)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a sample, not a secret
    return shuffled[:n]


def _in_notebook(point: dict[str, Any], book: dict[str, Any]) -> Sample:
    cells = tuple(
        Cell(cell_id=str(number), kind=cell["type"], source=cell["source"]) for number, cell in enumerate(book["cells"])
    )
    number = point["cell"]
    prefix, suffix = _split(cells[number].source, point["line"], point["cut_col"])
    request = CompletionRequest(
        id=point["task_id"],
        client=_CLIENT,
        document=point["book"],
        cell_id=str(number),
        language="python",
        prefix=prefix,
        suffix=suffix,
        cells_before=cells[:number],
        cells_after=cells[number + 1 :],
    )
    return _sample(request, "notebook", point["era"], point["ground_truth"][point["cut_col"] :])


def _in_file(point: dict[str, Any], folder: Path) -> Sample:
    root = (folder / point["repo"].replace("/", "_")).resolve()
    source = (root / point["path"]).read_text(encoding="utf-8")
    prefix, suffix = _split(source, point["line_no"], point["cut_col"])
    request = _of_file(point["task_id"], point["path"], prefix, suffix)
    sample = _sample(request, "repository", "pre-2025", point["ground_truth"][point["cut_col"] :])
    return replace(sample, root=str(root))


def _in_crossfile(point: dict[str, Any]) -> Sample:
    meta = point["metadata"]
    request = _of_file(meta["task_id"], meta["file"], point["prompt"], "\n" + point["right_context"].removeprefix("\n"))
    found = tuple(
        Chunk(source=item["filename"], first_line=1, last_line=1, text=item["retrieved_chunk"])
        for item in point["crossfile_context"]["list"]
    )
    return replace(_sample(request, "crossfile", "pre-2025", point["groundtruth"]), found=found)


def _of_file(task: str, path: str, prefix: str, suffix: str) -> CompletionRequest:
    return CompletionRequest(
        id=task, client=_CLIENT, document=path, cell_id="", language="python", prefix=prefix, suffix=suffix
    )


def _split(source: str, line: int, column: int) -> tuple[str, str]:
    """The text before the cursor, and the text from the end of its line on: the rest of the line is the truth."""
    lines = source.split("\n")
    before = "".join(above + "\n" for above in lines[:line]) + lines[line][:column]
    below = lines[line + 1 :]
    return before, "".join("\n" + text for text in below)


def _sample(request: CompletionRequest, kind: str, era: str, truth: str) -> Sample:
    return Sample(task=request.id, kind=kind, era=era, request=request, truth=truth.partition("\n")[0].rstrip())
