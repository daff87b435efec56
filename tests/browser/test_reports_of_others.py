"""What people reported of tools like this one: keys soon after a suggestion, texts of other scripts, other modes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from jupyter_mccom.models.store import Store

from .answering import Answers, answered_file, answered_notebook
from .lab import STATUS, Lab, Notebook

PAUSE_MS = 600
"""Longer than the longest wait for a pause in typing."""
STALE = "1234"


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model: the tests say what is suggested."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


@pytest.mark.parametrize("key", ["Space", "Enter", "Backspace", "Delete", "ArrowLeft", "Home", ")", "Shift+ArrowLeft"])
def test_a_key_that_contradicts_ends_it(lab: Lab, window: BrowserContext, key: str) -> None:
    """A key that is not the suggestion's next does what it does, and a Tab right behind it puts in no stale text."""
    book, answers = answered_notebook(window, lab, "contradicts.ipynb", "x = 1\n\nz = 2")
    book.press("ArrowUp")
    answers.text = STALE
    book.type("y = x")
    book.wait_ghost()
    answers.text = ""
    book.press(key, "Tab")
    book.settle(PAUSE_MS)
    assert (book.ghost, STALE in book.source(0)) == ("", False)
    if key in ("Space", ")"):
        assert book.source(0).startswith("x = 1\ny = x" + (" " if key == "Space" else key))


def test_a_space_that_leads_on_keeps_it(lab: Lab, window: BrowserContext) -> None:
    """A suggestion that begins with a space goes on behind a typed one, and a Tab right behind it takes the rest."""
    book, answers = answered_notebook(window, lab, "leads.ipynb", "x = 1\n")
    answers.text = " + 1234"
    book.type("y = x")
    book.wait_ghost()
    book.press("Space", "Tab")
    book.settle(PAUSE_MS)
    assert book.source(0) == "x = 1\ny = x + 1234"


def test_an_answer_that_comes_late_is_not_taken(lab: Lab, window: BrowserContext) -> None:
    """An answer to what stood there before a space comes too late: it is not shown, and Tab does not take it."""
    book, answers = answered_notebook(window, lab, "late.ipynb", "x = 1\n")
    answers.text, answers.holds = STALE, True
    book.type("y = x")
    book.page.wait_for_timeout(PAUSE_MS)
    book.press("Space")
    answers.text, answers.holds = "", False
    answers.let_go()
    book.settle(PAUSE_MS)
    assert book.ghost == ""
    book.press("Tab")
    assert STALE not in book.source(0)


@pytest.mark.parametrize("command", ["inline-completer:accept", "mccom:accept-word", "mccom:accept-line"])
@pytest.mark.parametrize("place", ["cell", "output", "file browser", "palette"])
def test_accept_after_clicking_away(lab: Lab, window: BrowserContext, command: str, place: str) -> None:
    """A command that accepts puts nothing in anywhere once the person has clicked away from the suggestion."""
    book, answers = answered_notebook(window, lab, "away.ipynb", "x = 1\n", "other = 2")
    answers.text = " + 1234"
    book.type("y = x")
    book.wait_ghost()
    answers.text = ""
    if place == "palette":
        book.press("Control+Shift+c")
        book.page.locator(".lm-CommandPalette-input").wait_for()
    else:
        where = {
            "cell": '.jp-Notebook .jp-Cell[data-windowed-list-index="1"] .cm-content',
            "output": ".jp-Notebook .jp-InputPrompt >> nth=1",
            "file browser": ".jp-DirListing-content",
        }
        book.page.locator(where[place]).click()
    book.execute(command)
    book.settle(PAUSE_MS)
    assert [book.source(0), book.source(1)] == ["x = 1\ny = x", "other = 2"]
    book.enter(0)
    book.execute(command)
    book.settle(PAUSE_MS)
    assert book.source(0) == "x = 1\ny = x", "nor once they are back"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('"$5", mean("a")', ['"', "$", "5", '"', ",", " mean", "(", '"', "a", '"', ")"]),
        ("日本語を書く。", ["日本語", "を", "書く", "。"]),
        ('"👩‍👩‍👧😀" + cafe\u0301', ['"', "👩‍👩‍👧", "😀", '"', " +", " cafe\u0301"]),
    ],
)
def test_a_word_is_what_people_call_one(lab: Lab, window: BrowserContext, text: str, words: list[str]) -> None:
    """Ctrl+→ takes a quote, a sign, a word of a script without spaces or a whole emoji at a time."""
    book, answers = answered_notebook(window, lab, "words.ipynb", "")
    answers.text = text
    book.type("y = ")
    book.wait_ghost()
    taken = []
    for _ in words:
        before = len(book.source(0))
        book.press("Control+ArrowRight")
        taken.append(book.source(0)[before:])
    assert taken == words


def test_three_words_and_three_undos(lab: Lab, window: BrowserContext) -> None:
    """Each undo takes back one accepted word, asks for nothing and leaves no stale text for Tab."""
    book, answers = answered_notebook(window, lab, "undos.ipynb", "x = 1\n")
    answers.text = "mean(values) + offset"
    book.type("y = ")
    book.wait_ghost()
    stood = [book.source(0)]
    for _ in range(3):
        book.press("Control+ArrowRight")
        stood.append(book.source(0))
    assert stood[1:] == ["x = 1\ny = mean", "x = 1\ny = mean(", "x = 1\ny = mean(values"]
    assert book.ghost == ") + offset"
    n_asked = len(answers.asked)
    for before in reversed(stood[:-1]):
        book.press("Control+z")
        assert book.source(0) == before
        book.settle(PAUSE_MS)
        assert (book.ghost, answers.asked[n_asked:]) == ("", [])
    book.press("Tab")
    assert book.source(0) == "x = 1\ny = "
    book.press("Escape", "Enter", *["Control+Shift+z"] * 3)
    book.settle(PAUSE_MS)
    assert (book.source(0), book.ghost, answers.asked[n_asked:]) == (stood[-1], "", [])


def test_a_file_with_windows_line_ends(lab: Lab, window: BrowserContext) -> None:
    """In a file whose lines end with CRLF, text goes where the cursor is, and the file keeps its line ends."""
    book, answers = answered_file(window, lab, "windows.py", "")
    book.page.close()
    (lab.root / "windows.py").write_bytes(b"import os\r\nx = 1\r\n\r\ndone = x\r\n")
    book = Notebook(window, lab, "windows.py")
    book.begin()
    book.press("ArrowUp", "ArrowUp")
    answers.text = "x:\n    y = x\n    print(y)"
    book.type("if ")
    book.wait_ghost()
    assert answers.asked[-1] == "import os\nx = 1\nif "
    book.press("Tab")
    text = "import os\nx = 1\nif x:\n    y = x\n    print(y)\ndone = x\n"
    assert book.text() == text
    book.type("!")
    assert book.text() == text.replace("print(y)", "print(y)!")
    book.press("Backspace", "Control+s")
    book.page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    assert (lab.root / "windows.py").read_bytes() == text.replace("\n", "\r\n").encode()


def test_a_cell_with_windows_line_ends(lab: Lab, window: BrowserContext) -> None:
    """JupyterLab misplaces what is typed into a cell whose text came with CRLF: nothing is asked or put in there."""
    book, answers = answered_notebook(window, lab, "windows.ipynb", "a = 1\r\nb = 2\r\n", "z = 1")
    answers.text = "a + b"
    book.type("c = ")
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (book.ghost, answers.asked) == ("", [])
    book.enter(1)
    book.type(" + ")
    assert book.wait_ghost() == answers.text


BRACKETS = {
    ".ipynb": ("@jupyterlab/notebook-extension:tracker", "codeCellConfig"),
    ".py": ("@jupyterlab/fileeditor-extension:plugin", "editorConfig"),
}


@pytest.fixture
def closing(lab: Lab, window: BrowserContext, place: str) -> Iterator[tuple[Notebook, Answers]]:
    """A notebook or a file in an editor that closes brackets by itself."""
    name = f"brackets{place}"
    book, answers = (answered_notebook if place == ".ipynb" else answered_file)(window, lab, name, "")
    plugin, setting = BRACKETS[place]
    book.set_of(plugin, **{setting: {"autoClosingBrackets": True}})
    yield book, answers
    book.set_of(plugin, **{setting: {}})


@pytest.mark.parametrize(
    ("before", "typed", "closed", "text"),
    [
        ("y = foo", "(", "()", "(x, 1)"),
        ("y = ", "[", "[]", "[x for x in (1, 2)]"),
        ("y = foo(", '"', '""', '"name"'),
        ("y = ", "{", "{}", "{'a': (1, 2)}"),
    ],
)
def test_a_bracket_that_closes_itself_is_typed_along(
    closing: tuple[Notebook, Answers], before: str, typed: str, closed: str, text: str
) -> None:
    """Typing a suggestion's bracket, which the editor closes by itself, and Tab right behind it closes it once."""
    book, answers = closing
    answers.text = text
    book.type(before)
    book.wait_ghost()
    stood = book.text()
    answers.text = ""
    book.press(typed, "Tab")
    book.settle(PAUSE_MS)
    assert book.text() in (stood.replace(before, before + closed), stood.replace(before, before + text))


@pytest.mark.parametrize("typed", ["print(", "y = sum([val", 'print("'])
def test_brackets_that_close_themselves(lab: Lab, window: BrowserContext, place: str, typed: str) -> None:
    """Where the editor closes brackets by itself, a text of the real model is put in so that they stay balanced."""
    name, start = f"closes{place}", "values = [1, 2, 3]\nprint(sum(values))\n"
    lab.write(name, start)
    book = Notebook(window, lab, name)
    book.begin()
    plugin, setting = BRACKETS[place]
    book.set_of(plugin, **{setting: {"autoClosingBrackets": True}})
    book.type(typed)
    if not book.ghost:
        book.press("Alt+\\")
    ghost = book.wait_ghost()
    assert book.text() != start + typed, "the editor has closed something"
    book.press("Tab")
    book.set_of(plugin, **{setting: {}})
    assert book.text().startswith(start + typed + ghost)
    ast.parse(book.text())


def test_a_cell_that_is_markdown_for_a_while(lab: Lab, window: BrowserContext) -> None:
    """A cell that becomes markdown and code again asks for nothing in between, and is completed as before after."""
    book, answers = answered_notebook(window, lab, "modes.ipynb", "x = 1\n")
    answers.text = " + 1234"
    book.type("y = x")
    book.wait_ghost()
    book.press("Escape", "Escape", "m", "Enter", "Control+End")
    n_asked = len(answers.asked)
    book.type(" and")
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (book.ghost, answers.asked[n_asked:], book.source(0)) == ("", [], "x = 1\ny = x and")
    book.press("Escape", "y", "Enter", "Control+End")
    book.type(" x")
    assert book.wait_ghost() == " + 1234"
    assert answers.asked[-1] == "x = 1\ny = x and x"
    book.press("Tab")
    assert book.source(0) == "x = 1\ny = x and x + 1234"
    book.press("Control+z")
    assert book.source(0) == "x = 1\ny = x and x"


_PANEL = "window.jupyterapp.shell.currentWidget"
OVERTURNED = {
    "read-only": f"() => {_PANEL}.content.editor.setOption('readOnly', true)",
    "reverted": f"() => {_PANEL}.context.revert()",
    "renamed": f"() => {_PANEL}.context.rename('overturned2.py')",
    "changed on disk": f"() => {_PANEL}.context.model.sharedModel.setSource('z = 3\\n')",
}


@pytest.mark.parametrize("how", OVERTURNED)
def test_a_file_is_overturned(lab: Lab, window: BrowserContext, how: str) -> None:
    """In a file, too, a suggestion goes at once when the file becomes read-only, another text or another name."""
    book, answers = answered_file(window, lab, "overturned.py", "x = 1\n")
    answers.text = " + 1234"
    book.type("y = x")
    book.wait_ghost()
    answers.text = ""
    book.page.evaluate(OVERTURNED[how])
    book.no_ghost()
    book.press("Tab")
    assert "1234" not in book.text()


def test_a_file_is_switched_off_elsewhere(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """In a file, too, a suggestion goes at once when completions are switched off elsewhere, and Tab is Tab."""
    book, answers = answered_file(window, lab, "elsewhere.py", "x = 1\n")
    answers.text = "x + 1"
    book.type("y = ")
    book.wait_ghost()
    lab.patch("mccom/settings", {"enabled": False})
    book.no_ghost()
    book.page.locator(f"{STATUS}[data-state=off]").wait_for(timeout=2_000)
    book.press("Tab")
    assert book.text() == "x = 1\ny = ", "Tab offers the names of the file"
    lab.patch("mccom/settings", {"enabled": True})
    book.page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=2_000)
