"""A pause of suggestions: from the status item, the palette and `%mccom`, seen and ended on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import STATUS, Lab

PAUSE_MS = 600
"""Longer than the longest wait for a pause in typing."""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model: the tests say what is suggested."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def test_a_snooze_from_the_status_item(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """The status item's menu pauses suggestions: what is shown goes, only Alt+\\ asks, time counts down."""
    window.clock.install()
    book, answers = answered_notebook(window, lab, "snooze.ipynb", "x = 1\n")
    answers.text = " + 1"
    book.type("y = x")
    book.wait_ghost()
    status = book.page.locator(STATUS)
    status.click(button="right")
    book.page.screenshot(path=str(screenshots / "menu.png"))
    book.page.get_by_role("menuitem", name="for 15 Minutes").click()
    book.no_ghost()
    expect(status).to_have_text("mccom: snoozed, 15 min")
    book.enter(0)
    n_asked = len(answers.asked)
    book.type(" +")
    book.settle(PAUSE_MS)
    assert (book.ghost, len(answers.asked)) == ("", n_asked)
    book.press("Alt+\\")
    book.wait_ghost()
    book.page.screenshot(path=str(screenshots / "asked.png"))
    book.page.clock.fast_forward(61_000)
    expect(status).to_have_text(re.compile("snoozed, 1[34] min"))
    status.click(button="right")
    book.page.get_by_role("menuitem", name="End the Snooze").click()
    expect(status).to_have_text("mccom: ready")
    book.enter(0)
    book.type(" 1")
    book.wait_ghost()


def test_a_snooze_from_a_cell(lab: Lab, window: BrowserContext) -> None:
    """`%mccom snooze` pauses this page at once, until the server restarts or `off`."""
    book, answers = answered_notebook(window, lab, "magic.ipynb", "%load_ext jupyter_mccom\n%mccom snooze", "x")
    status = book.page.locator(STATUS)
    book.press("Control+Enter")
    expect(status).to_have_text("mccom: snoozed")
    book.enter(1)
    book.type(" = 1")
    book.settle(PAUSE_MS)
    assert answers.asked == []
    book.type("\n%mccom snooze off")
    book.press("Control+Enter")
    expect(status).to_have_text("mccom: ready")
