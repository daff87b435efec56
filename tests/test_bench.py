"""`jupyter mccom bench` from the command line, with a real model on data of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_mccom.models.store import Store
from tests.conftest import CODER, SMALL

SOURCE = "import os\nfor name in os.listdir('.'):\n    print(name)\ntotal = sum([1, 2, 3])"


def _data(folder: Path) -> Path:
    (folder / "notebooks").mkdir(parents=True)
    book = {"id": "b", "cells": [{"type": "code", "source": SOURCE}]}
    (folder / "notebooks" / "notebooks.jsonl").write_text(json.dumps(book) + "\n")
    lines = SOURCE.split("\n")
    points = [
        {
            "task_id": f"nb/{number}",
            "book": "b",
            "era": era,
            "cell": 0,
            "line": number,
            "cut_col": 6,
            "ground_truth": lines[number],
            "uses_earlier_cell_name": False,
        }
        for number, era in ((1, "2025+"), (3, "pre-2025"))
    ]
    (folder / "notebooks" / "statements.jsonl").write_text("".join(json.dumps(point) + "\n" for point in points))
    return folder


def _bench(*arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "jupyter_mccom", "bench", "--suite", "notebooks", f"--model={SMALL}"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def test_a_suite_measures_reports_and_goes_on_where_it_was(tmp_path: Path, models: Store) -> None:
    """A suite measures, reports, and goes on where it was cut off."""
    data, out = _data(tmp_path / "data"), tmp_path / "out"
    given = (f"--data={data}", f"--out={out}", "--n=2", "--MCCom.max_tokens=8")
    said = _bench(*given).stdout
    assert "| 2025+, inside | 1 |" in said
    assert "| 2025+, weighted | 3 |" in said
    rows = (out / "notebooks.jsonl").read_text().splitlines()
    assert len(rows) == 7
    result = json.loads((out / "notebooks.json").read_text())
    assert result["machine"]["python"]
    assert result["settings"] == {"max_tokens": 8, "model": SMALL, "prompt_tokens": 512}
    assert result["models"][SMALL]
    assert "<svg" in (out / "report.html").read_text()
    (out / "notebooks.jsonl").write_text("\n".join(rows[:4]) + "\n" + rows[4][:20])
    _bench(*given)
    again = (out / "notebooks.jsonl").read_text().splitlines()
    assert (again[:4], len(again)) == (rows[:4], 7)  # what is there is not measured again
    other = _bench(*given[:3], status=2).stderr
    assert str(out) in other
    assert other.count("\n") == 1


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ("engines", "| at a later key, mean |"),
        ("infill", "| "),
        ("retrieval --n=3", "| no retrieval |"),
        ("healing", "| pre-token, own |"),
        ("speculation", "ms of a pass, by its tokens: 1: "),
        ("context --n=60", "| shown |"),
        ("rules --n=400", "| the same line, as far as two places agree | 0."),
        ("cascade", "Goals, cascade against cloud alone"),
        ("keystrokes", "Goals, 200 ms of network"),
        ("lengths", "| 512 | near-first |"),
        ("afterwards", "| end, nothing below, shown |"),
        ("midline", "| all: every word |"),
        ("invented", "| stand nowhere |"),
        ("columns", "| all cells above | "),
        ("kernels", "| "),
        ("empty-cells", "| balanced | "),
        ("drafts", "| same answer | 1 of 1 |"),
        ("outages", "| hanging, closed |"),
        ("cloud-lengths", "| 128: the prompt is another one |"),
        ("rejections --n=4", "| tail |"),
        ("masking", "| with secrets above | "),
        ("secrets --n=8", "leaked: "),
    ],
)
def test_suites_run_on_real_code(suite: str, said: str, shared_data: Path, models: Store, tmp_path: Path) -> None:
    """Each suite runs on real code and writes its findings."""
    short = ("--MCCom.max_tokens=4", "--MCCom.prompt_tokens=128", "--MCCom.cloud_prompt_tokens=128")
    more = (f"--MCCom.cloud_model={SMALL}", "--MCCom.threads=1", f"--data={shared_data}", f"--out={tmp_path}")
    name, *n = suite.split()
    assert said in _bench(f"--suite={name}", *(n or ["--n=1"]), *more, *short).stdout
    assert json.loads((tmp_path / f"{name}.json").read_text())["findings"]


def test_what_a_kernel_runs_is_not_in_the_persons_history(
    shared_data: Path, models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a suite runs in a kernel is not in the person's history."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "person"))
    _bench("--suite=kernels", "--n=1", f"--data={shared_data}", "--MCCom.max_tokens=1", "--MCCom.prompt_tokens=128")
    assert not [*(tmp_path / "person").rglob("history*")]


@pytest.mark.parametrize(
    ("suite", "said"),
    [
        ("layouts", SMALL),
        ("peers", SMALL),
        ("humaneval", SMALL),
        ("thresholds", "too few"),
    ],
)
def test_what_a_suite_cannot_measure_is_said_in_one_line(
    suite: str, said: str, shared_data: Path, models: Store, tmp_path: Path
) -> None:
    """What a suite cannot measure is said in one line."""
    given = ("--n=2", f"--data={shared_data}", f"--out={tmp_path}", "--MCCom.max_tokens=4", "--MCCom.prompt_tokens=128")
    error = _bench(f"--suite={suite}", *given, status=2).stderr
    assert said in error
    assert "Traceback" not in error


def test_a_chat_is_set_against_markers(shared_data: Path, models: Store) -> None:
    """The suite `chat` prints both forms and their ratio, and refuses a model without markers."""
    given = (
        "--suite=chat",
        "--n=1",
        f"--data={shared_data}",
        "--MCCom.max_tokens=4",
        "--MCCom.cloud_prompt_tokens=128",
    )
    assert "| chat ÷ fill-in-the-middle |" in _bench(*given, f"--MCCom.cloud_model={CODER}").stdout
    assert SMALL in _bench(*given, f"--MCCom.cloud_model={SMALL}", status=2).stderr


def test_data_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    """Missing data is said in one line."""
    said = _bench(f"--data={tmp_path}", status=2).stderr
    assert "--data" in said
    assert said.count("\n") == 1


def test_the_readmes_figures_need_a_folder() -> None:
    """The suite of the README's figures needs a folder for its results."""
    said = _bench("--suite=readme", status=2).stderr
    assert "--out" in said
