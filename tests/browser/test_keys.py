"""The keys of ghost text, in notebooks and files, beside another inline provider; and that no other key is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from .lab import GHOST, Lab, Notebook, line_of, wait_for, word_of

START = """import statistics
values = [1, 2, 3]


def mean(numbers):
    total = sum(numbers)
    return total / len(numbers)


"""
TYPED = "print(statistics.me"


@pytest.fixture
def lab(either_lab: Lab) -> Lab:
    """Each key is tried alone and beside another inline provider."""
    return either_lab


@pytest.fixture
def book(place: str, lab: Lab, window: BrowserContext) -> Notebook:
    """The cursor stands in a new line of a notebook's cell, or of a file, that knows `START`."""
    lab.write(f"keys{place}", START)
    opened = Notebook(window, lab, f"keys{place}")
    opened.begin()
    return opened


def test_each_key_takes_its_part_and_is_one_step_of_undo(lab: Lab, book: Notebook, screenshots: Path) -> None:
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
    wait_for(lambda: len(lab.outcomes()) > before, "an outcome")
    text, kind = lab.outcomes()[-1]
    assert text.endswith(ghost)
    assert kind == "accepted"
    for kept in (second, first, ""):
        book.press("Control+z")
        assert book.text() == START + TYPED + kept


def test_a_line_of_a_block_and_then_esc_is_partial(lab: Lab, book: Notebook, screenshots: Path) -> None:
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
    wait_for(lambda: len(lab.outcomes()) > before, "an outcome")
    text, kind = lab.outcomes()[-1]
    assert text.endswith(ghost)
    assert kind == "partial"


def test_without_our_ghost_the_same_keys_are_the_editors(lab: Lab, window: BrowserContext) -> None:
    lab.notebook("plain.ipynb", "alpha_value = 41\nprint(alpha_value)", "one two")
    book = Notebook(window, lab, "plain.ipynb")
    book.execute("mccom:toggle")
    book.enter(0)
    book.press("Shift+Enter")
    book.enter(1)
    book.press("Home", "Control+ArrowRight")
    book.type("1")
    book.press("Home", "End", "Tab")
    assert book.source(1).startswith("one1 two")
    book.press("Control+a", "Delete")
    for typed in ("alpha", "_"):
        book.type(typed)
        if lab.has_history:  # its text is not ours
            book.page.locator(GHOST).first.wait_for()
        book.press("Home", "End", "Control+ArrowRight")
    assert book.source(1) == "alpha_"
    book.press("Escape")
    expect(book.page.locator(".jp-Notebook.jp-mod-commandMode")).to_have_count(1)
    assert book.source(1) == "alpha_"
    book.execute("mccom:toggle")


def test_next_and_previous_choose_between_providers(either_lab: Lab, window: BrowserContext) -> None:
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


def test_next_and_previous_take_nothing_away_where_there_is_one_suggestion(book: Notebook) -> None:
    book.type(TYPED)
    ghost = book.wait_ghost()
    for key in ("Alt+]", "Alt+["):
        book.press(key)
        assert book.wait_ghost() == ghost
    book.press("Tab")
    assert book.text() == START + TYPED + ghost


def test_a_changed_shortcut_is_the_one_that_counts(book: Notebook) -> None:
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


def test_the_palette_names_the_commands(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    lab.notebook("palette.ipynb", "")
    book = Notebook(window, lab, "palette.ipynb")
    book.press("Control+Shift+c")
    book.type("code completion", delay_ms=0)
    palette = book.page.locator(".lm-CommandPalette-content")
    for label in ("Next Word", "Next Line", "Dismiss", "Only when Asked", "This Folder", "Complete python"):
        expect(palette.get_by_text(label)).to_be_visible()
    book.page.screenshot(path=str(screenshots / "palette.png"))
