"""Who wrote a suggestion, said where one looks; and a report about one that was wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store

from .answering import answered_notebook
from .lab import GHOST, STATUS, Faults, Lab, Notebook

BOX = ".jp-InlineCompleter:has(.jp-mccom-who)"
WHO = f"{BOX} .jp-mccom-who"
PANEL = ".jp-mccom-panel"
SPOKEN = "body > .jp-mccom-spoken"
LINE = "By smollm2-135m on this machine: 90 % likely to be right"
KEY = "sk-proj-9fK2mXq7LwZ4tRb8VnC1yDj5HsEa3GuP"


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def test_one_line_says_who_wrote_it(lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults) -> None:
    """The pointer over a suggestion, or Alt+Shift+W, shows who wrote it and how likely it is; the key says it too."""
    book, answers = answered_notebook(window, lab, "who.ipynb", "values = [1, 2]\n\n\n\n")
    answers.text = "(values)"
    book.type("total = sum")
    book.wait_ghost()
    line = book.page.locator(WHO)
    expect(line).to_have_text(LINE)
    assert not line.is_visible()
    book.page.locator(GHOST).first.hover()
    expect(line).to_be_visible()
    book.page.screenshot(path=str(screenshots / "hover.png"))
    book.page.mouse.move(5, 400)
    expect(line).not_to_be_visible()
    book.press("Alt+Shift+W")
    expect(line).to_be_visible()
    expect(book.page.locator(SPOKEN)).to_have_text(LINE)
    assert faults(book.page, BOX) == []
    book.page.screenshot(path=str(screenshots / "who.png"))
    book.press("Tab")
    book.no_ghost()
    expect(line).not_to_be_visible()


def test_a_report_is_shown_and_saved_on_a_click(
    lab: Lab, window: BrowserContext, screenshots: Path, faults: Faults
) -> None:
    """The panel's report holds no secret, is shown and changed before it is saved, and only a click saves it."""
    lab.notebook("wrong.ipynb", f'OPENAI_API_KEY = "{KEY}"\nimport statistics\nvalues = [1, 2, 3]\n')
    book = Notebook(window, lab, "wrong.ipynb")
    book.enter(0)
    book.type("print(statistics.me")
    book.wait_ghost()
    saved: list[object] = []
    book.page.on("download", lambda download: saved.append(download))
    book.page.locator(STATUS).click()
    panel = book.page.locator(PANEL)
    panel.get_by_role("button", name="Wrong?").click()
    report = panel.get_by_label("Report")
    expect(report).to_have_value(re.compile("What was suggested"))
    text = report.input_value()
    assert "print(statistics.me█" in text
    assert KEY not in text
    assert "MCCOM_SECRET_1_" in text
    assert "wrong.ipynb" not in text
    assert saved == []
    assert faults(book.page, PANEL) == []
    book.page.screenshot(path=str(screenshots / "report.png"))
    report.fill(text.replace("(write it here)", "median"))
    with book.page.expect_download() as downloading:
        panel.get_by_role("button", name="Save the report").click()
    download = downloading.value
    assert download.suggested_filename.startswith("mccom-report-")
    assert "median" in Path(download.path()).read_text(encoding="utf-8")
    expect(panel.locator(".jp-mccom-report [role=status]")).to_contain_text(download.suggested_filename)
