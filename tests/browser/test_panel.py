"""The status item's panel and the settings editor, by keyboard and by axe; a real download from a hub that stalls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from jupyter_mccom.models.store import Store
from tests.conftest import SMALL
from tests.unit.model_sources import serving

from .lab import CLOUD_AWAY, PATIENCE_MS, STATUS, TOKEN, Faults, Lab, Notebook, ends_with, wait_for

PANEL = ".jp-mccom-panel"
EDITOR = ".jp-SettingsForm"
FIELD = "#jp-SettingsEditor-jupyter-mccom\\:plugin_"
START = "import statistics\nvalues = [1, 2, 3]\n"


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An administrator has fixed the model and both thresholds, so that every text is the cloud's, which is away."""
    server = Lab(
        tmp_path_factory.mktemp("lab"),
        f"--MCCom.model={SMALL}",
        "--MCCom.show_threshold=0",
        "--MCCom.route_threshold=1",
        *CLOUD_AWAY,
    )
    yield server
    server.stop()


def _theme(page: Page, name: str) -> None:
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {name}")
    page.locator(f"body[data-jp-theme-name='JupyterLab {name}']").wait_for(state="attached", timeout=PATIENCE_MS)


def _focused(page: Page) -> str:
    """Text of the button, or label of the box, that has the keyboard."""
    text: str = page.evaluate(
        "(() => { const e = document.activeElement; return (e.labels?.[0] ?? e).textContent; })()"
    )
    return text


def _settings(lab: Lab) -> dict[str, Any]:
    settings: dict[str, Any] = lab.get("mccom/settings")["settings"]
    return settings


def test_the_panel_by_keyboard_tells_why_and_switches_both_tiers(
    lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults
) -> None:
    """By keyboard the panel tells why a text was shown and switches both tiers."""
    lab.notebook("panel.ipynb", START, "")
    book = Notebook(window, lab, "panel.ipynb")
    page, item, panel = book.page, book.page.locator(STATUS), book.page.locator(PANEL)
    book.enter(1)
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    item.focus()
    page.keyboard.press("Enter")
    expect(panel.locator("pre")).to_have_text(ends_with(ghost))
    expect(panel.locator("pre + dl")).to_contain_text(SMALL)
    expect(panel.locator("pre + dl")).to_contain_text("could not be reached")
    expect(panel.locator(".jp-mccom-locked")).to_contain_text("MCCom.cloud_dialect")
    expect(panel.get_by_role("button", name="Remove")).to_have_count(0)
    expect(item).to_have_attribute("aria-expanded", "true")
    wait_for(lambda: _focused(page) == "Complete code", "the keyboard to be in the panel")
    for name in ("Light", "Dark"):
        _theme(page, name)
        assert faults(page, PANEL, STATUS) == []
        page.screenshot(path=str(screenshots / f"panel-{name.lower()}.png"))
    page.keyboard.press("Space")
    expect(item).to_have_text("mccom: off")
    wait_for(lambda: not _settings(lab)["enabled"], "the server to hear of it")
    assert faults(page, STATUS) == []
    page.keyboard.press("Space")
    wait_for(lambda: bool(_settings(lab)["enabled"]), "the server to hear of it")
    page.keyboard.press("Tab")
    assert _focused(page).startswith("Ask the cloud")
    page.keyboard.press("Space")
    wait_for(lambda: not _settings(lab)["use_cloud"], "the cloud to be off")
    expect(panel.locator(".jp-mccom-detail")).to_contain_text("nothing leaves it")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert _focused(page) == item.inner_text()
    expect(item).to_have_attribute("aria-expanded", "false")


def test_the_settings_editor_groups_and_shows_locks(
    lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults
) -> None:
    """The settings editor has groups, applies changes at once and shows what is locked."""
    lab.notebook("settings.ipynb", START, "")
    page = Notebook(window, lab, "settings.ipynb").page
    page.evaluate("jupyterapp.commands.execute('mccom:settings')")
    page.locator(f"{FIELD}threads").wait_for(timeout=PATIENCE_MS)
    groups = page.locator(".jp-mccom-group").all_inner_texts()
    assert groups == ["When to suggest", "Local model", "Cloud", "Context", "Privacy"]
    expect(page.locator(f"{FIELD}show_threshold")).not_to_be_editable()
    expect(page.locator(f"{FIELD}show_threshold")).to_have_value("0")
    expect(page.locator(f"{FIELD}model")).to_be_disabled()
    expect(page.locator(EDITOR).first).to_contain_text("Set by the administrator of the server. Between 0 and 1")
    page.screenshot(path=str(screenshots / "settings.png"))
    for name in ("Light", "Dark"):
        _theme(page, name)
        assert faults(page, ".jp-mccom-group") == []
    page.locator(f"{FIELD}threads").fill("2")
    page.locator(f"{FIELD}use_kernel").uncheck()
    wait_for(lambda: _settings(lab)["threads"] == 2 and not _settings(lab)["use_kernel"], "the server to hear of it")
    stored = json.loads(next(lab.root.parent.rglob("plugin.jupyterlab-settings")).read_text())
    assert (stored["threads"], stored["use_kernel"]) == (2, False)


def test_a_download_shows_progress_and_can_be_cancelled(
    window: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, faults: Faults
) -> None:
    """A model download shows its progress and can be cancelled."""
    with serving() as hub:
        hub.body, hub.hangs_after = bytes(491_400_064), 60_000_000
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        lab = Lab(tmp_path, f"--MCCom.models_dir={tmp_path / 'models'}")
        try:
            page = window.new_page()
            page.goto(f"{lab.url}/lab?token={TOKEN}&reset")
            page.locator(f"{STATUS}[data-state=get-model]").click(timeout=PATIENCE_MS)
            page.locator(PANEL).get_by_role("button", name="Download qwen2.5-coder-0.5b (491 MB)").click()
            progress = page.locator(f"{PANEL} progress")
            wait_for(lambda: progress.count() > 0 and int(progress.get_attribute("value") or 0) > 5e7, "bytes")
            expect(page.locator(STATUS)).to_have_text("mccom: downloading 12 %")
            for name in ("Light", "Dark"):
                _theme(page, name)
                assert faults(page, PANEL, STATUS) == []
            page.get_by_role("button", name="Cancel the download").click()
            expect(page.locator(STATUS)).to_have_text("mccom: get model (491 MB)")
            expect(page.locator(PANEL).get_by_role("button", name="Download")).to_be_visible()
        finally:
            lab.stop()


def test_the_status_item_shows_the_measurement(
    models: Store, window: BrowserContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, screenshots: Path
) -> None:
    """The status item shows that the machine is measured, and then why a model was chosen."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # in which nothing is known of this machine
    lab = Lab(tmp_path, "--MCCom.model=auto", "--MCCom.step_down=False", f"--MCCom.models_dir={models.models_dir}")
    try:
        lab.notebook("measured.ipynb", START, "")
        page = window.new_page()
        page.goto(f"{lab.url}/lab?token={TOKEN}&reset")
        item = page.locator(STATUS)
        expect(item).to_have_text("mccom: ready", timeout=PATIENCE_MS)
        page.evaluate("() => void jupyterapp.commands.execute('docmanager:open', {path: 'measured.ipynb'})")
        page.locator(".jp-Notebook .cm-content").first.click(timeout=PATIENCE_MS)
        expect(item).to_have_text("mccom: measuring this machine", timeout=PATIENCE_MS)
        page.screenshot(path=str(screenshots / "measuring.png"))
        expect(item).to_have_text("mccom: ready", timeout=PATIENCE_MS)
        item.click()
        expect(page.locator(PANEL)).to_contain_text("Chosen by measuring")
        expect(page.locator(PANEL)).to_contain_text(" s (measured), chosen")
    finally:
        lab.stop()
