"""Read by everybody: high contrast, forced colours, 200 % zoom, no motion, short suggestions, and axe on our parts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import GHOST, PATIENCE_MS, STATUS, Faults, Lab

PANEL = ".jp-mccom-panel"
BOX = ".jp-InlineCompleter:has(.jp-mccom-who)"
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
ZOOMED = {"width": 640, "height": 400}
"""CSS pixels of a window of 1280 × 800 at 200 %."""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def _style(found: Locator, name: str) -> str:
    value: str = found.evaluate("(node, name) => getComputedStyle(node)[name]", name)
    return value


def _fits(page: Page, found: Locator) -> bool:
    """It lies within the window, and scrolls in one direction at most."""
    box = found.bounding_box()
    size: dict[str, int] = page.evaluate("() => ({width: innerWidth, height: innerHeight})")
    assert box is not None
    inside = box["x"] >= 0 and box["y"] >= 0
    inside = inside and box["x"] + box["width"] <= size["width"] and box["y"] + box["height"] <= size["height"]
    return inside and bool(found.evaluate("node => node.scrollWidth <= node.clientWidth"))


def test_a_suggestion_of_one_character_is_seen(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """A suggestion of one character has a dotted line, a longer one has none."""
    book, answers = answered_notebook(window, lab, "short.ipynb", "x = 1\n")
    answers.text = ")"
    book.type("print(x")
    book.wait_ghost()
    ghost = book.page.locator(GHOST)
    assert "dotted" in _style(ghost, "textDecoration")
    book.page.screenshot(path=str(screenshots / "short.png"))
    book.press("Tab")
    answers.text = "rint(x)"
    book.type("\np")
    book.wait_ghost()
    assert "dotted" not in _style(ghost, "textDecoration")


def test_colours_and_motion_are_the_persons(
    lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults
) -> None:
    """With forced colours a line tells a suggestion from the text; without motion nothing is animated."""
    book, answers = answered_notebook(window, lab, "forced.ipynb", "values = [1]\n")
    page = book.page
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    answers.text = "m(values)"
    book.type("total = su")
    book.wait_ghost()
    ghost = page.locator(GHOST)
    assert "dotted" in _style(ghost, "textDecoration")
    assert _style(ghost, "opacity") == "1"
    assert _style(ghost, "color") != _style(page.locator(".cm-content").first, "color")
    assert _style(ghost, "transitionDuration") in ("0s", "")
    book.press("Alt+Shift+W")
    page.screenshot(path=str(screenshots / "forced-ghost.png"))
    page.locator(STATUS).click()
    expect(page.locator(PANEL)).to_be_visible()
    assert faults(page, PANEL, STATUS) == []
    page.screenshot(path=str(screenshots / "forced-panel.png"))


def test_each_theme_is_read(lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults) -> None:
    """In each theme, high contrast too, axe finds no fault in the box, the panel and the settings' headings."""
    book, answers = answered_notebook(window, lab, "themes.ipynb", "values = [1]\n\n\n")
    page = book.page
    for name in THEMES:
        page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", name)
        page.locator(f"body[data-jp-theme-name='{name}']").wait_for(state="attached", timeout=PATIENCE_MS)
        answers.text = "m(values)"
        book.enter(0)
        book.type(" su")
        book.wait_ghost()
        book.press("Alt+Shift+W")
        assert faults(page, BOX) == []
        page.screenshot(path=str(screenshots / f"{name[11:]}-ghost.png"))
        page.locator(STATUS).click()
        assert faults(page, PANEL, STATUS) == []
        page.screenshot(path=str(screenshots / f"{name[11:]}-panel.png"))
        page.keyboard.press("Escape")
    page.evaluate("jupyterapp.commands.execute('mccom:settings')")
    page.locator(".jp-mccom-group").first.wait_for(timeout=PATIENCE_MS)
    assert faults(page, ".jp-mccom-group") == []
    page.screenshot(path=str(screenshots / "settings.png"))


def test_the_panel_fits_at_200_percent(lab: Lab, browser: Browser, screenshots: Path) -> None:
    """At 200 % zoom the panel and the line of who wrote it lie in the window, and the panel scrolls down only."""
    window = browser.new_context(viewport={"width": ZOOMED["width"], "height": ZOOMED["height"]}, device_scale_factor=2)
    try:
        book, answers = answered_notebook(window, lab, "zoom.ipynb", "values = [1]\n\n\n")
        page = book.page
        answers.text = "m(values)"
        book.type("total = su")
        book.wait_ghost()
        book.press("Alt+Shift+W")
        assert _fits(page, page.locator(BOX))
        page.screenshot(path=str(screenshots / "zoom-ghost.png"))
        status = page.locator(STATUS)
        assert _fits(page, status)
        status.click()
        panel = page.locator(PANEL)
        expect(panel).to_be_visible()
        assert _fits(page, panel)
        last = panel.get_by_role("button").last
        last.scroll_into_view_if_needed()
        page.screenshot(path=str(screenshots / "zoom-panel.png"))
        assert last.is_visible()
    finally:
        window.close()
