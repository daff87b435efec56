"""The secrets of the cursor's own cell or file, looked for at each key: anew only around the cursor's line.

The text without that line is the same from key to key, and is looked at whole once. Knows no secret's shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..types import Prompt, Span
from .secrets import spans

_CHARS_ABOVE, _CHARS_BELOW = 1200, 400
"""Around the cursor's line: what opens a string or names a value stands near."""


def above(text: str) -> str:
    """The end of the lines above the cursor's, from a line's start."""
    cut = max(0, len(text) - _CHARS_ABOVE)
    return text[text.find("\n", cut - 1) + 1 if cut else 0 :]


def at_cursor(before: str, behind: str) -> Iterator[Span]:
    """Where secrets stand in `before + behind`; may overlap."""
    line = before.rfind("\n") + 1
    rest = behind.find("\n") + 1 or len(behind)
    n_line = len(before) - line + rest
    for start, end in spans(before[:line] + behind[rest:]):
        if start < line:
            yield start, min(end, line)
        if end > line:
            yield max(start, line) + n_line, end + n_line
        if start < line < end:
            yield line, line + n_line
    near = above(before[:line])
    from_ = line - len(near)
    end_of_near = behind.rfind("\n", rest, rest + _CHARS_BELOW) + 1 or rest
    for start, end in spans(near + before[line:] + behind[:end_of_near]):
        yield from_ + start, from_ + end


def placed(prompt: Prompt, secrets: Sequence[Span]) -> list[Span] | None:
    """`secrets`, counted in `prefix + typed + forced + suffix` of the prompt; None where these were cut otherwise."""
    before, behind = prompt.own
    whole, line = before + behind, prompt.typed + prompt.forced
    starts = (before.rfind("\n") + 1 - len(prompt.prefix), len(before) - len(line), len(before))
    found: list[Span] = []
    at = 0
    for text, start in zip((prompt.prefix, line, prompt.suffix), starts, strict=True):
        if start < 0 or not whole.startswith(text, start):
            return None
        end = start + len(text)
        cut = ((max(first, start), min(last, end)) for first, last in secrets)
        found += [(first - start + at, last - start + at) for first, last in cut if first < last]
        at += len(text)
    return found if whole else None
