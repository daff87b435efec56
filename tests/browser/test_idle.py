"""A page that nobody touches: it asks for the status now and then, and takes no processor time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import Lab, Notebook

IDLE_MS = 60_000
MOST_SCRIPT_S = 0.6
"""Of a minute, on a machine that does other things too. JupyterLab alone takes about a third of it."""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def _script_s(book: Notebook) -> float:
    """Seconds that the page's scripts have run since it was opened."""
    session = book.page.context.new_cdp_session(book.page)
    session.send("Performance.enable")
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return float(metrics["ScriptDuration"])


def test_an_idle_page_does_nothing(lab: Lab, window: BrowserContext) -> None:
    """In a minute with a suggestion shown, and nothing typed, the page asks only for the status, at most 5 times."""
    book, answers = answered_notebook(window, lab, "idle.ipynb", "values = [1, 2, 3]\n")
    answers.text = "m(values)"
    book.type("total = su")
    book.wait_ghost()
    book.page.wait_for_timeout(20_000)  # JupyterLab saves and looks at its files
    asked: list[str] = []
    book.page.on("request", lambda request: asked.append(request.url.partition("/mccom/")[2].partition("?")[0]))
    before_s = _script_s(book)
    book.page.wait_for_timeout(IDLE_MS)
    took_s = _script_s(book) - before_s
    routes = [route for route in asked if route]
    assert set(routes) <= {"status"}
    assert len(routes) <= 5
    assert took_s < MOST_SCRIPT_S, took_s
    assert book.ghost == answers.text
