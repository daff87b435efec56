"""The demo notebook as a newcomer goes through it: accept, type along, say no and get the cloud's text, why, stats."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from jupyter_mccom.cli.demo import demo_files
from jupyter_mccom.demo import tour
from jupyter_mccom.models.store import Store
from jupyter_mccom.server.messages import message
from tests.conftest import CODER

from . import pictures
from .lab import PATIENCE_MS, Faults, Lab, Notebook, wait_for

_READING_MS = 700
"""Less than anybody needs for the sentences above a cell."""
_GAPS_MS = (40, 400)
"""Between two keys: a text may come, and go with the next key, before all is typed."""


@pytest.fixture
def tour_lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab as on Binder and with `demo`: the model offered first, which will stand in for a cloud too."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("MCCOM_STAND_IN", "MCCOM_STAND_IN_KEY"):
            patched.setenv(name, "")  # so that what `prepare` sets is undone
        settings = {"model": CODER, "cloud_timeout_s": "60", **tour.prepare()}
        lab = Lab(tmp_path_factory.mktemp("tour"), *(f"--MCCom.{name}={value}" for name, value in settings.items()))
        for path in demo_files():
            shutil.copy(path, lab.root)
        yield lab
        lab.stop()


class Tour(Notebook):
    """The demo notebook, its code cells counted from 0."""

    def __init__(self, window: BrowserContext, lab: Lab) -> None:
        super().__init__(window, lab, "demo.ipynb")
        self._cells: list[int] = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.widgets"
            ".map((cell, index) => cell.model.type === 'code' ? index : -1).filter(index => index >= 0)"
        )

    def code(self, number: int) -> int:
        """Where the code cell stands among all cells."""
        return self._cells[number]

    def run(self, number: int) -> Locator:
        """Runs a code cell; its output."""
        self.enter(self.code(number))
        self.page.keyboard.press("Control+Enter")
        output = self.page.locator(f'.jp-Cell[data-windowed-list-index="{self.code(number)}"] .jp-OutputArea-output')
        expect(output.first).to_be_visible(timeout=PATIENCE_MS)
        return output

    def take(self, number: int, becomes: str) -> None:
        """Takes the grey text in a code cell, which becomes a whole statement, and runs it."""
        self.page.keyboard.press("Tab")
        self.no_ghost()
        assert self.source(self.code(number)) == becomes
        self.page.keyboard.press("Control+Enter")

    def ghost_after(self, number: int, typed: str, *, gap_ms: int) -> str:
        """Reads what is to be typed into a code cell, types it at its end, and waits for grey text."""
        self.enter(self.code(number))
        self.page.wait_for_timeout(_READING_MS)
        self.type(typed, delay_ms=gap_ms)
        self.settle(_READING_MS)
        return self.wait_ghost()


def _reason(lab: Lab) -> str:
    reason: str = lab.get("mccom/traces")["traces"][-1]["route"]["reason"]
    return reason


@pytest.mark.parametrize("gap_ms", _GAPS_MS)
def test_a_newcomer_goes_through_the_tour(
    tour_lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults, gap_ms: int
) -> None:
    """Each cell of the tour does what its text says, however quickly a person types."""
    book = Tour(window, tour_lab)
    expect(book.run(0)).to_contain_text("nothing leaves this machine")
    column = book.ghost_after(1, 'rain = days["', gap_ms=gap_ms)
    assert column.startswith('rainfall_mm"]'), "what follows depends on how quickly the keys come"
    book.page.screenshot(path=str(screenshots / "tour-data.png"))
    book.take(1, f'rain = days["{column}')
    assert book.ghost_after(2, "chill = weather.", gap_ms=gap_ms) == "add_wind_chill(days)"
    book.type("add", delay_ms=gap_ms)
    assert book.wait_ghost() == "_wind_chill(days)"
    book.page.screenshot(path=str(screenshots / "tour-files.png"))
    book.take(2, "chill = weather.add_wind_chill(days)")
    expect(book.run(3).last).to_contain_text("cloud qwen2.5-coder-0.5b at http://127.0.0.1", timeout=PATIENCE_MS)
    assert book.ghost_after(4, '"', gap_ms=gap_ms) == 'chill")'
    book.read()
    book.type("r")
    wait_for(lambda: _reason(tour_lab) == "rejected", "the cloud's answer")
    wait_for(lambda: book.ghost == tour_lab.get("mccom/traces")["traces"][-1]["text"], "the whole of it")
    assert book.ghost == 'ainfall_mm")'
    book.page.screenshot(path=str(screenshots / "tour-cloud.png"))
    book.take(4, 'worst = chill.nlargest(3, "rainfall_mm")')
    why = book.run(5)
    expect(why.last).to_contain_text(message("reasons", "rejected"))
    book.page.screenshot(path=str(screenshots / "tour-why.png"))
    stats = book.run(6)
    expect(stats.last.locator("svg")).to_be_visible()
    expect(stats.last).to_contain_text("accepted")
    assert faults(book.page, ".jp-OutputArea-output svg", ".jp-OutputArea-output table") == []
    book.page.screenshot(path=str(screenshots / "tour-stats.png"))


def test_the_readmes_pictures_can_be_taken_again(tour_lab: Lab, window: BrowserContext, tmp_path: Path) -> None:
    """The README's pictures can be taken again, and it shows each of them."""
    pictures.take(window, tour_lab, tmp_path)
    assert [path.name for path in sorted(tmp_path.iterdir())] == sorted(pictures.NAMES)
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert {name for name in pictures.NAMES if f"binder/{name}" in readme} == {*pictures.NAMES}
