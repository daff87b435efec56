"""A person types a statement key by key: the grey text fits the half-typed word at every key."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext

from .lab import Lab, Notebook

ABOVE = "temperatures = [12.5, 14.0, 9.5]\ncoldest = min(temperatures)\n"
STATEMENT, WORD = "warmest = max(temperatures)", "temperatures"


def test_the_ghost_agrees_with_every_key(lab: Lab, window: BrowserContext) -> None:
    """Inside a word the typed part and the grey text make up one word that the notebook has."""
    lab.notebook("every.ipynb", ABOVE, "")
    book = Notebook(window, lab, "every.ipynb")
    book.enter(1)
    shown: dict[str, str] = {}
    for at, key in enumerate(STATEMENT, 1):
        book.type(key)
        book.settle(400)
        shown[STATEMENT[:at]] = book.ghost
    assert book.source(1) in (STATEMENT, STATEMENT + ")")  # JupyterLab may have closed the bracket
    begin = STATEMENT.index(WORD)
    words = {
        typed: typed[begin:] + re.split(r"\W", ghost, maxsplit=1)[0]
        for typed, ghost in shown.items()
        if begin < len(typed) < begin + len(WORD) and ghost
    }
    assert set(words.values()) == {WORD}, shown
    assert len(words) >= len(WORD) // 2, shown
