"""What a screen reader is told of suggestions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import Lab

SPOKEN = "body > .jp-mccom-spoken"
HEARD = """() => {
  window.heard = [];
  const region = document.querySelector("body > .jp-mccom-spoken");
  new MutationObserver(() => region.textContent && window.heard.push(region.textContent))
    .observe(region, { childList: true });
}"""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model: the tests say what is suggested."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def test_a_suggestion_is_read_out_once(lab: Lab, window: BrowserContext) -> None:
    """A polite region says a settled suggestion once, and once more at Alt+]; nothing with the setting off."""
    book, answers = answered_notebook(window, lab, "heard.ipynb", "x = 1\n")
    book.page.evaluate(HEARD)
    answers.text = "abs(x)"
    book.type("y = ")
    book.wait_ghost()
    book.read()
    book.type("a")
    book.read()
    assert book.page.evaluate("window.heard") == ["Suggestion: abs(x). Tab accepts."]
    book.press("Alt+]")
    book.read()
    assert book.page.evaluate("window.heard")[1:] == ["Suggestion: bs(x). Tab accepts."]
    expect(book.page.locator(SPOKEN)).to_have_attribute("aria-live", "polite")
    book.press("Tab")
    book.set(announce=False)
    book.type(" +")
    book.wait_ghost()
    book.read()
    assert len(book.page.evaluate("window.heard")) == 2
    book.set(announce=True)
