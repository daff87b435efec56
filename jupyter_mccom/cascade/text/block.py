"""Where the indented block ends that a line opens. Pure text in, text out; knows nothing of suggestions' trimming.

Indentation decides, in every language; a tab reaches to the next multiple of four columns.
"""

from __future__ import annotations

import re

_CLOSER = re.compile(r"\s*(?:end\b|[)\]}])")
"""Begins the line at the opening line's own depth that still belongs to the block, but in Python."""


def block_end(language: str, before: str, typed: str, text: str, statement: int | None) -> int | None:
    """Offset in `text` where the block ends; None: not complete yet.

    The block is opened by the line just above, if the cursor's is still empty; else by the cursor's statement, which
    ends at `statement`. One that opens nothing is its own end.
    """
    above = before.rstrip().rpartition("\n")[2]
    if not typed.strip() and _opens(language, above):
        return _deeper_end(language, text, 0, _depth(above), first=True)
    if typed.strip() and text.lstrip(" \t").startswith("\n") and _opens(language, typed):
        return _deeper_end(language, text, text.index("\n") + 1, _depth(typed))
    if statement is None:
        return None
    opening = (typed + text[:statement]).strip("\n")
    if language == "python" and not _opens(language, opening):
        return statement
    below = text.find("\n", statement) + 1
    end = _deeper_end(language, text, below, _depth(opening)) if below else None
    return statement if end == 0 else end


def _opens(language: str, line: str) -> bool:
    line = line.rstrip()
    return line.endswith(":") or (language != "python" and line.endswith(("{", "(", "[")))


def _depth(line: str) -> int:
    line = line.expandtabs(4)
    return len(line) - len(line.lstrip(" "))


def _deeper_end(language: str, text: str, start: int, depth: int, *, first: bool = False) -> int | None:
    """End of the lines from `start` that are deeper than `depth`, the `first` however deep; 0 where there are none."""
    end, at = 0, start
    for line in text[start:].splitlines(keepends=True):
        if line.strip():
            closes = language != "python" and _depth(line) == depth and _CLOSER.match(line) is not None
            if _depth(line) <= depth and not closes and not first:
                return end
            end, first = at + len(line.rstrip()), False
            if closes:
                return end if line.endswith("\n") else None
        at += len(line)
    return None
