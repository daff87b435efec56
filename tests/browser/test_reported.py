"""What people reported, each by its number: what asks, and where a suggestion must not stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession, expect

from jupyter_mccom.models.store import Store

from .answering import answered, answered_notebook
from .lab import CLOUD_AWAY, STATUS, Lab, Notebook

PAUSE_MS = 600
"""Longer than the longest wait for a pause in typing."""


@pytest.fixture(scope="module")
def lab(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab with the smallest model: the tests say what is suggested."""
    server = Lab(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def _compose(keyboard: CDPSession, text: str) -> None:
    """An input method writes this at the cursor, in place of what it wrote before."""
    keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)})


def test_an_input_method_has_its_keys(lab: Lab, window: BrowserContext) -> None:
    """1: While an input method composes, nothing is asked or shown, and the keys are its own until it commits."""
    book, answers = answered_notebook(window, lab, "ime.ipynb", "# ")
    keyboard = window.new_cdp_session(book.page)
    answers.text = " means hello"
    book.type("x")
    book.wait_ghost()
    n_asked = len(answers.asked)
    for written in ("n", "ni", "nih", "niha", "nihao"):
        _compose(keyboard, written)
        book.no_ghost()
        book.page.wait_for_timeout(PAUSE_MS if written == "nihao" else 100)
    assert (book.ghost, len(answers.asked)) == ("", n_asked)
    keyboard.send("Input.insertText", {"text": "你好"})
    assert book.wait_ghost() == answers.text
    assert answers.asked[n_asked:] == ["# x你好"]
    book.press("Tab")
    assert book.source(0) == "# x你好 means hello"


def test_a_composition_that_stays_as_it_is_asks(lab: Lab, window: BrowserContext) -> None:
    """1: A composition that is committed as it was written is asked about then, once."""
    book, answers = answered_notebook(window, lab, "dead.ipynb", "caf")
    keyboard = window.new_cdp_session(book.page)
    answers.text = "_total = 3"
    _compose(keyboard, "´")
    _compose(keyboard, "é")
    book.page.wait_for_timeout(PAUSE_MS)
    assert answers.asked == []
    keyboard.send("Input.insertText", {"text": "é"})
    assert book.wait_ghost() == answers.text
    assert answers.asked == ["café"]


UNDO, REDO = "Control+z", "Control+Shift+z"
SET = "text => window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.setSource(text)"
PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
}"""


def test_only_keys_ask(lab: Lab, window: BrowserContext) -> None:
    """2: Neither undo, redo, a paste of several lines nor a program's change asks; a pasted word does."""
    book, answers = answered_notebook(window, lab, "undo.ipynb", "x = 0\n", "")
    book.type("values = [1, 2, 3]")
    book.settle(PAUSE_MS)
    answers.asked.clear()
    book.enter(1)
    book.enter(0)
    for key in (UNDO, REDO, UNDO, REDO):
        book.press(key)
        book.settle(PAUSE_MS)
    book.page.evaluate(PASTE, "\ntotal = sum(values)\nmean = total / 3")
    book.settle(PAUSE_MS)
    assert book.source(0).endswith("mean = total / 3")
    book.page.evaluate(SET, "x = 0\ny = 1")
    book.settle(PAUSE_MS)
    assert answers.asked == []
    book.press("Control+End")
    book.page.evaluate(PASTE, " + x")
    book.settle(PAUSE_MS)
    assert answers.asked == ["x = 0\ny = 1 + x"]


def test_an_accepted_block_is_gone_on_with(lab: Lab, window: BrowserContext) -> None:
    """2: An accepted text of several lines is the person's own: the next suggestion follows it."""
    book, answers = answered_notebook(window, lab, "chain.ipynb", "def f(x):")
    answers.text = "\n    y = x\n    return y"
    book.type(" ")
    book.wait_ghost()
    n_asked = len(answers.asked)
    book.press("Tab")
    book.settle(PAUSE_MS)
    assert answers.asked[n_asked:] == ["def f(x): \n    y = x\n    return y"]


def test_more_than_one_cursor_gets_nothing(lab: Lab, window: BrowserContext) -> None:
    """5: A second cursor or a selection ends the suggestion, and while there is one nothing is asked or shown."""
    book, answers = answered_notebook(window, lab, "cursors.ipynb", "first\nsecond")
    answers.text = " + 1"
    book.type(" ")
    book.wait_ghost()
    book.press("Control+Home", "End")
    book.editor(0).locator(".cm-line").nth(1).click(modifiers=["Control"])
    answers.asked.clear()
    book.type(" + con", delay_ms=60)
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (book.ghost, answers.asked) == ("", [])
    assert book.source(0).count(" + con") == 2
    book.press("Escape", "Enter", "Control+End")
    book.type("s")
    book.wait_ghost()
    book.press("Shift+ArrowLeft")
    book.no_ghost()
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert book.ghost == ""


@pytest.mark.parametrize(
    ("before", "behind", "typed", "wholes"),
    [
        ("import nu", "mpy", "m", ()),
        ("import ", "mpy", "n", ("u",)),
        ('name = "hel', 'lo"', "p", ()),
        ("print", "(values)", "s", ()),
    ],
)
def test_a_text_leads_into_the_word_behind_it(
    lab: Lab, window: BrowserContext, before: str, behind: str, typed: str, wholes: tuple[str, ...]
) -> None:
    """3: Before a word, a bracket or a closing quote the real model's text makes a whole of them, or none is shown."""
    lab.notebook("join.ipynb", "import numpy\nvalues = [1, 2, 3]", before + behind)
    book = Notebook(window, lab, "join.ipynb")
    book.enter(1)
    book.press("Home", *["ArrowRight"] * len(before))
    book.type(typed)
    book.settle(PAUSE_MS)
    assert book.sent("complete")[-1]["prefix"] == before + typed
    assert book.ghost in ("", *wholes)


_PANEL = "window.jupyterapp.shell.currentWidget"
OVERTURNED = {
    "read-only": f"() => {{ {_PANEL}.content.activeCell.readOnly = true; }}",
    "restarted": f"() => {_PANEL}.sessionContext.session.kernel.restart()",
    "reverted": f"() => {_PANEL}.context.revert()",
    "renamed": f"() => {_PANEL}.context.rename('renamed2.ipynb')",
}


@pytest.mark.parametrize("how", OVERTURNED)
def test_a_document_is_overturned(lab: Lab, window: BrowserContext, how: str) -> None:
    """4: A suggestion goes at once when its cell becomes read-only, its kernel restarts, its document is another."""
    book, answers = answered_notebook(window, lab, f"{how}.ipynb", "x = 1\n")
    answers.text = " + 1234"
    book.type("y = x")
    book.wait_ghost()
    answers.text = ""
    book.page.evaluate(OVERTURNED[how])
    book.no_ghost()
    book.press("Tab")
    assert "1234" not in book.source(0)


def test_completions_switched_off_elsewhere(lab: Lab, window: BrowserContext) -> None:
    """4: When completions are switched off in another window or by %mccom, a suggestion goes at once and Tab is Tab."""
    book, answers = answered_notebook(window, lab, "elsewhere.ipynb", "x = 1\n")
    answers.text = "x + 1"
    book.type("y = ")
    book.wait_ghost()
    lab.patch("mccom/settings", {"enabled": False})
    book.no_ghost()
    book.page.locator(f"{STATUS}[data-state=off]").wait_for(timeout=2_000)
    book.press("Tab")
    assert book.source(0) == "x = 1\ny = ", "Tab offers the names of the kernel"
    lab.patch("mccom/settings", {"enabled": True})
    book.page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=2_000)


@pytest.mark.parametrize("line", ["np.linspace(0, 1, 100)", "stdev(temperatures)"])
def test_a_complete_statement_gets_no_comment(lab: Lab, window: BrowserContext, line: str) -> None:
    """6: Behind a complete statement stands nothing or the next line of code, also when a person asks for it."""
    above = "import numpy as np\nfrom statistics import stdev\ntemperatures = [21.5, 19.2, 23.1]"
    lab.notebook("whole.ipynb", above, "")
    book = Notebook(window, lab, "whole.ipynb")
    book.enter(1)
    book.type(line)
    book.settle(PAUSE_MS)
    assert book.sent("complete")[-1]["prefix"] == line
    ghosts = [book.ghost]
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    ghosts.append(book.ghost)
    assert [ghost for ghost in ghosts if ghost and (not ghost.startswith("\n") or "#" in ghost)] == []
    book.press("Tab")
    assert "#" not in book.source(1)


@pytest.mark.parametrize(("line", "begins"), [("!pip insta", "ll"), ("%timeit sum(val", "ues")])
def test_a_shell_or_magic_line_is_what_it_is(lab: Lab, window: BrowserContext, line: str, begins: str) -> None:
    """7: The real model completes a shell line as a command and code behind a magic as code, and stays on the line."""
    lab.notebook("magics.ipynb", "!pip install pandas\nvalues = [1, 2, 3]", "")
    book = Notebook(window, lab, "magics.ipynb")
    book.enter(1)
    book.type(line)
    ghost = book.wait_ghost()
    assert ghost.startswith(begins)
    assert "\n" not in ghost


NEW_CONSOLE = "window.jupyterapp.commands.execute('console:create', { kernelPreference: { name: 'python3' } })"


def test_a_console_completes_as_a_cell(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """9: A code console completes as a cell, with what ran there as the cells above."""
    answers = answered(window)
    lab.notebook("beside.ipynb", "x = 1")
    book = Notebook(window, lab, "beside.ipynb")
    book.page.evaluate(
        "window.jupyterapp.commands.execute('console:create', { kernelPreference: { name: 'python3' } })"
    )
    prompt = book.page.locator(".jp-CodeConsole-promptCell .cm-content")
    prompt.click(timeout=30_000)
    book.type("import statistics")
    book.press("Shift+Enter")
    book.page.locator(".jp-CodeConsole-content .jp-InputPrompt", has_text="[1]").wait_for()
    answers.text = "ean([1, 2])"
    prompt.click()
    book.type("statistics.m")
    ghost = book.wait_ghost()
    book.page.screenshot(path=str(screenshots / "console.png"))
    question = book.sent("complete")[-1]
    assert (question["prefix"], question["language"]) == ("statistics.m", "python")
    assert [(cell["source"], cell["ran"]) for cell in question["cells_before"]] == [("import statistics", 1)]
    book.press("Escape")
    book.no_ghost()
    book.press("Alt+\\")
    assert book.wait_ghost() == ghost
    book.press("Tab", "Shift+Enter")
    book.page.locator(".jp-CodeConsole-content .jp-OutputArea-output", has_text="1.5").wait_for()


def test_the_first_cloud_notice_can_be_read(window: BrowserContext, models: Store, tmp_path: Path) -> None:
    """11: The first notice of a cloud is one short sentence, not cut off, and its button opens the whole."""
    lab = Lab(tmp_path, "--MCCom.model=smollm2-135m", *CLOUD_AWAY)
    try:
        lab.notebook("notice.ipynb", "x = 1")
        page = Notebook(window, lab, "notice.ipynb").page
        notice = page.locator(".Toastify__toast").filter(has_text="may be sent")
        expect(notice).to_contain_text("Secrets are masked.")
        expect(notice).not_to_contain_text("…")
        page.screenshot(path=str(tmp_path / "notice.png"))
        notice.get_by_role("button", name="What Is Sent").click()
        whole = page.locator(".jp-Dialog")
        for said in ("big", "http://127.0.0.1:9", "project files", "kernel", ".mccomignore"):
            expect(whole).to_contain_text(said)
        page.screenshot(path=str(tmp_path / "whole.png"))
        whole.get_by_role("button", name="Close").click()
        expect(whole).to_have_count(0)
    finally:
        lab.stop()
