"""200 keys at random: the cell holds what a plain editor would, with the accepted texts in their places.

Undo is compared with what stood there before: when an editor joins keys into one step is a matter of its clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext
from playwright.sync_api import TimeoutError as PageTimeout

from .lab import GHOST, Lab, Notebook, line_of, wait_for, word_of

START = "import statistics\nvalues = [1, 2, 3]\n\n\n"
N_KEYS, N_EXAMPLES, N_PRESSED = 20, 10, 150
N_ASKED, N_TAKEN = 2, 15
"""An example asks by hand until so many texts were taken; so many are taken in all."""
TEXTS = ["print(", "val", "ues", "[0]", "stat", "istics.", "me", "an(", ")", "total = ", "for v in ", ":", "x", "# "]
EDITS = ["Enter", "Backspace", "Delete", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home"]
TAKES = ["Tab", "Control+ArrowRight", "End"]
LEAVES = ["Escape", "Alt+]"]
UNDO, ASK = "Control+z", "Alt+\\"
KEYS = st.sampled_from([*TEXTS * 3, *EDITS * 2, *TAKES * 6, *LEAVES, *[UNDO] * 2])
"""Pieces of text, and keys."""
RUNS = st.builds(
    lambda first, keys, last: [first, *keys, last],
    st.sampled_from(TAKES),
    st.lists(KEYS, min_size=N_KEYS - 2, max_size=N_KEYS - 2),
    st.sampled_from(TAKES),
)
"""The first key takes, on a line where every model has a text, and the last, wherever the keys between have led."""
LOOK_MS, PAINT_MS = 350, 3_000
_EDITOR = "const { editor } = window.jupyterapp.shell.currentWidget.content.activeCell.editor;"
WATCH = f"""() => window.addEventListener("keydown", () => {{
  {_EDITOR}
  window.stood = [...(window.stood ?? []), editor.state.doc.toString()];
  const shown = document.querySelector(".jp-mod-inline-completer-active.jp-mod-mccom-ghost");
  window.ghostAtKey = shown ? [...document.querySelectorAll("{GHOST}")].map(ghost => ghost.innerText).join("") : "";
}}, true)"""
STATE = f"() => {{ {_EDITOR} return [editor.state.doc.toString(), editor.state.selection.main.head]; }}"
PUT = f"""insert => {{
  {_EDITOR}
  const from = editor.state.selection.main.head;
  editor.dispatch({{ changes: {{ from, insert }}, selection: {{ anchor: from + insert.length }} }});
}}"""
RESTART = f"""source => {{
  {_EDITOR}
  const {{ sharedModel }} = window.jupyterapp.shell.currentWidget.content.activeCell.model;
  sharedModel.setSource(source);
  sharedModel.clearUndoHistory();
  editor.dispatch({{ selection: {{ anchor: source.length }} }});
  window.stood = [source];
}}"""
BECOME = f"""([insert, anchor]) => {{
  {_EDITOR}
  editor.dispatch({{ changes: {{ from: 0, to: editor.state.doc.length, insert }}, selection: {{ anchor }} }});
}}"""


@dataclass
class Pair:
    """The cell under test, and one in which nothing completes."""

    book: Notebook
    plain: Notebook
    before_taking: str = ""
    """The cell's text before the last key took a whole suggestion or a part; empty when the last key did not."""
    n_taken_here: int = 0
    """Texts that were taken in this example."""
    n_taken: int = 0
    n_pressed: int = 0

    def begin(self) -> None:
        """Both cells as at the start, behind which undo does not go."""
        self.book.press("Escape", "Enter", "ArrowLeft")  # in CodeMirror a Tab soon after Escape leaves the editor
        for one in (self.book, self.plain):
            one.page.evaluate(RESTART, START)
        self.before_taking = ""
        self.n_taken_here = 0

    def state(self) -> tuple[str, int]:
        """Text and cursor of the cell."""
        text, cursor = self.book.page.evaluate(STATE)
        return text, cursor

    def key(self, key: str) -> None:
        """Presses it in both, and compares them."""
        text, cursor = self.state()
        if key in (*TAKES, *LEAVES):
            self.book.settle(LOOK_MS)
        if key in TAKES and self.n_taken_here < N_ASKED and not self.book.ghost:
            self.ask()
        if not self.book.ghost and _is_left_out(key, text, cursor):
            return
        self.n_pressed += 1
        _press(self.book, key)
        taken = _taken(key, self.book.page.evaluate("() => window.ghostAtKey"), text[cursor:])
        if taken:
            self.plain.page.evaluate(PUT, taken)
        elif key == UNDO:
            undone = self.state()[0]
            assert undone in self.book.page.evaluate("() => window.stood")
            assert undone == self.before_taking or not self.before_taking
            self.plain.page.evaluate(BECOME, list(self.state()))
        elif key not in LEAVES:
            _press(self.plain, key)
        assert self.plain.page.evaluate(STATE) == list(self.state()), (key, taken)
        self.before_taking = text if taken else ""
        self.n_taken_here += bool(taken)
        self.n_taken += bool(taken)

    def ask(self) -> None:
        """Asks by hand, which shows a text however unsure and slow the model is, and waits until it stands there."""
        before = len(self.book.sent("complete"))
        _press(self.book, ASK)
        wait_for(lambda: len(self.book.sent("complete")) > before, "a request")
        self.book.settle(LOOK_MS)
        with suppress(PageTimeout):  # where the model has nothing to say, as behind broken code
            self.book.page.locator(GHOST).first.wait_for(timeout=PAINT_MS)


@pytest.fixture
def pair(lab: Lab, window: BrowserContext) -> Iterator[Pair]:
    """Two notebooks of one server, in two windows."""
    book, plain = (_opened(lab, window, name) for name in ("random.ipynb", "plain.ipynb"))
    pair = Pair(book, plain)
    pair.book.page.evaluate(WATCH)
    pair.plain.page.route("**/mccom/complete*", lambda route: route.abort())
    pair.book.set(quiet_after_dismissals=0)
    yield pair
    pair.book.set(quiet_after_dismissals=3)
    assert pair.n_pressed >= N_PRESSED
    assert pair.n_taken >= N_TAKEN, "suggestions were taken on the way"


def _opened(lab: Lab, window: BrowserContext, name: str) -> Notebook:
    lab.notebook(name, START)
    book = Notebook(window, lab, name)
    book.enter(0)
    return book


@seed(20261125)
@settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(keys=RUNS)
def test_random_keys(pair: Pair, keys: list[str]) -> None:
    """After each of 200 random keys the cell holds what a plain editor would, with the accepted texts in place."""
    pair.begin()
    for key in keys:
        pair.key(key)


def _is_left_out(key: str, text: str, cursor: int) -> bool:
    """Without a suggestion: what would leave the cell, open the kernel's menu, or is only for suggestions."""
    above, below = text[:cursor], text[cursor:]
    if key in ("ArrowUp", "ArrowDown"):
        return "\n" not in (above if key == "ArrowUp" else below)
    return key in LEAVES or (key == "Tab" and bool(above.rpartition("\n")[2].strip()))


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
