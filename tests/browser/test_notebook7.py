"""Jupyter Notebook 7, which has no status bar: completions, the status item at the top, and the ways to the panel."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import PATIENCE_MS, STATUS, Faults, Lab

PANEL = ".jp-mccom-panel"


class Notebook7(Lab):
    """A Jupyter Notebook server; the package lies in a folder of its own, so that it adds nothing to JupyterLab."""

    module = "notebook"
    app = "JupyterNotebookApp"
    pages = "notebooks"

    def __init__(self, folder: Path, package: Path, *options: str) -> None:
        self._package = package
        super().__init__(folder, *options)

    def environment(self) -> dict[str, str]:
        """The package, its pages' schemas beside JupyterLab's, and its extensions."""
        here, lab = self._package / "share" / "jupyter", Path(sys.prefix) / "share" / "jupyter" / "lab"
        whole = self._package / "lab"
        (whole / "schemas").mkdir(parents=True)
        for name in ("static", "themes"):
            (whole / name).symlink_to(lab / name)
        for schemas in (lab / "schemas", here / "lab" / "schemas"):
            for schema in schemas.iterdir():
                (whole / "schemas" / schema.name).symlink_to(schema)
        beside = {"PYTHONPATH": str(self._package), "JUPYTER_PATH": str(here)}
        paths = {name: os.pathsep.join(filter(None, (os.environ.get(name), one))) for name, one in beside.items()}
        return {"JUPYTERLAB_DIR": str(whole), **paths}


@pytest.fixture(scope="module")
def notebook7(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A Notebook server of the release that belongs to this JupyterLab, with the smallest model."""
    package = tmp_path_factory.mktemp("notebook")
    minor = version("jupyterlab").split(".")[1]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, f"--target={package}", f"notebook==7.{minor}.*"], check=True)
    server = Notebook7(
        tmp_path_factory.mktemp("lab"), package, "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0"
    )
    yield server
    server.stop()


def test_it_completes_without_a_status_bar(notebook7: Lab, window: BrowserContext) -> None:
    """In Notebook 7 a suggestion comes and Tab takes it, and the status item at the top of the page says the state."""
    book, answers = answered_notebook(window, notebook7, "a.ipynb", "values = [1, 2, 3]\n")
    answers.text = "m(values)"
    book.type("total = su")
    assert book.wait_ghost() == answers.text
    book.press("Tab")
    assert book.source(0).endswith("total = sum(values)")
    expect(book.page.locator(STATUS)).to_have_text("mccom: ready")
    assert book.page.locator(".jp-StatusBar-Widget").count() == 0


@pytest.mark.parametrize("way", ["item", "palette", "menu"])
def test_the_panel_is_reached(
    notebook7: Lab, window: BrowserContext, way: str, faults: Faults, screenshots: Path
) -> None:
    """In Notebook 7 the panel opens by its item, the palette and the menu, whole in the window, with the keyboard."""
    book, _ = answered_notebook(window, notebook7, f"{way}.ipynb", "x = 1")
    page = book.page
    if way == "item":
        page.locator(STATUS).click()
    elif way == "palette":
        page.keyboard.press("Escape")
        page.keyboard.press("Control+Shift+C")
        page.locator(".lm-CommandPalette-input").fill("state of code completion")
        page.locator(".lm-CommandPalette-item", has_text="Show the State of Code Completion").click()
    else:
        page.locator(".lm-MenuBar-itemLabel", has_text="Settings").click()
        page.locator(".lm-Menu-itemLabel", has_text="Show the State of Code Completion").click()
    panel = page.locator(PANEL)
    expect(panel.get_by_role("heading", name="mccom: ready")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function("panel => document.querySelector(panel).contains(document.activeElement)", arg=PANEL)
    page.screenshot(path=str(screenshots / f"notebook7-{way}.png"))
    box, size = panel.bounding_box(), page.viewport_size
    assert box
    assert size
    assert box["x"] >= 0 <= box["y"]
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
    assert faults(page, PANEL, STATUS) == []
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.locator(f"{STATUS}[aria-expanded=false]").wait_for()
