"""What a person sees and does: ghost text from the real model, and the outcome that the server stores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from jupyter_mccom.models.store import Store

from .lab import GHOST, STATUS, Lab, Notebook

START = "import statistics\nvalues = [1, 2, 3]\n"


def test_tab_accepts_what_is_shown(lab: Lab, window: BrowserContext) -> None:
    """Tab accepts the ghost text, and the server stores the outcome."""
    lab.notebook("tab.ipynb", START, "")
    book, before = Notebook(window, lab, "tab.ipynb"), len(lab.outcomes())
    book.enter(1)
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    book.page.keyboard.press("Tab")
    lab.wait_outcome(before, ghost, "accepted")
    assert book.source(1) == "print(statistics.me" + ghost


def test_typing_along_keeps_the_suggestion_and_asks_nobody(lab: Lab, window: BrowserContext) -> None:
    """Typing along keeps the suggestion and sends no request."""
    lab.notebook("along.ipynb", START, "")
    book, before = Notebook(window, lab, "along.ipynb"), len(lab.outcomes())
    book.enter(1)
    book.type("mean = statistics.me")
    ghost = book.wait_ghost()
    requests = lab.get("mccom/status")["totals"]["requests"]
    book.type(ghost[:3])
    book.read()
    assert book.ghost == ghost[3:]
    assert lab.get("mccom/status")["totals"]["requests"] == requests
    book.page.keyboard.press("Tab")
    lab.wait_outcome(before, ghost, "accepted")
    assert book.source(1) == "mean = statistics.me" + ghost


def test_typing_something_else_rejects(lab: Lab, window: BrowserContext) -> None:
    """Typing something else rejects the suggestion."""
    lab.notebook("over.ipynb", START, "")
    book, before = Notebook(window, lab, "over.ipynb"), len(lab.outcomes())
    book.enter(1)
    book.type("print(val")
    ghost = book.wait_ghost()
    book.read()
    book.type("~")
    lab.wait_outcome(before, ghost, "rejected")
    assert book.source(1) == "print(val~"


def test_escape_dismisses_and_stays_in_the_cell(lab: Lab, window: BrowserContext) -> None:
    """Esc dismisses the suggestion, and the cursor stays in the cell."""
    lab.notebook("escape.ipynb", START, "")
    book, before = Notebook(window, lab, "escape.ipynb"), len(lab.outcomes())
    book.enter(1)
    book.type("print(val")
    ghost = book.wait_ghost()
    book.read()
    book.page.keyboard.press("Escape")
    book.no_ghost()
    lab.wait_outcome(before, ghost, "dismissed")
    book.type("!")
    assert book.source(1) == "print(val!"


def test_clicking_another_cell_is_moving_away(lab: Lab, window: BrowserContext) -> None:
    """A click into another cell ends the suggestion as moved."""
    lab.notebook("away.ipynb", START, "")
    book, before = Notebook(window, lab, "away.ipynb"), len(lab.outcomes())
    book.enter(1)
    book.type("print(val")
    ghost = book.wait_ghost()
    book.read()
    book.enter(0)
    book.no_ghost()
    lab.wait_outcome(before, ghost, "moved")
    assert book.source(1) == "print(val"


def test_tab_is_an_ordinary_tab_without_a_ghost(lab: Lab, window: BrowserContext) -> None:
    """Without ghost text Tab indents."""
    lab.notebook("indent.ipynb", "")
    book = Notebook(window, lab, "indent.ipynb")
    book.enter(0)
    book.page.keyboard.press("Tab")
    assert book.source(0) == "    "


def test_characters_beyond_the_basic_plane_before_the_cursor(lab: Lab, window: BrowserContext) -> None:
    """Emoji before the cursor do not shift an accepted text."""
    lab.notebook("emoji.ipynb", START + 's = "😀😀"\n')
    book = Notebook(window, lab, "emoji.ipynb")
    book.enter(0)
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    book.page.keyboard.press("Tab")
    book.no_ghost()
    assert book.source(0) == START + 's = "😀😀"\nprint(statistics.me' + ghost


def test_file_editor(lab: Lab, window: BrowserContext) -> None:
    """Ghost text works in the file editor."""
    (lab.root / "script.py").write_text(START)
    book, before = Notebook(window, lab, "script.py"), len(lab.outcomes())
    book.page.locator(".jp-FileEditor .cm-content").click()
    book.page.keyboard.press("Control+End")
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    book.page.keyboard.press("Tab")
    lab.wait_outcome(before, ghost, "accepted")


def test_two_notebooks_and_two_windows_at_once(lab: Lab, window: BrowserContext) -> None:
    """Two notebooks, and two windows of one, complete at the same time."""
    lab.notebook("one.ipynb", START, "")
    lab.notebook("two.ipynb", START, "")
    books = [Notebook(window, lab, name) for name in ("one.ipynb", "two.ipynb", "one.ipynb")]
    for book in books:
        book.page.bring_to_front()
        book.enter(1)
        book.type("print(val")
        assert book.wait_ghost()
    assert [book.source(1) for book in books[:2]] == ["print(val"] * 2


def test_a_restarting_kernel_does_not_matter(lab: Lab, window: BrowserContext) -> None:
    """A restarting kernel does not stop ghost text."""
    lab.notebook("restart.ipynb", START, "")
    book = Notebook(window, lab, "restart.ipynb")
    book.enter(1)
    book.page.evaluate("() => { void window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }")
    book.type("print(val")
    assert book.wait_ghost()


def test_a_notebook_of_300_cells(lab: Lab, window: BrowserContext) -> None:
    """The last cell of a notebook of 300 cells gets ghost text."""
    lab.notebook("long.ipynb", *(f"value_{i} = {i}" for i in range(299)), "")
    book = Notebook(window, lab, "long.ipynb")
    book.page.evaluate(
        "() => { const notebook = window.jupyterapp.shell.currentWidget.content;"
        " notebook.activeCellIndex = 299; notebook.mode = 'edit'; }"
    )
    book.editor(299).wait_for()
    book.page.wait_for_timeout(500)
    book.type("print(val")
    assert book.wait_ghost()
    assert book.source(299) == "print(val"


def test_the_models_process_killed_while_it_answers(lab: Lab, window: BrowserContext) -> None:
    """After the model's process is killed, the next keys get ghost text again."""
    lab.notebook("killed.ipynb", START, "")
    book = Notebook(window, lab, "killed.ipynb")
    book.enter(1)
    book.type("print(values[0] + val")
    for child in _children(lab.process.pid):
        os.kill(child, 9)
    book.type("ues[1])\nprint(stat")
    assert book.wait_ghost()
    assert book.source(1) == "print(values[0] + values[1])\nprint(stat"


def test_what_it_looks_like(lab: Lab, window: BrowserContext, screenshots: os.PathLike[str]) -> None:
    """Ghost text is visible, and its picture can be taken."""
    lab.notebook("picture.ipynb", START, "")
    book = Notebook(window, lab, "picture.ipynb")
    book.enter(1)
    book.type("print(statistics.me")
    book.wait_ghost()
    assert book.page.locator(GHOST).first.is_visible()
    book.page.screenshot(path=os.path.join(screenshots, "ghost-text.png"))


def _children(pid: int) -> list[int]:
    import psutil

    found = psutil.Process(pid).children(recursive=True)
    return [child.pid for child in found if "jupyter_mccom.engines.local.llamacpp" in child.cmdline()]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("total.R", "values <- c(1, 2, 3)\ntotal <- sum(val"),
        ("total.jl", "values = [1, 2, 3]\ntotal = sum(val"),
        ("total.sql", "SELECT name, price FROM products\nWHERE pri"),
    ],
)
def test_languages_without_a_parser_stop_at_the_line(lab: Lab, window: BrowserContext, name: str, text: str) -> None:
    """In a language without a parser a suggestion stops at the line's end."""
    (lab.root / name).write_text(text[:-3])
    book = Notebook(window, lab, name)
    book.page.locator(".jp-FileEditor .cm-content").click()
    book.page.keyboard.press("Control+End")
    book.type(text[-3:])
    assert "\n" not in book.wait_ghost().strip("\n")


def test_a_cell_of_another_language(lab: Lab, window: BrowserContext) -> None:
    """A cell of another language gets ghost text."""
    lab.notebook("shell.ipynb", "%%bash\nfor name in *.csv; do\n  echo \n")
    book = Notebook(window, lab, "shell.ipynb")
    book.enter(0)
    book.type('  wc -l "$na')
    ghost = book.wait_ghost()
    book.page.keyboard.press("Tab")
    book.no_ghost()
    assert book.source(0).endswith('  wc -l "$na' + ghost)


def test_the_server_stopped_while_it_answers(models: Store, window: BrowserContext, tmp_path: Path) -> None:
    """When the server stops, typing goes on and the status item shows trouble."""
    own = Lab(tmp_path, "--MCCom.model=qwen2.5-coder-0.5b")
    own.notebook("stopped.ipynb", START, "")
    book = Notebook(window, own, "stopped.ipynb")
    book.enter(1)
    book.type("print(statis")
    own.stop()
    book.told_of_the_lost_server()
    book.enter(1)
    book.type("tics.mean(val")
    book.page.locator(f"{STATUS}[data-state=trouble]").wait_for(timeout=60_000)
    assert book.source(1).startswith("print(statistics.mean(val")
    assert "Traceback" not in (tmp_path / "server.log").read_text()
