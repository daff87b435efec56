"""Where the pieces of a document hold its secrets: places in a whole text → places in some of its lines.

Knows no secret; who finds them is given as `Look`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import TypeAlias

from ..types import Chunk, Span

Look: TypeAlias = Callable[[str], Sequence[Span]]
"""Where a whole document holds secrets, in order."""


def no_secrets(text: str) -> Sequence[Span]:
    """Looks for none: a text that stays on this machine, or is looked at elsewhere."""
    return ()


def in_lines(lines: Sequence[str], kept: Sequence[str], secrets: Sequence[Span]) -> Mapping[int, list[Span]]:
    """Where lines hold the secrets of the text that they make up, by number from 1.

    `kept` is what is left of each line. One place behind it is its line end, where a secret goes on in the next line.
    """
    found: dict[int, list[Span]] = {}
    starts = list(accumulate((len(line) + 1 for line in lines), initial=0)) if secrets else []
    for first, last in secrets:
        number = bisect_right(starts, first) - 1
        while number < len(lines) and starts[number] < last:
            start, n_kept = starts[number], len(kept[number])
            own = found.setdefault(number + 1, [])
            if first - start < n_kept:
                own.append((max(0, first - start), min(last - start, n_kept)))
            if last > start + len(lines[number]):
                own.append((n_kept, n_kept + 1))
            number += 1
    return found


def joined(lines: Sequence[tuple[int, Sequence[Span]]]) -> tuple[Span, ...]:
    """Where a text of some lines holds secrets; each line is its length, and where it holds them (see `in_lines`)."""
    found: list[Span] = []
    at = 0
    for n_chars, spans in lines:
        for start, end in spans:
            if found and found[-1][1] == start + at:
                found[-1] = (found[-1][0], end + at)
            else:
                found.append((start + at, end + at))
        at += n_chars + 1
    n_all = at - 1
    return tuple((start, min(end, n_all)) for start, end in found if start < n_all)


def shifted(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """What lies of the spans between two places, counted from the first."""
    cut = ((max(first, start) - start, min(last, end) - start) for first, last in spans)
    return tuple((first, last) for first, last in cut if first < last)


def without_secrets(chunk: Chunk) -> str:
    """A chunk's text without the lines that hold a secret."""
    kept, at = [], 0
    for line in chunk.text.split("\n"):
        if not shifted(chunk.hidden, at, at + len(line)):
            kept.append(line)
        at += len(line) + 1
    return "\n".join(kept)
