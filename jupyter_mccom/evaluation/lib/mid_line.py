"""Positions in the middle of a line: code stands behind the cursor, and what stood before that was taken out.

Knows nothing of engines.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ...cascade.text.python import tokens
from .key_positions import code_of
from .samples import Sample

KINDS = ("part of a word", "some tokens", "all in a bracket", "nothing, in a word", "nothing, before a token")
"""What is missing at the cursor. Where nothing is, every text is wrong."""
_WORD = re.compile(r"[^\W\d]\w{3,}")
_MOST_TOKENS = 6
_CLOSERS = ")]}'\":,; "


def mid_line(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """One position of each of KINDS that the line of a sample has, drawn by `seed`; its truth is what is missing."""
    return [one for sample in samples for one in _positions(sample, seed)]


def _positions(sample: Sample, seed: int) -> Iterator[Sample]:
    above, newline, typed = sample.request.prefix.rpartition("\n")
    line = code_of(typed + sample.truth)
    draw = random.Random(f"{seed} {sample.task}")  # noqa: S311 - a sample, no secret
    for kind, at, end in _holes(line, draw):
        task = f"{sample.task}#{kind}"
        prefix, suffix = above + newline + line[:at], line[end:] + sample.request.suffix
        request = replace(sample.request, id=task, prefix=prefix, suffix=suffix)
        yield replace(sample, task=task, key=kind, request=request, truth=line[at:end])


def _holes(line: str, draw: random.Random) -> Iterator[tuple[str, int, int]]:
    """The kind of each hole, and where it begins and ends."""
    found = list(_tokens(line))
    words = [(at, word) for at, word in found if _WORD.fullmatch(word)]
    if words:
        at, word = draw.choice(words)
        begin = draw.randint(1, len(word) - 3)
        end = draw.randint(begin + 2, len(word) - 1)
        yield KINDS[0], at + begin, at + end
        at, word = draw.choice(words)
        begin = at + draw.randint(1, len(word) - 1)
        yield KINDS[3], begin, begin
    if len(found) > 1:
        at, _ = draw.choice(found[1:])
        yield KINDS[4], at, at
    starts = [at for at, _ in found]
    spans = [(at, end) for number, at in enumerate(starts) for end in starts[number + 1 : number + 1 + _MOST_TOKENS]]
    spans = [(at, end) for at, end in spans if line[end:].strip(_CLOSERS)]
    if spans:
        yield KINDS[1], *draw.choice(spans)
    n_closed = len(line) - len(line.rstrip(")]}"))
    if n_closed:
        end = len(line) - draw.randint(1, n_closed)
        begin = _opener(line, end) + 1
        if end - begin > 1:
            yield KINDS[2], begin, end


def _tokens(line: str) -> Iterator[tuple[int, str]]:
    """Offset and text of each token that has something."""
    at = 0
    for token in tokens(line):
        at += len(token.prefix)
        if token.string.strip():
            yield at, token.string
        at += len(token.string)


def _opener(line: str, end: int) -> int:
    """Offset of the bracket that the one at `end` closes, by counting; `end` where there is none."""
    depth = 0
    for at in range(end - 1, -1, -1):
        if line[at] in ")]}":
            depth += 1
        elif line[at] in "([{":
            if depth == 0:
                return at
            depth -= 1
    return end
