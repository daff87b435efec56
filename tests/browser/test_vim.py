"""In the editors of jupyterlab-vim a suggestion comes in insert mode only, and Esc is vim's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from jupyter_mccom.models.store import Store

from .answering import Answers, answered_file, answered_notebook
from .extensions import VIM, installed
from .lab import Lab, Notebook

PAUSE_MS = 600
"""Longer than the longest wait for a pause in typing."""
INSERTS = """() => {
  const { content } = window.jupyterapp.shell.currentWidget;
  return (content.activeCell ?? content).editor.editor.cm.state.vim.insertMode;
}"""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with vim: the tests say what is suggested."""
    extensions = installed(tmp_path_factory.mktemp("vim"), VIM)
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", extensions=extensions)
    yield server
    server.stop()


@pytest.fixture
def opened(lab: Lab, window: BrowserContext, place: str) -> tuple[Notebook, Answers]:
    """A notebook or a file in vim's normal mode, and what is suggested in it."""
    book, answers = (answered_notebook if place == ".ipynb" else answered_file)(window, lab, f"vim{place}", "x = 1\n")
    answers.text = " + 1234"
    assert not book.page.evaluate(INSERTS)
    return book, answers


def test_insert_mode_completes(opened: tuple[Notebook, Answers], screenshots: Path) -> None:
    """In insert mode a suggestion comes and Tab takes it."""
    book, _ = opened
    book.type("iy = x")
    assert book.wait_ghost() == " + 1234"
    book.page.screenshot(path=str(screenshots / "vim.png"))
    book.press("Tab")
    assert book.text() == "x = 1\ny = x + 1234"


@pytest.mark.parametrize("leave", ["Escape", "Control+["])
@pytest.mark.parametrize("typed", ["iy = x", "i"])
def test_one_press_leaves_insert_mode(opened: tuple[Notebook, Answers], leave: str, typed: str) -> None:
    """One press of a key that leaves insert mode leaves it, and the suggestion goes, also at the start of a line."""
    book, _ = opened
    book.type(typed)
    if typed == "i":
        book.press("Alt+\\")
    book.wait_ghost()
    before = book.text()
    book.press(leave)
    book.no_ghost()
    assert not book.page.evaluate(INSERTS)
    book.settle(PAUSE_MS)
    assert (book.ghost, book.text()) == ("", before)


def test_normal_mode_is_left_in_peace(opened: tuple[Notebook, Answers]) -> None:
    """In normal, visual and replace mode nothing is asked or shown, whatever changes the text."""
    book, answers = opened
    for command in ("yy", "p", "x", "dd", "u", "vly", "P", "Ry", "Escape", "Alt+\\"):
        (book.press if len(command) > 3 else book.type)(command)
        book.settle(PAUSE_MS)
        assert (book.ghost, answers.asked) == ("", []), command
    book.type("A = x")
    assert book.wait_ghost() == answers.text
