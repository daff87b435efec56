"""200 keys at random: the cell holds what a plain editor would, with the accepted texts in their places."""

from __future__ import annotations

import random
from collections.abc import Iterator

from playwright.sync_api import BrowserContext

from .lab import GHOST, Lab, Notebook, line_of, word_of

START = "import statistics\nvalues = [1, 2, 3]\n\n\n"
SEED = 20261125
N_KEYS = 200
TEXTS = ["print(", "val", "ues", "[0]", "stat", "istics.", "me", "an(", ")", "total = ", "for v in ", ":", "x", "# "]
EDITS = ["Enter", "Backspace", "Delete", "ArrowLeft", "ArrowRight", "Home"]
TAKES = ["Tab", "Control+ArrowRight", "End"]
LEAVES = ["Escape", "Alt+]"]
LOOK_MS = 350
WATCH = f"""() => window.addEventListener("keydown", () => {{
  const shown = document.querySelector(".jp-mod-inline-completer-active.jp-mod-mccom-ghost");
  window.ghostAtKey = shown ? [...document.querySelectorAll("{GHOST}")].map(ghost => ghost.innerText).join("") : "";
}}, true)"""
STATE = """() => {
  const { editor } = window.jupyterapp.shell.currentWidget.content.activeCell.editor;
  return [editor.state.doc.toString(), editor.state.selection.main.head];
}"""
PUT = """insert => {
  const { editor } = window.jupyterapp.shell.currentWidget.content.activeCell.editor;
  const from = editor.state.selection.main.head;
  editor.dispatch({ changes: { from, insert }, selection: { anchor: from + insert.length } });
}"""


def test_the_cell_holds_what_a_plain_editor_would_and_the_accepted_texts(lab: Lab, window: BrowserContext) -> None:
    book, plain = (_opened(lab, window, name) for name in ("random.ipynb", "plain.ipynb"))
    book.page.evaluate(WATCH)
    plain.page.route("**/mccom/complete*", lambda route: route.abort())
    n_taken = 0
    for key in _keys():
        text, cursor = book.page.evaluate(STATE)
        if key in (*TAKES, *LEAVES):
            book.settle(LOOK_MS)
            if not book.ghost and (key in LEAVES or text[:cursor].rpartition("\n")[2].strip()):
                continue  # a menu of the kernel's would open, or the cell be left
        _press(book, key)
        taken = _taken(key, book.page.evaluate("() => window.ghostAtKey"), text[cursor:])
        n_taken += bool(taken)
        if taken:
            plain.page.evaluate(PUT, taken)
        elif key not in LEAVES:
            _press(plain, key)
        assert book.page.evaluate(STATE) == plain.page.evaluate(STATE), (key, taken)
    assert n_taken > 5


def _opened(lab: Lab, window: BrowserContext, name: str) -> Notebook:
    lab.notebook(name, START)
    book = Notebook(window, lab, name)
    book.enter(0)
    return book


def _keys() -> Iterator[str]:
    """Keys, and pieces of text of many keys."""
    chance = random.Random(SEED)
    n_keys = 0
    while n_keys < N_KEYS:
        key = chance.choice(chance.choices([TEXTS, EDITS, TAKES, LEAVES], [6, 3, 4, 1])[0])
        n_keys += len(key) if key in TEXTS else 1
        yield key


def _taken(key: str, ghost: str, behind: str) -> str:
    """What a key takes of the text that was visible when it came."""
    if key == "Tab":
        return ghost
    if key == "Control+ArrowRight":
        return word_of(ghost)
    return line_of(ghost) if key == "End" and behind[:1] in ("", "\n") else ""


def _press(book: Notebook, key: str) -> None:
    if key in TEXTS:
        book.type(key, delay_ms=5)
    else:
        book.press(key)
