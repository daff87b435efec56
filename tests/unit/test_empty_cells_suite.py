"""`bench --suite empty-cells`: which cells it draws, and what it counts of made-up rows."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.evaluation.lib.timed_answers import TimedAnswer
from jupyter_mccom.evaluation.suites.empty_cells import empty_cells, findings, row_of
from jupyter_mccom.types import Token

CELLS = [("markdown", "# Title"), ("code", "import a"), ("code", "\n# load\nx = 1"), ("code", " "), ("code", "x\ny")]
GATES = {"quiet": Gates(sure=0, show=0, empty=0.95), "balanced": Gates(sure=0, show=0, empty=0.7)}


def _data(folder: Path, n_new: int, n_old: int) -> Path:
    cells = [{"type": kind, "source": source} for kind, source in CELLS]
    eras = ["2025+"] * n_new + ["pre-2025"] * n_old
    books = [{"id": f"b{number}", "era": era, "cells": cells} for number, era in enumerate(eras)]
    (folder / "notebooks").mkdir()
    (folder / "notebooks" / "notebooks.jsonl").write_text("".join(json.dumps(book) + "\n" for book in books))
    return folder


def test_cells_that_follow_code(tmp_path: Path) -> None:
    """A cell of code below another one is drawn, empty and with the cells above it; its first line is the truth."""
    found = empty_cells(_data(tmp_path, 1, 0), 8, 1)
    assert sorted((one.task, one.truth, len(one.request.cells_before)) for one in found) == [
        ("b0#2", "# load", 2),
        ("b0#4", "x", 4),
    ]
    assert all(one.request.in_empty_cell and not one.request.cells_after for one in found)


def test_draws_have_nothing_in_common(tmp_path: Path) -> None:
    """A quarter of a draw is new, and another seed draws other cells."""
    data = _data(tmp_path, 4, 12)
    one, other = empty_cells(data, 12, 1), empty_cells(data, 12, 2)
    assert [sum(sample.era == "2025+" for sample in draw) for draw in (one, other)] == [3, 3]
    assert not {sample.task for sample in one} & {sample.task for sample in other}


def test_noise_is_judged_by_all_that_was_written(tmp_path: Path) -> None:
    """Code below a comment that the model wrote, and that is not shown, is noise, as it is in the product."""
    (sample, *_) = empty_cells(_data(tmp_path, 1, 0), 8, 1)
    tokens = (Token(text="# load the data\n", prob=0.9), Token(text="x = 1", prob=0.9))
    written = TimedAnswer(text="x = 1", tokens=tokens, prompt_s=0.1, total_s=0.2, parses=True)
    assert [row_of(sample, one)["noise"] for one in (written, replace(written, tokens=tokens[1:]))] == [True, False]


def test_what_gates_show(tmp_path: Path) -> None:
    """Right is the first line; what is shown is counted by eagerness, and nothing that breaks the cell."""
    samples = empty_cells(_data(tmp_path, 0, 2), 4, 1)

    def row(text: str, prob: float, *, parses: bool = True) -> dict[str, Any]:
        tokens = [asdict(Token(text=text, prob=prob))]
        return {"text": text, "truth": "x", "tokens": tokens, "parses": parses, "noise": False, "total_s": 0.1}

    rows = [row("x\ny", 0.99), row("z", 0.9), row("x", 0.3), row("x)", 0.99, parses=False)]
    found = findings(samples, rows, GATES, model="m")
    assert (found.figures["n"], found.figures["right"]) == (4, 0.5)
    assert found.figures["quiet"] == {"shown": 0.25, "wrong": 0.0}
    assert found.figures["balanced"] == {"shown": 0.5, "wrong": 0.5}
    assert found.figures["above 0.00"] == {"shown": 0.75, "wrong": 0.333}
    assert "| balanced | 0.50 (" in found.text()
