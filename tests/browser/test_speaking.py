"""When ghost text is asked for: each setting holds at once, in notebooks and files, beside another provider or not."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from .lab import Lab, Notebook, wait_for

START = "import statistics\nvalues = [1, 2, 3]\n"
PRICES = """first = {
    "apple": 1,
    "pear": 2,
}
second = {
    "apple": 3,
    "pear": 4,
}
"""
MEAN = """def mean_of(numbers):
    total = sum(numbers)
    return total / len(numbers)


"""
REMOTE = """text => {
  const { content } = window.jupyterapp.shell.currentWidget;
  const { sharedModel } = (content.activeCell ?? content).model;
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


def _asks(book: Notebook, text: str, patience_ms: int = 10_000) -> bool:
    """True when typing asks the server before `patience_ms` ends. The text is removed again."""
    before = len(book.sent("complete"))
    book.type(text, delay_ms=20)
    end = time.monotonic() + patience_ms / 1000
    while not (asked := len(book.sent("complete")) > before) and time.monotonic() < end:
        book.page.wait_for_timeout(50)
    book.press(*["Backspace"] * len(text))
    return asked


def _is_silent(book: Notebook, text: str) -> bool:
    """Typing does not ask the server, not even after the longest pause."""
    return not _asks(book, text, 600)


@pytest.fixture
def lab(either_lab: Lab) -> Lab:
    """The lab, alone and beside another inline provider."""
    return either_lab


def _opened(window: BrowserContext, lab: Lab, name: str, source: str = START) -> Notebook:
    lab.write(name, source)
    book = Notebook(window, lab, name)
    book.begin()
    return book


def test_each_setting_holds_at_once(lab: Lab, window: BrowserContext, place: str) -> None:
    """Each setting holds at once, both when it silences and when it is reset."""
    book = _opened(window, lab, f"quiet/settings{place}")
    for values, text in SILENT:
        book.set(**values)
        assert _is_silent(book, text), values
        book.set(**{setting: DEFAULTS[setting] for setting in values})
        assert _asks(book, text), values


def test_commands_switch_a_document_a_folder_and_a_language(lab: Lab, window: BrowserContext, place: str) -> None:
    """Commands switch suggestions for a document, a folder and a language."""
    book = _opened(window, lab, f"some/commands{place}")
    for command in ("toggle-document", "toggle-folder", "toggle-language", "toggle-manual"):
        book.execute(f"mccom:{command}")
        assert _is_silent(book, "x"), command
        book.execute(f"mccom:{command}")
        assert _asks(book, "x"), command


def test_a_burst_asks_once_and_single_keys_each(lab: Lab, window: BrowserContext, place: str) -> None:
    """Keys that follow each other quicker than the wait for a pause are one request."""
    book = _opened(window, lab, f"debounce{place}")
    book.set(debounce_max_ms=300)
    book.type("qzxwvk", delay_ms=20)
    book.settle(600)
    assert 0 < len(book.sent("complete")) < 4
    book.set(debounce_max_ms=0)
    for key in "qzxwvk":
        assert _asks(book, key)
    book.set(debounce_max_ms=300)


def test_a_suggestion_is_a_line_a_statement_or_a_block(lab: Lab, window: BrowserContext, place: str) -> None:
    """A suggestion is a line, a statement or a block as the setting says."""
    book = _opened(window, lab, f"modes{place}", PRICES)
    book.type("third = ")
    line, statement = (_in_mode(book, mode) for mode in ("line", "statement"))
    assert "\n" not in line
    assert statement.startswith(line)
    assert statement.endswith("}")
    book = _opened(window, lab, f"block{place}", MEAN)
    book.type("def mean(numbers):", delay_ms=20)
    statement, block = (_in_mode(book, mode).strip() for mode in ("statement", "block"))
    assert block.startswith(statement)
    assert block.count("\n") > statement.count("\n")
    book.set(multiline="statement")


def _in_mode(book: Notebook, mode: str) -> str:
    """What is suggested at the cursor when as much as that is wanted."""
    book.set(multiline=mode)
    book.settle(600)
    book.press("Alt+\\")  # what was shown went with the change
    return book.wait_ghost()


def test_a_new_empty_line_is_completed_after_a_pause(lab: Lab, window: BrowserContext, place: str) -> None:
    """A new empty line is completed after a pause."""
    book = _opened(window, lab, f"empty{place}", START + "for value in values:")
    book.press("Enter")
    ghost = book.wait_ghost()
    book.press("Tab")
    assert book.text() == f"{START}for value in values:\n    {ghost}"
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


def test_a_collaborators_text_asks_and_rejects_nothing(lab: Lab, window: BrowserContext, place: str) -> None:
    """Text of a collaborator sends no request and rejects no suggestion."""
    book, ended = _opened(window, lab, f"shared{place}"), len(lab.outcomes())
    book.type("print(val")
    ghost = book.wait_ghost()
    book.read()
    before = len(book.sent("complete"))
    book.page.evaluate(REMOTE, "\n# theirs")
    lab.wait_outcome(ended, ghost, "superseded")
    book.page.wait_for_timeout(600)
    assert len(book.sent("complete")) == before


def test_a_line_is_left_in_peace_after_dismissals(lab: Lab, window: BrowserContext, place: str) -> None:
    """After as many dismissals as are set, a line gets no suggestion until asked by hand."""
    book = _opened(window, lab, f"peace{place}")
    book.type("print(val")
    book.wait_ghost()
    book.press("Escape")
    book.no_ghost()
    assert _asks(book, "d")
    book.set(quiet_after_dismissals=1)
    assert _is_silent(book, "d")
    before = len(book.sent("complete"))
    book.press("Alt+\\")
    wait_for(lambda: len(book.sent("complete")) > before, "a request")
    assert _asks(book, "d")
    book.set(quiet_after_dismissals=3)


def test_a_rest_warms_the_position_and_a_key_does_not(lab: Lab, window: BrowserContext) -> None:
    """A rest at a position warms it, and a key does not."""
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
    """What stays of an accepted text is reported after 30 and after 300 seconds."""
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
