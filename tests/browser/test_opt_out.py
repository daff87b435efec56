"""Notebooks and cells that opt out of completion: by palette and property inspector, seen, saved and binding."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import STATUS, Faults, Lab, Notebook, wait_for

PAUSE_MS = 600
"""Longer than the longest wait for a pause in typing."""
BINDING = "exam"
NOTEBOOK, CELL = "mccom:toggle-notebook", "mccom:toggle-cell"
INSPECTOR = ".jp-mccom-optout"


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model, in which the opt-outs of one folder bind."""
    options = ("--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0", f"--MCCom.opt_outs_bind={BINDING}")
    server = Lab(tmp_path_factory.mktemp("lab"), *options)
    yield server
    server.stop()


def _saved(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _is_enabled(book: Notebook, command: str) -> bool:
    enabled: bool = book.page.evaluate("id => window.jupyterapp.commands.isEnabled(id)", command)
    return enabled


def _inspector(book: Notebook) -> Locator:
    """The switches in the property inspector, which is opened."""
    book.page.get_by_role("tab", name="Property Inspector").click()
    section = book.page.locator(".jp-NotebookTools .jp-Collapse", has_text="Code Completion")
    if not book.page.locator(INSPECTOR).is_visible():
        section.locator(".jp-Collapse-header").click()
    return book.page.locator(INSPECTOR)


def test_a_notebook_opts_out_by_command(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """The command takes the suggestion away, nothing is asked, the status item says why, and it is saved."""
    book, answers = answered_notebook(window, lab, "out.ipynb", "x = 1\n")
    answers.text = " + 1"
    book.type("y = x")
    book.wait_ghost()
    book.execute(NOTEBOOK)
    book.no_ghost()
    status = book.page.locator(STATUS)
    expect(status).to_have_text("mccom: off here")
    assert "this notebook opts out of completion" in (status.get_attribute("title") or "")
    n_asked = len(answers.asked)
    book.type(" +")
    book.settle(PAUSE_MS)
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (book.ghost, len(answers.asked)) == ("", n_asked)
    status.click()
    expect(book.page.locator(".jp-mccom-panel .jp-mccom-off")).to_contain_text("Complete in This Notebook")
    book.page.screenshot(path=str(screenshots / "off-here.png"))
    book.press("Escape")
    book.execute("docmanager:save")
    wait_for(lambda: _saved(lab.root / "out.ipynb")["metadata"].get("mccom") == {"completions": False}, "the file")
    book.execute(NOTEBOOK)
    expect(status).to_have_text("mccom: ready")
    book.enter(0)
    book.type(" x")
    book.wait_ghost()
    assert answers.asked


def test_a_cell_opts_out_in_the_inspector(lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults) -> None:
    """The property inspector switches the cell and the notebook; the next cell is completed as before."""
    book, answers = answered_notebook(window, lab, "cell.ipynb", "x = 1\n", "z = 2\n")
    answers.text = " + 1"
    shown = _inspector(book)
    shown.get_by_label("Complete in this cell").uncheck()
    expect(book.page.locator(STATUS)).to_have_text("mccom: off here")
    book.page.screenshot(path=str(screenshots / "inspector.png"))
    assert faults(book.page, INSPECTOR) == []
    book.enter(0)
    book.type("y = x")
    book.settle(PAUSE_MS)
    assert answers.asked == []
    book.enter(1)
    expect(book.page.locator(STATUS)).to_have_text("mccom: ready")
    expect(shown.get_by_label("Complete in this cell")).to_be_checked()
    book.type("y = z")
    book.wait_ghost()
    assert answers.asked
    book.execute("docmanager:save")
    wait_for(
        lambda: _saved(lab.root / "cell.ipynb")["cells"][0]["metadata"].get("tags") == ["no-completion"], "the file"
    )


def test_an_opt_out_binds_in_a_folder(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """Where opt-outs bind, no switch undoes one, and the server refuses a page that says otherwise."""
    (lab.root / BINDING).mkdir()
    path = lab.notebook(f"{BINDING}/test.ipynb", "x = 1\n", "z = 2\n")
    saved = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
    saved.cells[0].metadata["tags"] = ["no-completion"]
    nbformat.write(saved, path)  # type: ignore[no-untyped-call]
    book = Notebook(window, lab, f"{BINDING}/test.ipynb")
    book.enter(0)
    status = book.page.locator(STATUS)
    expect(status).to_have_text("mccom: off here")
    assert "Only the administrator of the server can change that" in (status.get_attribute("title") or "")
    assert not _is_enabled(book, CELL)
    assert _is_enabled(book, NOTEBOOK)
    shown = _inspector(book)
    expect(shown.get_by_label("Complete in this cell")).to_be_disabled()
    book.page.screenshot(path=str(screenshots / "binding.png"))
    book.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.deleteMetadata('tags')"
    )  # as JupyterLab's own editor of metadata does
    expect(status).to_have_text("mccom: ready")
    book.enter(0)
    book.type("y = x")
    book.settle(PAUSE_MS)
    assert [body["opt_out"] for body in book.sent("complete")][-1:] == ["none"]
    assert book.ghost == ""
