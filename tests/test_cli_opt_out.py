"""`jupyter mccom complete` where a document opts out of completion: nothing, and one line that says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.cli.main import main
from jupyter_mccom.cli.position import request_at
from jupyter_mccom.errors import InputError

OFF = {"mccom": {"completions": False}}
TAGGED = {"tags": ["no-completion"]}


def _notebook(path: Path, metadata: dict[str, Any], *cells: dict[str, Any], ids: bool = True) -> Path:
    written: list[dict[str, Any]] = [
        {"cell_type": "code", "source": "x = ", "metadata": cell, "outputs": [], "execution_count": None}
        | ({"id": f"c{number}"} if ids else {})
        for number, cell in enumerate(cells)
    ]
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": written}))
    return path


@pytest.mark.parametrize(
    ("metadata", "cells", "cell", "says"),
    [
        (OFF, [{}], "0", "this notebook opts out"),
        ({}, [{}, TAGGED], "1", "this cell opts out"),
        (OFF, [TAGGED], "0", "this notebook opts out"),
    ],
)
@pytest.mark.parametrize("ids", [True, False])
def test_an_opt_out_is_honoured(
    metadata: dict[str, Any],
    cells: list[dict[str, Any]],
    cell: str,
    says: str,
    ids: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A notebook or a cell that opts out gets no text, with one line that says so; --json says it in its route."""
    path = _notebook(tmp_path / "a.ipynb", metadata, *cells, ids=ids)
    arguments = ["complete", str(path), "--cell", cell, f"--MCCom.models_dir={tmp_path}"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert told.out == "\n"
    assert (says in told.err, told.err.count("\n")) == (True, 1)
    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["text"], answer["route"]["to"]) == ("", "nothing")
    assert answer["route"]["reason"] in ("notebook-off", "cell-off")
    assert answer.keys() >= {"origin", "engine", "tokens", "draft", "hits", "stage_s"}


def test_a_path_that_is_off_is_honoured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file below a path that is switched off gets no text."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a.py").write_text("x = ")
    assert main(["complete", "old/a.py", "--MCCom.paths_off=old"]) == 0
    assert "switched off in this document or folder" in capsys.readouterr().err


def test_other_cells_go_on(tmp_path: Path) -> None:
    """A cell beside one that opts out does not."""
    path = _notebook(tmp_path / "a.ipynb", {}, {}, TAGGED)
    assert request_at(str(path), 0).opt_out == "none"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"language": "R"}}, "r"),
        ({"language_info": {"name": "julia"}, "kernelspec": {"language": "R"}}, "julia"),
    ],
)
def test_the_language_is_the_notebooks(metadata: dict[str, Any], language: str, tmp_path: Path) -> None:
    """The language is that of the notebook's last kernel, else of the kernel that it names, as on the page."""
    path = _notebook(tmp_path / "a.ipynb", metadata, {})
    assert request_at(str(path), 0).language == language


@pytest.mark.parametrize(
    "content",
    [
        '{"metadata": {"language_info": {"name": 5}}, "cells": [{"cell_type": "code", "source": "x"}]}',
        '{"cells": ' + "[" * 100_000,
    ],
    ids=["a language that is none", "nested too deeply"],
)
def test_a_notebook_that_is_none_is_one_line(content: str, tmp_path: Path) -> None:
    """A notebook of another shape is refused with the next step."""
    (tmp_path / "a.ipynb").write_text(content)
    with pytest.raises(InputError, match=r"a\.ipynb is not a notebook of format 4; open and save it"):
        request_at(str(tmp_path / "a.ipynb"), None)
