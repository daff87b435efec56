"""Where a suggestion may stand: in the view that the person is in, in a cell that can be edited, at its own place."""

from __future__ import annotations

import nbformat
from playwright.sync_api import BrowserContext

from .lab import GHOST, Lab, Notebook

START = "import statistics\nvalues = [1, 2, 3]\n"


def test_the_first_of_two_views_of_a_file_completes(lab: Lab, window: BrowserContext) -> None:
    """The first of two views of a file gets ghost text."""
    lab.write("views.py", START)
    book = Notebook(window, lab, "views.py")
    book.execute("docmanager:clone")
    first, second = (book.page.locator(".jp-FileEditor").nth(number) for number in (0, 1))
    second.locator(".cm-content").click()
    book.press("Control+Home", "End")
    first.locator(".cm-content").click()
    book.press("Control+End")
    book.type("print(statistics.me")
    first.locator(GHOST).first.wait_for()
    assert second.locator(GHOST).count() == 0
    book.press("Tab")
    assert book.text().startswith(START + "print(statistics.me")
    assert len(book.text()) > len(START + "print(statistics.me")


def test_nothing_is_suggested_in_a_cell_that_cannot_be_edited(lab: Lab, window: BrowserContext) -> None:
    """A cell that cannot be edited gets no suggestion."""
    path = lab.notebook("fixed.ipynb", START + "print(statistics.me", "")
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    notebook.cells[0].metadata["editable"] = False
    nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
    book = Notebook(window, lab, "fixed.ipynb")
    book.enter(0)
    book.press("Alt+\\")
    book.settle(500)
    assert (book.ghost, book.sent("complete"), list(filter(None, book.sent("warm")))) == ("", [], [])
    book.press("Tab")
    assert book.source(0) == START + "print(statistics.me"


def test_what_was_asked_for_one_cell_is_not_shown_in_another(lab: Lab, window: BrowserContext) -> None:
    """A suggestion that was asked for in one cell is not shown in another."""
    lab.notebook("cells.ipynb", START, "print(val", "print(sta")
    book = Notebook(window, lab, "cells.ipynb")
    book.enter(1)
    book.press("Alt+\\")
    book.enter(2)
    book.settle(300)
    assert book.ghost == ""
    book.press("Tab")
    assert book.source(2).rstrip() == "print(sta"


def test_a_ghost_goes_when_its_line_is_moved(lab: Lab, window: BrowserContext) -> None:
    """Ghost text goes when its line is indented."""
    lab.notebook("moved.ipynb", START, "")
    book = Notebook(window, lab, "moved.ipynb")
    book.enter(1)
    book.type("for value in values:")
    book.press("Enter")
    book.wait_ghost()
    book.set(empty_line_pause_ms=0)
    book.press("Control+]")
    book.no_ghost()
    book.set(empty_line_pause_ms=700)
