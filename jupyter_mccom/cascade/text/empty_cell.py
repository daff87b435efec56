"""The text of a cell in which nothing is written yet: a small cell, or as many of its first statements as are sure.

Pure text in, text out; knows no gates.
"""

from __future__ import annotations

import re

from ...types import CompletionRequest

_MOST_LINES = 8
"""A longer text is no small cell: nobody reads it in grey."""
_GOES_ON = re.compile(r"[\s)\]}]|(?:elif|else|except|finally|end)\b")
"""Begins a line that belongs to the statement above it."""


def follows_code(request: CompletionRequest) -> bool:
    """A code cell that holds something leads here: there is something to go on."""
    return any(cell.kind == "code" and cell.source.strip() for _, cell in request.nearest_last())


def small_cell_end(text: str) -> int | None:
    """Offset in `text` where a small cell ends: above an empty line, or the last statement that fits; None: not yet."""
    end = at = len(text) - len(text.lstrip())
    below_empty = False
    for number, line in enumerate(text[at:].splitlines(keepends=True)):
        begins = number > 0 and bool(line.strip()) and not _GOES_ON.match(line)
        if begins and (below_empty or number >= _MOST_LINES):
            return end
        at += len(line)
        below_empty = not line.strip()
        end = end if below_empty else at - len(line) + len(line.rstrip())
    return None


def beginnings(text: str) -> list[str]:
    """What the text begins with, in whole statements and shorter than itself; the longest first."""
    lines = text.split("\n")
    cuts = [number for number in range(1, len(lines)) if lines[number] and not _GOES_ON.match(lines[number])]
    return ["\n".join(lines[:number]).rstrip() for number in reversed(cuts)]
