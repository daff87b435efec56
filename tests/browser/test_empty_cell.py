"""Row 8: an empty cell, entered or new after a run, is proposed its first line; the test says what is proposed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from jupyter_mccom.models.store import Store

from .answering import Answers, answered_notebook
from .lab import PATIENCE_MS, Lab, Notebook

PAUSE_MS = 1000
NEW_CONSOLE = "window.jupyterapp.commands.execute('console:create', { kernelPreference: { name: 'python3' } })"
CELL = "for value in values:\n    print(value)\nsum(values)"


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model, which is hardly asked."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m")
    yield server
    server.stop()


def _new_cell(window: BrowserContext, lab: Lab, name: str, source: str) -> tuple[Notebook, Answers]:
    """A notebook whose only cell has just been run: the cursor is in a new one below."""
    book, answers = answered_notebook(window, lab, name, source)
    book.set(empty_cell_pause_ms=PAUSE_MS)
    answers.text = CELL
    book.press("Shift+Enter")
    return book, answers


def test_row_8_a_new_cell_after_a_run(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """After Shift+Enter the new cell shows a proposal in grey, and Tab takes it line by line, then is Tab again."""
    book, answers = _new_cell(window, lab, "new.ipynb", "values = [1, 2, 3]\nvalues")
    assert book.wait_ghost() == CELL
    assert answers.asked == [""]
    book.page.screenshot(path=str(screenshots / "proposal.png"))
    lines = CELL.split("\n")
    for number in range(1, len(lines)):
        book.press("Tab")
        assert book.source(1) == "\n".join(lines[:number])
        assert book.wait_ghost().strip("\n") == "\n".join(lines[number:])
        book.page.screenshot(path=str(screenshots / f"line {number}.png"))
    book.press("Tab")
    assert book.source(1) == CELL
    assert book.sent("outcome")[-1]["kind"] == "accepted"


def test_row_8_not_while_outputs_stream(lab: Lab, window: BrowserContext) -> None:
    """While the cell above runs nothing is asked, however long; a moment after it has ended, the proposal comes."""
    source = "import time\nfor second in range(4):\n    print(second, flush=True)\n    time.sleep(1)"
    book, answers = _new_cell(window, lab, "streams.ipynb", source)
    book.page.wait_for_timeout(2 * PAUSE_MS)
    assert (answers.asked, book.ghost) == ([], "")
    assert book.wait_ghost() == CELL
    assert book.page.locator(".jp-OutputArea-output").inner_text().split() == ["0", "1", "2", "3"]


def test_row_8_typing_along_and_over(lab: Lab, window: BrowserContext) -> None:
    """Typing along keeps the rest and asks nothing; another key is a rejection, as elsewhere."""
    book, answers = _new_cell(window, lab, "along.ipynb", "values = [1, 2, 3]")
    book.wait_ghost()
    book.read()
    book.type("for va")
    assert book.ghost == CELL.removeprefix("for va")
    assert len(answers.asked) == 1
    answers.text = ""
    book.type("x")
    book.no_ghost()
    book.settle(600)
    book.press("Escape")
    kinds = [outcome["kind"] for outcome in book.sent("outcome")]
    lasts = [body["last"]["kind"] for body in book.sent("complete") if body["last"]]
    assert "rejected" in kinds + lasts


def test_row_8_an_empty_cell_is_entered(lab: Lab, window: BrowserContext) -> None:
    """An empty cell that is clicked into is proposed a line; Esc sends it away; nothing while it is switched off."""
    book, answers = answered_notebook(window, lab, "entered.ipynb", "x = 1", "", "", "y = 2\n")
    answers.text = "print(x)"
    book.set(empty_cell_pause_ms=0)
    book.enter(1)
    book.settle(2 * PAUSE_MS)
    assert (answers.asked, book.ghost) == ([], "")
    book.set(empty_cell_pause_ms=PAUSE_MS)
    book.enter(2)
    assert book.wait_ghost() == "print(x)"
    book.press("Escape")
    book.no_ghost()
    book.settle(2 * PAUSE_MS)
    assert (len(answers.asked), book.ghost) == (1, "")
    book.enter(1)
    assert book.wait_ghost() == "print(x)"
    book.press("ArrowDown")  # to the next cell: the cursor came from above
    book.no_ghost()


def test_row_8_a_cell_that_is_emptied(lab: Lab, window: BrowserContext) -> None:
    """Keys that empty a cell ask nothing; only the rest does."""
    book, answers = answered_notebook(window, lab, "emptied.ipynb", "x = 1", "yz")
    answers.text = "print(x)"
    book.set(empty_cell_pause_ms=3 * PAUSE_MS)
    book.enter(1)
    book.press("Backspace", "Backspace")
    n_asked = len(answers.asked)
    book.settle(2 * PAUSE_MS)
    assert (answers.asked.count(""), book.ghost) == (0, "")
    assert book.wait_ghost() == "print(x)"
    assert answers.asked[n_asked:].count("") == 1


def test_row_8_the_prompt_of_a_console(lab: Lab, window: BrowserContext) -> None:
    """A console's prompt is a new empty cell after each run, with what ran as the cells above."""
    book, answers = answered_notebook(window, lab, "console.ipynb", "x = 1")
    answers.text = "print(total)"
    book.set(empty_cell_pause_ms=PAUSE_MS)
    book.page.evaluate(NEW_CONSOLE)
    prompt = book.page.locator(".jp-CodeConsole-promptCell .cm-content")
    prompt.click(timeout=PATIENCE_MS)
    book.page.wait_for_function(
        "() => window.jupyterapp.shell.currentWidget.console?.sessionContext.session?.kernel?.status === 'idle'",
        timeout=PATIENCE_MS,
    )
    book.type("total = 2")
    book.press("Shift+Enter")
    assert book.wait_ghost() == "print(total)"
    assert [cell["source"] for cell in book.sent("complete")[-1]["cells_before"]] == ["total = 2"]
