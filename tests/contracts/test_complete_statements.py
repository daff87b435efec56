"""Ends of complete statements: real models write the next line of code or nothing, and never a comment or prose."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_mccom.compose import OpenCascade, open_cascade
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Cell, CompletionRequest, Trigger
from tests.conftest import CODER, SMALL

CASES = (Path(__file__).parents[1] / "cases" / "complete_statements.txt").read_text(encoding="utf-8")
_KINDS = {"cell": "code", "note": "markdown"}
_NOTE = "mean and the spread of"


def _cells(case: str) -> tuple[list[Cell], str]:
    """The cells above and the cell with the cursor."""
    first, *others = case.rstrip("\n").split("\n--- ")
    cells = [Cell(cell_id="0", kind="code", source=first)]
    for number, other in enumerate(others, 1):
        kind, _, source = other.partition("\n")
        cells.append(Cell(cell_id=str(number), kind="code" if _KINDS[kind] == "code" else "markdown", source=source))
    return cells[:-1], cells[-1].source


def _says(text: str, typed: str) -> bool:
    """The text has a line of a comment that was not begun at the cursor, or goes on with the note's prose."""
    lines = text.split("\n")
    behind = "" if typed.rpartition("\n")[2].partition("#")[1] else lines[0]
    return any(line.lstrip().startswith("#") for line in lines) or behind.lstrip().startswith("#") or _NOTE in lines[0]


@pytest.mark.parametrize("trigger", ["typing", "invoke"])
@pytest.mark.parametrize("model", [SMALL, CODER])
async def test_nothing_or_the_next_line(model: str, trigger: Trigger, models: Store) -> None:
    """No text has a comment that nobody began or a note's prose, whether a key or a person asks."""
    opened = open_cascade(MCCom(model=model, show_threshold=0.0, latency_budget_s=60.0))
    said = {}
    try:
        for case in CASES.split("=" * 16 + "\n"):
            title, _, rest = case.partition("\n")
            above, code = _cells(rest)
            prefix, _, suffix = code.partition("█")
            text = await _text(opened, above, prefix, suffix, trigger)
            if _says(text, prefix):
                said[title] = text
    finally:
        await opened.aclose()
    assert said == {}


async def _text(opened: OpenCascade, above: list[Cell], prefix: str, suffix: str, trigger: Trigger) -> str:
    asked = CompletionRequest(
        id="r",
        client=f"{trigger} {prefix}",
        document="d",
        cell_id="1",
        language="python",
        prefix=prefix,
        suffix=suffix,
        cells_before=tuple(above),
        trigger=trigger,
        deadline_s=60.0,
    )
    *_, last = [suggestion async for suggestion in opened.cascade.complete(asked)]
    return last.text


@pytest.mark.parametrize("model", [SMALL, CODER])
def test_the_command_at_a_cells_end(model: str, models: Store, tmp_path: Path) -> None:
    """12: `jupyter mccom complete` at the end of a notebook's cell prints code or nothing."""
    cells = [
        {"cell_type": "code", "source": "from statistics import stdev\nvalues = [21.5, 19.2]"},
        {"cell_type": "markdown", "source": "We compute the mean and the spread of the values."},
        {"cell_type": "code", "source": "for value in values:\n    print(value)"},
    ]
    path = tmp_path / "book.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}}))
    command = [sys.executable, "-m", "jupyter_mccom", "complete", str(path), "--model", model]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert not _says(done.stdout, "print(value)")
