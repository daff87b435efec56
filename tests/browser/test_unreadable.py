"""Cells that no person wrote so, of 10 MB or minified: nothing is asked there, the page stays quick, and says why."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import STATUS, Lab

LARGE = "x = 1234567890\n" * 700_000
MINIFIED = ("values=[" + "1,2,3," * 40 + "]\n") * 40
PAUSE_MS = 800
KEYS = "\nprint(x"
MOST_S = 1.5
"""For each key, with two cores that others use too."""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


@pytest.mark.parametrize(
    ("source", "says"), [(LARGE, "more than a million characters"), (MINIFIED, "very long")], ids=["10 MB", "minified"]
)
def test_nothing_is_asked_in_it(lab: Lab, window: BrowserContext, source: str, says: str, screenshots: Path) -> None:
    """In such a cell nothing is asked, also by hand, no key takes long, and item and panel say why."""
    book, answers = answered_notebook(window, lab, "unreadable.ipynb", source, "y = 1\n")
    page = book.page
    answers.text = "1 + 2"
    began_s = time.monotonic()
    book.type(KEYS, delay_ms=0)
    page.evaluate("() => new Promise(resolve => requestAnimationFrame(resolve))")
    took_s = time.monotonic() - began_s
    book.settle(PAUSE_MS)
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (answers.asked, book.ghost) == ([], "")
    assert book.source(0).endswith(KEYS)
    assert took_s < MOST_S * len(KEYS)
    expect(page.locator(STATUS)).to_have_text("mccom: off here")
    page.locator(STATUS).click()
    expect(page.locator(".jp-mccom-off")).to_contain_text(says)
    page.screenshot(path=str(screenshots / "unreadable.png"))
    page.keyboard.press("Escape")
    book.enter(1)
    book.type("total = ")
    assert book.wait_ghost() == answers.text
    expect(page.locator(STATUS)).to_have_text("mccom: ready")


def test_a_cell_becomes_readable(lab: Lab, window: BrowserContext) -> None:
    """A cell whose long lines are deleted is completed again."""
    book, answers = answered_notebook(window, lab, "readable.ipynb", MINIFIED)
    expect(book.page.locator(STATUS)).to_have_text("mccom: off here")
    answers.text = "1 + 2"
    book.press("Control+a", "Delete")
    book.type("total = ")
    assert book.wait_ghost() == answers.text
    expect(book.page.locator(STATUS)).to_have_text("mccom: ready")
