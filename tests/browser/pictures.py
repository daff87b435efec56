"""The README's pictures, taken of the real thing: `python -m tests.browser.pictures` writes them into `binder/`."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, FloatRect, ViewportSize, sync_playwright

from tests.conftest import CODER
from tests.served import serving

from .lab import QUIET, STATUS, Lab, Notebook, chromium_path

NAMES = ("ghost-text.png", "why.png", "stats.png")
CLOUD = "cloud.png"
PANEL = ".jp-mccom-panel"
_START = "import statistics\nvalues = [1, 2, 3]"
_WINDOW: ViewportSize = {"width": 1280, "height": 1100}
_MORE = ("total = sum(val", "largest = max(val", "count = len(val")


def take(window: BrowserContext, lab: Lab, folder: Path) -> None:
    """Grey text in a cell; the tables of `%mccom why` and `stats` after it was taken."""
    lab.notebook(
        "pictures.ipynb", _START, "", "%mccom why", "%mccom stats", "%load_ext jupyter_mccom", *[""] * len(_MORE)
    )
    book = Notebook(window, lab, "pictures.ipynb")
    book.page.add_style_tag(content=".Toastify { display: none }")  # news and notices of JupyterLab's first start
    _run(book, 4)
    book.enter(1)
    book.type("mean = statistics.me")
    book.wait_ghost()
    book.page.screenshot(path=folder / NAMES[0], clip=_clip(book, 0, 1))
    _take(book)
    _run(book, 2)
    book.page.screenshot(path=folder / NAMES[1], clip=_clip(book, 2, 2))
    for cell, typed in enumerate(_MORE, start=5):
        book.enter(cell)
        book.type(typed)
        book.wait_ghost()
        _take(book)
    _run(book, 3)
    book.page.screenshot(path=folder / NAMES[2], clip=_clip(book, 3, 3))


def take_form(window: BrowserContext, lab: Lab, served: tuple[str, str], folder: Path) -> None:
    """The panel's form after a test of a served model, whose address and key are given."""
    url, key = served
    lab.notebook("form.ipynb", _START)
    page = Notebook(window, lab, "form.ipynb").page
    panel = page.locator(PANEL)
    page.locator(STATUS).click()
    panel.get_by_role("button", name="Add a cloud model").click()
    panel.get_by_label("Provider").select_option("llama-server")
    panel.get_by_label("Address").fill(url)
    panel.get_by_label("Key").fill(key)
    panel.get_by_label("Key").press("Tab")
    panel.locator("option[value='']").wait_for(state="attached")  # the models are listed, with a way to name another
    panel.get_by_role("button", name="Test").click()
    panel.locator(".jp-mccom-result pre").wait_for()
    panel.screenshot(path=folder / CLOUD)
    panel.get_by_role("button", name="Cancel").click()


def _take(book: Notebook) -> None:
    before = book.text()
    book.page.keyboard.press("Tab")
    book.no_ghost()
    assert book.text().startswith(before)
    assert book.text() != before


def _run(book: Notebook, cell: int) -> None:
    book.enter(cell)
    book.page.keyboard.press("Control+Enter")
    book.page.wait_for_function(
        "cell => window.jupyterapp.shell.currentWidget.content.widgets[cell].model.executionCount !== null", arg=cell
    )
    book.page.wait_for_timeout(500)


def _clip(book: Notebook, first: int, last: int) -> FloatRect:
    """The rectangle from the top of one cell to the bottom of another."""
    boxes = [
        book.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{cell}"]').bounding_box()
        for cell in (first, last)
    ]
    top, bottom = boxes
    assert top is not None
    assert bottom is not None
    height = bottom["y"] + bottom["height"] - top["y"]
    return {"x": top["x"], "y": top["y"] - 6, "width": top["width"], "height": height + 12}


def main() -> None:
    """Needs Chromium and the default model."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        os.environ["XDG_DATA_HOME"] = folder  # what these suggestions came to is nobody's evidence
        lab = Lab(Path(folder), "--MCCom.model=qwen2.5-coder-0.5b", "--MCCom.show_threshold=0")
        chromium = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=QUIET)
        try:
            window, pictures = chromium.new_context(viewport=_WINDOW), Path(__file__).parents[2] / "binder"
            take(window, lab, pictures)
            with serving("--model", CODER) as served:
                take_form(window, lab, served, pictures)
        finally:
            chromium.close()
            lab.stop()


if __name__ == "__main__":
    main()
