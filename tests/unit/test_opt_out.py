"""Notebooks and cells that opt out of completion, and paths that are switched off, as the server sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.server.opt_out import Marks, OptOuts, marks_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import OptOut

NOTHING: tuple[object, ...] = (
    None,
    [],
    {"metadata": [], "cells": {}},
    {"metadata": {"mccom": {"completions": 0}}},
    {"cells": [None, {"id": 3, "metadata": {"tags": ["no-completion"]}}, {"id": "a", "metadata": {"tags": "x"}}]},
)


def _book(path: Path, *, completions: bool | None = None, tags: tuple[str, ...] = ()) -> None:
    metadata: dict[str, Any] = {} if completions is None else {"mccom": {"completions": completions}}
    cells = [{"id": "a", "metadata": {}}, {"id": "b", "metadata": {"tags": list(tags)}}]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"metadata": metadata, "cells": cells}))


@pytest.mark.parametrize("notebook", NOTHING)
def test_another_shape_opts_out_of_nothing(notebook: object) -> None:
    """What is no opt-out of the shape that is documented says nothing, and is no error."""
    assert marks_of(notebook) == Marks()


async def test_a_notebook_and_its_cells_opt_out(tmp_path: Path) -> None:
    """Where nobody looked, the server reads the notebook's metadata and the tags of its cells, anew when saved."""
    outs, settings = OptOuts(tmp_path), MCCom()
    _book(tmp_path / "a.ipynb", tags=("slow", "no-completion"))
    assert await outs.why_not_at("a.ipynb", "a", settings) is None
    assert await outs.why_not_at("/a.ipynb", "b", settings) == "cell-off"
    _book(tmp_path / "a.ipynb", completions=False)
    assert await outs.why_not_at("RTC:a.ipynb", "a", settings) == "notebook-off"
    _book(tmp_path / "a.ipynb", completions=True)
    assert await outs.why_not_at("a.ipynb", "b", settings) is None
    assert await outs.why_not_at("gone.ipynb", "b", settings) is None
    assert await outs.why_not_at("a.py", "", settings) is None


@pytest.mark.parametrize(("said", "reason"), [("notebook", "notebook-off"), ("cell", "cell-off"), ("none", None)])
async def test_a_page_says_what_it_found(tmp_path: Path, said: OptOut, reason: str | None) -> None:
    """A page knows what is not saved yet: its word holds."""
    _book(tmp_path / "a.ipynb", completions=False)
    assert await OptOuts(tmp_path).why_not_at("a.ipynb", "a", MCCom(), said=said) == reason


@pytest.mark.parametrize("name", ["exam/a.ipynb", "exam/../exam/a.ipynb", "RTC:exam//a.ipynb", "link/a.ipynb"])
async def test_an_opt_out_binds_whatever_a_page_says(tmp_path: Path, name: str) -> None:
    """In a folder where opt-outs bind the server reads the file, by whatever name; one that it cannot read is off."""
    outs, settings = OptOuts(tmp_path), MCCom(opt_outs_bind=["exam/"])
    _book(tmp_path / "exam" / "a.ipynb", tags=("no-completion",))
    (tmp_path / "link").symlink_to(tmp_path / "exam")
    assert await outs.why_not_at(name, "b", settings, said="none") == "cell-off"
    assert await outs.why_not_at(name, "a", settings, said="none") is None
    (tmp_path / "exam" / "a.ipynb").write_text("{")
    assert await outs.why_not_at(name, "a", settings, said="none") == "unread-off"


async def test_a_path_that_is_off_is_off_for_all(tmp_path: Path) -> None:
    """The server refuses what paths_off names, notebooks and files, whatever a page says."""
    outs = OptOuts(tmp_path)
    for path, document in (("exam", "exam/a.py"), ("/exam/", "exam/./a.ipynb"), ("a.py", "x/../a.py"), ("/", "b.R")):
        assert await outs.why_not_at(document, "", MCCom(paths_off=[path]), said="none") == "path-off"
    assert await outs.why_not_at("examples/a.py", "", MCCom(paths_off=["exam"]), said="none") is None


async def test_a_document_outside_the_root_is_not_read(tmp_path: Path) -> None:
    """A name that leads out of the server's folder reads no file; a link in the folder does, as in Jupyter."""
    root = tmp_path / "root"
    root.mkdir()
    _book(tmp_path / "a.ipynb", completions=False)
    (root / "out.ipynb").symlink_to(tmp_path / "a.ipynb")
    assert await OptOuts(root).why_not_at("../a.ipynb", "", MCCom()) is None
    assert await OptOuts(root).why_not_at("out.ipynb", "", MCCom()) == "notebook-off"
