"""When ghost text is asked for: each setting holds at once, in notebooks and files; what the page tells by itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from .lab import Lab, Notebook, wait_for

START = "import statistics\nvalues = [1, 2, 3]\n"
REMOTE = """text => {
  const { sharedModel } = window.jupyterapp.shell.currentWidget.content.activeCell.model;
  sharedModel.ysource.doc.transact(transaction => {
    transaction.local = false;
    sharedModel.ysource.insert(sharedModel.ysource.length, text);
  });
}"""
SILENT: list[tuple[dict[str, Any], str]] = [
    ({"enabled": False}, "x"),
    ({"trigger_mode": "manual"}, "x"),
    ({"in_comments": False}, "# x"),
    ({"in_strings": False}, "'x"),
    ({"languages_off": ["python"]}, "x"),
    ({"paths_off": ["quiet"]}, "x"),
]
DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "trigger_mode": "automatic",
    "in_comments": True,
    "in_strings": True,
    "languages_off": [],
    "paths_off": [],
}


def _asks(book: Notebook, text: str) -> bool:
    """Whether typing asks the server; the text is taken away again."""
    before = len(book.sent("complete"))
    book.type(text, delay_ms=20)
    book.page.wait_for_timeout(600)
    asked = len(book.sent("complete")) > before
    book.press(*["Backspace"] * len(text))
    return asked


@pytest.mark.parametrize("name", ["quiet/settings.ipynb", "quiet/settings.py"])
def test_each_setting_holds_at_once(lab: Lab, window: BrowserContext, name: str) -> None:
    (lab.root / "quiet").mkdir(exist_ok=True)
    if name.endswith(".ipynb"):
        lab.notebook(name, START)
    else:
        (lab.root / name).write_text(START)
    book = Notebook(window, lab, name)
    book.page.locator(".cm-content").first.click()
    book.press("Control+End")
    for values, text in SILENT:
        book.set(**values)
        assert not _asks(book, text), values
        book.set(**{setting: DEFAULTS[setting] for setting in values})
        assert _asks(book, text), values


def test_commands_switch_a_document_a_folder_and_a_language(lab: Lab, window: BrowserContext) -> None:
    (lab.root / "some").mkdir()
    lab.notebook("some/commands.ipynb", START)
    book = Notebook(window, lab, "some/commands.ipynb")
    book.enter(0)
    for command in ("toggle-document", "toggle-folder", "toggle-language", "toggle-manual"):
        book.execute(f"mccom:{command}")
        assert not _asks(book, "x"), command
        book.execute(f"mccom:{command}")
        assert _asks(book, "x"), command


def test_a_new_empty_line_is_completed_after_a_pause(lab: Lab, window: BrowserContext) -> None:
    lab.notebook("empty.ipynb", START + "for value in values:")
    book = Notebook(window, lab, "empty.ipynb")
    book.enter(0)
    book.press("Enter")
    ghost = book.wait_ghost()
    book.press("Tab")
    assert book.source(0) == f"{START}for value in values:\n    {ghost}"
    book.set(empty_line_pause_ms=0)
    before = len(_on_empty_lines(book))
    book.press("Enter")
    book.page.wait_for_timeout(1200)
    assert len(_on_empty_lines(book)) == before == 1
    book.set(empty_line_pause_ms=700)


def _on_empty_lines(book: Notebook) -> list[str]:
    """What stood before the cursor, of requests on a line with nothing on it."""
    prefixes = [body["prefix"] for body in book.sent("complete")]
    return [prefix for prefix in prefixes if not prefix.rpartition("\n")[2].strip()]


def test_what_a_collaborator_types_asks_nothing_and_rejects_nothing(lab: Lab, window: BrowserContext) -> None:
    lab.notebook("shared.ipynb", START)
    book, ended = Notebook(window, lab, "shared.ipynb"), len(lab.outcomes())
    book.enter(0)
    book.type("print(val")
    book.wait_ghost()
    book.read()
    before = len(book.sent("complete"))
    book.page.evaluate(REMOTE, "\n# theirs")
    wait_for(lambda: len(lab.outcomes()) > ended, "an outcome")
    assert lab.outcomes()[-1][1] == "superseded"
    book.page.wait_for_timeout(600)
    assert len(book.sent("complete")) == before


def test_a_line_is_left_in_peace_after_dismissals_until_asked_by_hand(lab: Lab, window: BrowserContext) -> None:
    lab.notebook("peace.ipynb", START)
    book = Notebook(window, lab, "peace.ipynb")
    book.enter(0)
    book.type("print(val")
    book.wait_ghost()
    book.press("Escape")
    book.no_ghost()
    assert _asks(book, "d")
    book.set(quiet_after_dismissals=1)
    assert not _asks(book, "d")
    before = len(book.sent("complete"))
    book.press("Alt+\\")
    wait_for(lambda: len(book.sent("complete")) > before, "a request")
    assert _asks(book, "d")
    book.set(quiet_after_dismissals=3)


def test_a_rest_warms_the_position_and_a_key_does_not(lab: Lab, window: BrowserContext) -> None:
    lab.notebook("warm.ipynb", START, "total = ")
    book = Notebook(window, lab, "warm.ipynb")
    book.enter(1)
    wait_for(lambda: ("total = ", "") in _warmed(book), "a warm-up")
    n_warm = len(book.sent("warm"))
    book.type("sum(val", delay_ms=30)
    book.wait_ghost()
    book.read()
    assert len(book.sent("warm")) == n_warm


def _warmed(book: Notebook) -> list[tuple[str, str]]:
    return [(body["prefix"], body["suffix"]) for body in book.sent("warm") if body]


def test_how_much_of_an_accepted_text_stays(lab: Lab, window: BrowserContext) -> None:
    lab.notebook("stays.ipynb", START)
    window.clock.install()
    book = Notebook(window, lab, "stays.ipynb")
    book.enter(0)
    book.type("print(statistics.me")
    ghost = book.wait_ghost()
    book.press("Tab", "Backspace")
    book.page.clock.fast_forward(30_000)
    wait_for(lambda: len(book.sent("survival")) == 1, "the first look")
    book.page.clock.fast_forward(270_000)
    wait_for(lambda: len(book.sent("survival")) == 2, "the second look")
    told = [(body["after_s"], body["kept_chars"]) for body in book.sent("survival")]
    assert told == [(30, len(ghost) - 1), (300, len(ghost) - 1)]
