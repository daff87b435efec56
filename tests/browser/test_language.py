"""The page in another language: JupyterLab is given a translation of our words in which each of them is marked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from jupyter_mccom.models.store import Store
from tests.conftest import SMALL

from .lab import CLOUD_AWAY, PATIENCE_MS, STATUS, Lab, Notebook, ends_with

PANEL = ".jp-mccom-panel"
SOURCES = Path(__file__).parents[2] / "labextension" / "src"
MARK = "\N{CURRENCY SIGN}"
_TEXTS = """place => {
  const walk = document.createTreeWalker(document.querySelector(place), NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) found.push(walk.currentNode.textContent.trim());
  return found.filter(Boolean);
}"""


def _words() -> list[str]:
    """Every string that the page gives to the translator."""
    source = "\n".join(path.read_text() for path in sorted(SOURCES.rglob("*.ts*")))
    found = re.findall(r"""trans\.__\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")""", source)
    return [(single or double).replace("\\'", "'") for single, double in found]


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A person who has chosen another language, and a cloud that is away."""
    server = Lab(
        tmp_path_factory.mktemp("lab"),
        f"--MCCom.model={SMALL}",
        "--MCCom.show_threshold=0",
        *CLOUD_AWAY,
    )
    folder = server.settings / "@jupyterlab" / "translation-extension"
    folder.mkdir(parents=True)
    (folder / "plugin.jupyterlab-settings").write_text(json.dumps({"locale": "de_DE"}))
    yield server
    server.stop()


def _translate(route: Route) -> None:
    domain: dict[str, Any] = {word: [f"{MARK}{word}{MARK}"] for word in _words()}
    domain[""] = {"domain": "jupyter_mccom", "language": "de-DE", "plural_forms": "nplurals=2; plural=(n != 1);"}
    route.fulfill(json={"data": {"jupyter_mccom": domain}, "message": ""})


def _untranslated(page: Page, place: str, data: str) -> list[str]:
    """Texts below a place that carry no mark and are not data."""
    texts: list[str] = page.evaluate(_TEXTS, place)
    assert any(MARK in text for text in texts)
    return [text for text in texts if MARK not in text and not re.fullmatch(data, text)]


def test_every_word_of_ours_is_the_translators(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """Every word of the page passes through the translator."""
    window.route("**/api/translations/**", _translate)
    lab.notebook("sprache.ipynb", "import statistics\nvalues = [1, 2, 3]\n", "")
    book = Notebook(window, lab, "sprache.ipynb")
    page, item = book.page, book.page.locator(STATUS)
    book.enter(1)
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    item.click()
    expect(page.locator(f"{PANEL} pre")).to_have_text(ends_with(ghost), timeout=PATIENCE_MS)
    page.screenshot(path=str(screenshots / "language.png"))
    trouble = re.escape(lab.get("mccom/status")["cloud"]["trouble"])  # in the words of whoever says it, as all errors
    cloud = lab.get("mccom/cloud")
    names = "|".join(re.escape(cloud["cloud"][field]) for field in ("name", "model", "url"))
    said = f"{trouble}|{re.escape(cloud['why_not'])}|{names}"
    data = rf"{said}|.*{re.escape(ghost.strip())}|{SMALL}|[\w ]+:\d+–\d+(, [\w ]+:\d+–\d+)*|\d+( %)?"
    assert _untranslated(page, PANEL, data) == []
    assert _untranslated(page, STATUS, data) == []
    hover = item.get_attribute("title") or ""
    assert [line for line in hover.split("\n") if MARK not in line] == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+C")
    page.locator(".lm-CommandPalette-input").fill("code completion")
    page.locator(".lm-CommandPalette-item").first.wait_for(timeout=PATIENCE_MS)
    ours = "[data-command^='mccom:'] .lm-CommandPalette-itemLabel"
    labels = page.locator(ours).all_inner_texts()
    assert labels
    assert [label for label in labels if MARK not in label] == []
