"""The parse gate: does a suggestion put a syntax error into the cell that was not there before?

Unfinished ends are no errors: a header without its body, `try` without `except`, a decorator, an open bracket.
Knows Python only; text of any other language passes.
"""

from __future__ import annotations

from .language import without_magics
from .python import MAX_LINE_CHARS, errors, unmatched_closers

_NEAR_LINES = 200
"""Lines above and below the cursor that are read: more hardly change what a line means, and would cost 0.1 ms each."""
_NEAR_CHARS = 20_000
"""Characters of those lines. A parser takes minutes for a quarter of a million on one line."""


def breaks(language: str, prefix: str, text: str, suffix: str) -> bool:
    """The cell with `text` at the cursor has a syntax error that it does not have without the cursor's line."""
    if language != "python" or not text.strip():
        return False
    cut = prefix.rfind("\n") + 1
    above, typed = _near(without_magics(prefix[:cut])), prefix[cut:]
    rest, *lines = suffix.split("\n", _NEAR_LINES)[:_NEAR_LINES]
    below = "\n".join(lines)[:_NEAR_CHARS]
    line = without_magics(typed + text + rest)
    if not line.strip() or len(line) > MAX_LINE_CHARS:
        return False
    if unmatched_closers(above + line + "\n" + below) > unmatched_closers(above + below):
        return True
    if not _wrong(above, line):
        return False
    indent = typed[: len(typed) - len(typed.lstrip())]
    return not _wrong(above, indent + "name")


def _wrong(above: str, line: str) -> bool:
    """True when `line`, which may be several lines, holds a syntax error."""
    first, last = above.count("\n") + 1, above.count("\n") + 1 + line.rstrip().count("\n")
    return any(first <= at <= last for at, _ in errors(above + line.rstrip() + "\n"))


def _near(above: str) -> str:
    """The last lines, from one on that begins at the margin."""
    if len(above) <= _NEAR_CHARS and above.count("\n") <= _NEAR_LINES:
        return above
    near = above[-_NEAR_CHARS:].splitlines(keepends=True)[-_NEAR_LINES:]
    start = next((number for number, line in enumerate(near) if line[:1].strip()), 0)
    return "".join(near[start:])
