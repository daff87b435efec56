"""A model server of somebody else's (`local_url`) that is down, is none, or comes back: what a person sees of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from .lab import STATUS, Lab, Notebook, wait_for
from .model_server import ModelServer

NOTICE = ".Toastify__toast"


@pytest.fixture(scope="module")
def model_server() -> Iterator[ModelServer]:
    """A model server that is up."""
    server = ModelServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lab(model_server: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab over it."""
    server = Lab(tmp_path_factory.mktemp("lab"), f"--MCCom.local_url={model_server.url}", "--MCCom.show_threshold=0")
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def well(model_server: ModelServer) -> Iterator[None]:
    """The server is well again after each test."""
    yield
    model_server.not_found = ()


@pytest.mark.parametrize("how", ["down", "/", "/v1/completions"])
def test_an_outage_is_told_once(
    lab: Lab, model_server: ModelServer, window: BrowserContext, screenshots: Path, how: str
) -> None:
    """A model server that is down or answers 404 gets one notice with a next step, and comes back by itself."""
    lab.notebook("a.ipynb", "")
    book = Notebook(window, lab, "a.ipynb")
    page = book.page
    if how == "down":
        model_server.stop()
    else:
        model_server.not_found = (how,)
    book.enter(0)
    states: list[str] = []
    for number in range(8):
        book.type(f"\nx{number} = ", delay_ms=30)
        book.settle(500)
        states.append(page.locator(STATUS).get_attribute("data-state") or "")
    assert set(states[2:]) == {"trouble"}, "it does not flicker"
    notice = page.locator(NOTICE, has_text="No suggestions")
    expect(notice).to_have_count(1)
    expect(notice).to_contain_text(model_server.url)
    expect(notice).to_contain_text("Start it, or check local_url.")
    assert "…" not in notice.inner_text()
    page.screenshot(path=str(screenshots / f"outage-{how.replace('/', '_')}.png"))
    notice.get_by_role("button", name="What Is Wrong").click()
    panel = page.locator(".jp-mccom-panel")
    expect(panel).to_contain_text("MCCom.local_url")
    expect(panel).to_contain_text("cannot be reached" if how == "down" else "HTTP 404")
    page.screenshot(path=str(screenshots / f"outage-{how.replace('/', '_')}-panel.png"))
    page.keyboard.press("Escape")
    if how == "down":
        model_server.start()
        page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=60_000)  # nobody types
    model_server.not_found = ()
    book.enter(0)
    book.type("\ny = ")
    assert book.wait_ghost().strip() == "1 + 2"
    page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=10_000)
    expect(notice).to_have_count(0)
    page.close()


def test_a_server_that_is_down_is_left_alone(lab: Lab, model_server: ModelServer, window: BrowserContext) -> None:
    """While nobody types, a model server in trouble is asked what it is only now and then."""
    lab.notebook("a.ipynb", "")
    book = Notebook(window, lab, "a.ipynb")
    model_server.not_found = ("/",)
    book.enter(0)
    book.type("x = ")
    wait_for(lambda: lab.get("mccom/status")["state"] == "trouble", "the trouble to be known")
    book.settle(1000)
    n_asked = model_server.n_asked
    for _ in range(20):
        lab.get("mccom/status")
    book.page.wait_for_timeout(500)
    assert model_server.n_asked - n_asked <= 2
    model_server.not_found = ()
    book.type("\ny = ")
    book.page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=20_000)


@pytest.mark.parametrize("written", ["<|file_sep|>main.py", "<think>The user wants"])
def test_a_models_markers_are_not_inserted(
    lab: Lab, model_server: ModelServer, window: BrowserContext, written: str, screenshots: Path
) -> None:
    """A model that writes markers instead of code shows nothing; the panel says it has no fill-in-the-middle."""
    lab.notebook("markers.ipynb", "")
    book = Notebook(window, lab, "markers.ipynb")
    page = book.page
    was, model_server.text = model_server.text, written
    try:
        book.enter(0)
        for number in range(4):
            book.type(f"\nx{number} = ")
            book.settle(800)
            assert book.ghost == ""
        page.locator(f"{STATUS}[data-state=trouble]").wait_for(timeout=20_000)
        page.locator(STATUS).click()
        panel = page.locator(".jp-mccom-panel")
        expect(panel.locator(".jp-mccom-detail")).to_contain_text("no fill-in-the-middle")
        expect(panel.get_by_text("wrote markers of its own instead of code")).to_be_visible()
        page.screenshot(path=str(screenshots / "markers.png"))
        page.keyboard.press("Escape")
        assert "<" not in book.source(0)
    finally:
        model_server.text = was
    book.enter(0)
    book.type("\ny = ")
    assert book.wait_ghost().strip() == was
    page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=20_000)
    page.close()
