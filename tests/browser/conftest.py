"""One server and one browser for all browser tests; without Chromium they are skipped and say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from jupyter_mccom.models.store import Store
from tests.conftest import CODER

from .lab import QUIET, Faults, Lab, chromium_path

expect.set_options(timeout=30_000)  # two cores draw two pages, run two servers and two models
_RUN_AXE = "places => axe.run({include: places.map(place => [place])})"


NEIGHBOURS = ("alone", "beside history")
PLACES = ("notebook", "file")
BOTH = (("alone", "notebook"), ("alone", "file"), ("beside history", "notebook"))
"""The history provider has nothing to say in a file: that has no kernel."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test runs in each place and beside each neighbour that its fixtures ask for."""
    chosen = {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize") if isinstance(mark.args[0], str)}
    asked = {"either_lab", "place"} & set(metafunc.fixturenames) - chosen
    if len(asked) == 2:
        metafunc.parametrize(("either_lab", "place"), BOTH, indirect=True, scope="module")
    elif "either_lab" in asked:
        metafunc.parametrize("either_lab", NEIGHBOURS, indirect=True, scope="module")
    elif "place" in asked:
        metafunc.parametrize("place", PLACES, indirect=True)


@pytest.fixture(autouse=True)
def jp_asyncio_loop() -> None:
    """Replaces pytest-jupyter's loop by none: Playwright runs its own in this thread."""


@pytest.fixture(autouse=True)
def jp_server_cleanup() -> None:
    """The browser tests' servers are processes of their own."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or any other on the path."""
    found = chromium_path()
    if not found:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, headless=True, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab that completes with the model of 0.5B, shown however unsure: these tests are of the page."""
    server = Lab(tmp_path_factory.mktemp("lab"), f"--MCCom.model={CODER}", "--MCCom.show_threshold=0")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def either_lab(
    request: pytest.FixtureRequest, models: Store, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The lab, alone and with JupyterLab's own inline provider switched on beside ours."""
    server = Lab(tmp_path_factory.mktemp("lab"), f"--MCCom.model={CODER}", "--MCCom.show_threshold=0")
    if request.param != "alone":
        server.with_history()
    yield server
    server.stop()


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    """A document's name, less its stem: what is true of ghost text is so in notebooks and in files."""
    return {"notebook": ".ipynb", "file": ".py"}[request.param]


@pytest.fixture
def window(browser: Browser) -> Iterator[BrowserContext]:
    """One browser window."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of this run go."""
    return tmp_path_factory.mktemp("screenshots")


@pytest.fixture
def faults(packages: Path) -> Faults:
    """What axe-core finds in places of a page, down to what is minor."""

    def find(page: Page, *places: str) -> list[str]:
        page.add_script_tag(path=str(packages / "axe-core" / "axe.min.js"))
        found: dict[str, Any] = page.evaluate(_RUN_AXE, list(places))
        assert found["passes"], "axe has looked at nothing"
        return [f"{fault['id']}: {fault['nodes'][0]['html']}" for fault in found["violations"]]

    return find
