"""The first use on MLX, from an empty home: a download from a played hub, and what a person does with what is written.

The whole small model, converted from its GGUF file. The setting `engine` stands for the Mac: MLX runs on Linux too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.engines.decoding.costs import FILE, TIMED, CostCurve, keep, key_of
from jupyter_mccom.models.store import Store, default_models_dir
from tests.conftest import SMALL
from tests.played_hub import folder_of, playing, whole
from tests.unit.model_sources import Hub

from .lab import PATIENCE_MS, STATUS, TOKEN, Lab, Notebook, wait_for

pytestmark = pytest.mark.model
START = "import statistics\nvalues = [1, 2, 3]\n"
PARTING = ("shares = values / total.first\n", "shares = values / total.last\n")
"""Two lines that begin alike: as far as they do they are a draft, but no text that is shown at once."""
PATIENCE_S = 240
"""MLX's wheel for Linux multiplies matrices without a fast library, and other tests may use the processor too."""


@pytest.fixture(scope="module")
def hub(models: Store) -> Iterator[Hub]:
    """A hub that has the small model's MLX folder."""
    pytest.importorskip("mlx_lm")
    with playing(SMALL, whole(SMALL, models)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> Path:
    """An empty home that knows only this hub, on a machine on which checking a draft costs nothing."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache = default_models_dir().parent
    cache.mkdir(parents=True)
    keep(cache / FILE, key_of(folder_of(SMALL).content, 0, "mlx"), CostCurve(ms=dict.fromkeys(TIMED, 10.0)))
    return tmp_path


@pytest.fixture
def mlx_lab(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A JupyterLab without a model, which is to run MLX."""
    monkeypatch.setattr("tests.browser.lab.PATIENCE_MS", PATIENCE_S * 1000)
    patient = (f"--MCCom.latency_budget_s={PATIENCE_S}", "--MCCom.max_tokens=16")
    lab = Lab(home, f"--MCCom.model={SMALL}", "--MCCom.engine=mlx", "--MCCom.show_threshold=0", *patient)
    yield lab
    lab.stop()


def test_the_first_use_on_mlx(mlx_lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """Download, ghost text, Tab, rejection, why, a draft, a killed process and an idle one: all on MLX."""
    _download(mlx_lab, window)
    mlx_lab.notebook("first.ipynb", START, "", "%load_ext jupyter_mccom\n%mccom why", *PARTING, "", "", "")
    book = Notebook(window, mlx_lab, "first.ipynb")
    book.enter(1)
    _accept_inside_a_word(book)
    book.page.screenshot(path=str(screenshots / "mlx.png"))
    _reject(book)
    _ask_why(book)
    _check_a_draft(book)
    _kill(book)
    _unload(book)
    status = mlx_lab.get("mccom/status")
    assert (status["engine"], status["engine_why"], status["model"]["id"]) == ("mlx", "", SMALL)
    assert "Traceback" not in (mlx_lab.root.parent / "server.log").read_text()


def _download(lab: Lab, window: BrowserContext) -> None:
    page = window.new_page()
    page.goto(f"{lab.url}/lab?token={TOKEN}&reset")
    page.locator(f"{STATUS}[data-state=get-model]").click(timeout=PATIENCE_MS)
    page.get_by_role("button", name=f"Download {SMALL} (272 MB)").click()
    page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=PATIENCE_MS)
    page.close()
    assert {file.suffix for file in default_models_dir().glob("*/*")} == {".json", ".safetensors"}
    assert not list(default_models_dir().glob("*.gguf"))


def _accept_inside_a_word(book: Notebook) -> None:
    n_before = len(book.lab.outcomes())
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    assert ghost.startswith(("an(", "dian"))
    book.press("Tab")
    book.lab.wait_outcome(n_before, ghost, "accepted")
    assert book.source(1) == "print(statistics.me" + ghost


def _reject(book: Notebook) -> None:
    n_before = len(book.lab.outcomes())
    book.press("End", "Enter")
    book.type("print(val")
    ghost = book.wait_ghost()
    assert ghost.startswith("ues")
    book.read()
    book.type("~")
    book.lab.wait_outcome(n_before, ghost, "rejected")


def _ask_why(book: Notebook) -> None:
    book.enter(2)
    book.press("Control+Enter")
    output = book.page.locator('.jp-Cell[data-windowed-list-index="2"] .jp-OutputArea-output')
    expect(output.last).to_contain_text(SMALL, timeout=PATIENCE_MS)


def _check_a_draft(book: Notebook) -> None:
    book.enter(5)
    book.type("shares = va")
    book.settle(400)
    wait_for(lambda: any(_accepted_of_drafts(book.lab)), "a draft that the model accepts", PATIENCE_S)


def _accepted_of_drafts(lab: Lab) -> list[int]:
    drafts = [trace["draft"] for trace in lab.get("mccom/traces")["traces"]]
    return [draft["accepted"] for draft in drafts if draft]


def _kill(book: Notebook) -> None:
    book.enter(6)
    book.type("print(values[0] + val")
    (child,) = _processes(book.lab)
    os.kill(child, 9)
    book.type("ues[1])\nprint(stat")
    assert book.wait_ghost()
    assert child not in _processes(book.lab)


def _unload(book: Notebook) -> None:
    book.lab.patch("mccom/settings", {"idle_unload_s": 1})
    book.enter(7)
    for typed in ("print(val", "ues)\nprint(stat"):
        book.type(typed)
        assert book.wait_ghost()
        wait_for(lambda: not _processes(book.lab), "the idle process to end", PATIENCE_S)
        book.press("Escape")


def _processes(lab: Lab) -> list[int]:
    found = []
    for child in psutil.Process(lab.process.pid).children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            found += [child.pid] if "jupyter_mccom.engines.local.mlx" in child.cmdline() else []
    return found
