"""The keys of ghost text, in notebooks and files, beside another inline provider; and that no other key is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from .lab import Lab, Notebook, line_of, word_of

START = """import statistics
values = [1, 2, 3]


def mean(numbers):
    total = sum(numbers)
    return total / len(numbers)


"""
TYPED = "print(statistics.me"
NOT_NOW = {
    "Ask the Cloud When the Model Is Unsure",
    "Ask the Cloud for a Suggestion",
    "End the Snooze",
    "Download the Completion Model",
    "Cancel the Download of the Completion Model",
    "Accept Inline Completion",
}
"""Labels of commands that can do nothing without a cloud, with the model there and without a suggestion."""
CORE_LABELS = {
    "Accept Inline Completion",
    "Next Inline Completion",
    "Previous Inline Completion",
    "Invoke Inline Completer",
}
OUR_LABELS = (NOT_NOW - CORE_LABELS) | {
    "Add a Cloud Model",
    "Accept the Next Word of the Suggestion",
    "Accept the Next Line of the Suggestion",
    "Dismiss the Suggestion",
    "Complete Code",
    "Complete Only when Asked",
    "Snooze Suggestions until the Server Restarts",
    "Complete in This Cell, for Everyone",
    "Complete in This Document",
    "Complete in This Folder",
    "Complete in This Notebook, for Everyone",
    "Complete python",
    "Say Who Wrote the Suggestion",
    "Settings of Code Completion",
    "Show the State of Code Completion",
}
LABELS = """() => window.jupyterapp.commands.listCommands()
  .filter(id => id.startsWith("mccom:")).map(id => window.jupyterapp.commands.label(id))"""


@pytest.fixture
def lab(either_lab: Lab) -> Lab:
    """The lab, alone and beside another inline provider."""
    return either_lab


@pytest.fixture
def book(place: str, lab: Lab, window: BrowserContext) -> Notebook:
    """The cursor stands in a new line of a notebook's cell, or of a file, that knows `START`."""
    lab.write(f"keys{place}", START)
    opened = Notebook(window, lab, f"keys{place}")
    opened.begin()
    return opened


def test_each_key_takes_its_part_and_is_one_step_of_undo(lab: Lab, book: Notebook, screenshots: Path) -> None:
    """Each accept key takes its part, and undo takes it back in one step."""
    before = len(lab.outcomes())
    book.type(TYPED)
    ghost = book.wait_ghost()
    first = word_of(ghost)
    second = first + word_of(ghost[len(first) :])
    for taken in (first, second):
        book.press("Control+ArrowRight")
        assert book.wait_ghost() == ghost[len(taken) :]
        assert book.text() == START + TYPED + taken
    book.page.screenshot(path=str(screenshots / "word.png"))
    book.press("Tab")
    assert book.text() == START + TYPED + ghost
    lab.wait_outcome(before, ghost, "accepted")
    for kept in (second, first, ""):
        book.press("Control+z")
        assert book.text() == START + TYPED + kept


def test_a_line_of_a_block_and_then_esc_is_partial(lab: Lab, book: Notebook, screenshots: Path) -> None:
    """A line of a block that is accepted before Esc counts as partial."""
    before = len(lab.outcomes())
    book.set(multiline="block")
    book.type("def mean(numbers):", delay_ms=20)
    ghost = book.wait_ghost()
    line = line_of(ghost)
    assert "\n" in ghost[len(line) :]
    book.page.screenshot(path=str(screenshots / "block.png"))
    book.press("End")
    assert book.text() == f"{START}def mean(numbers):{line}"
    assert book.wait_ghost() == ghost[len(line) :]
    book.press("Escape")
    book.no_ghost()
    book.type("!")
    assert book.text() == f"{START}def mean(numbers):{line}!"
    lab.wait_outcome(before, ghost, "partial")
    book.set(multiline="statement")


def test_without_a_ghost_the_same_keys_are_the_editors(place: str, lab: Lab, window: BrowserContext) -> None:
    """Without ghost text the same keys do what the editor does."""
    lab.write(f"plain{place}", "one two")
    book = Notebook(window, lab, f"plain{place}")
    book.execute("mccom:toggle")
    book.begin()
    book.press("Home", "Control+ArrowRight")
    book.type("1")
    book.press("End")
    book.type("!")
    book.press("Home")
    book.no_ghost()
    book.press("Tab")
    assert book.text() == "    one1 two!"
    book.press("Escape")
    typed_on = "" if place == ".ipynb" else "x"
    expect(book.page.locator(".jp-Notebook.jp-mod-commandMode")).to_have_count(0 if typed_on else 1)
    book.type(typed_on)
    assert book.text() == f"    {typed_on}one1 two!"
    book.execute("mccom:toggle")


@pytest.mark.parametrize("either_lab", ["beside history"], indirect=True, scope="module")
def test_a_ghost_that_is_not_ours_is_not_taken_in_parts(either_lab: Lab, window: BrowserContext) -> None:
    """Ghost text of another provider is not accepted in parts."""
    either_lab.notebook("theirs.ipynb", "alpha_value = 41\nprint(alpha_value)", "")
    book = Notebook(window, either_lab, "theirs.ipynb")
    book.execute("mccom:toggle")
    book.enter(0)
    book.press("Shift+Enter")
    book.enter(1)
    for typed, key in (("alpha", "End"), ("_", "Control+ArrowRight")):
        book.type(typed)
        book.wait_ghost()
        before = book.source(1)
        book.press(key)
        book.page.wait_for_timeout(200)
        assert book.source(1) == before
    book.press("Escape")
    expect(book.page.locator(".jp-Notebook.jp-mod-commandMode")).to_have_count(1)
    assert book.source(1) == "alpha_"
    book.execute("mccom:toggle")


def test_next_and_previous_choose_between_providers(either_lab: Lab, window: BrowserContext) -> None:
    """Alt+] and Alt+[ choose between providers."""
    either_lab.notebook("two.ipynb", "total = 1 + 2 + 3 + 4", "")
    book = Notebook(window, either_lab, "two.ipynb")
    book.enter(0)
    book.press("Shift+Enter")
    book.enter(1)
    book.type("total")
    if either_lab.has_history:
        expect(book.page.locator(".jp-InlineCompleter")).to_contain_text(re.compile("1/[2-9]"), timeout=30_000)
    seen = [book.wait_ghost()]
    book.press("Alt+]")
    seen.append(book.wait_ghost())
    book.press("Alt+[")
    assert book.wait_ghost() == seen[0]
    assert (seen[0] != seen[1]) == either_lab.has_history


def test_next_and_previous_keep_a_single_suggestion(book: Notebook) -> None:
    """Alt+] and Alt+[ keep a suggestion that is the only one."""
    book.type(TYPED)
    ghost = book.wait_ghost()
    for key in ("Alt+]", "Alt+["):
        book.press(key)
        assert book.wait_ghost() == ghost
    book.press("Tab")
    assert book.text() == START + TYPED + ghost


def test_a_changed_shortcut_is_the_one_that_counts(book: Notebook) -> None:
    """A changed shortcut replaces the default one."""
    selector = ".jp-mod-inline-completer-active.jp-mod-mccom-ghost"
    word = {"command": "mccom:accept-word", "selector": selector}
    changed = [{**word, "keys": ["Accel ArrowRight"], "disabled": True}, {**word, "keys": ["Alt W"]}]
    book.set_of("@jupyterlab/shortcuts-extension:shortcuts", shortcuts=changed)
    book.type(TYPED)
    ghost = book.wait_ghost()
    book.press("Alt+w")
    assert book.text() == START + TYPED + word_of(ghost)
    book.press("Control+ArrowRight")
    assert book.text() == START + TYPED + word_of(ghost), "the old one is the editor's again"
    book.set_of("@jupyterlab/shortcuts-extension:shortcuts", shortcuts=[])


def test_the_palette_names_every_command(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """The palette names every command and shows those that can do something."""
    lab.notebook("palette.ipynb", "")
    book = Notebook(window, lab, "palette.ipynb")
    book.begin()
    assert set(book.page.evaluate(LABELS)) == OUR_LABELS
    book.press("Control+Shift+c")
    book.type("code completion", delay_ms=0)
    labels = book.page.locator(".lm-CommandPalette-itemLabel")
    expect(labels.filter(has_text="Dismiss the Suggestion")).to_be_visible()
    assert set(labels.all_inner_texts()) >= {*OUR_LABELS, *CORE_LABELS}
    shown = {label.inner_text() for label in labels.all() if label.is_visible()}
    assert shown & (OUR_LABELS | CORE_LABELS) == (OUR_LABELS | CORE_LABELS) - NOT_NOW
    book.page.screenshot(path=str(screenshots / "palette.png"))
