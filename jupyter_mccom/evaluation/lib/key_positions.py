"""The keys that people press: positions inside words, behind signs and blanks, and at line starts, and their shares.

A sample of `samples.py` stands where its data cut the line, which is always at a token's end; here each statement is
asked at one key of each kind. Knows nothing of engines.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from ...cascade.text.python import tokens
from .data import rows_of
from .samples import Sample

Place: TypeAlias = Literal["inside", "behind", "start", "word's end", "line's end"]
"""Where a cursor stands: between two characters of a word or number; in the line behind a sign or blank; behind nothing
but indentation; between a word and what is no word; behind all that is there."""
KINDS: tuple[Place, ...] = ("start", "inside", "behind")
"""The places that are asked, in the order in which they are printed."""
_LEAST_LEFT = 2
"""Characters of code behind the cursor: a suggestion of one character saves no key."""
_FILES = ("notebooks/statements.jsonl", "repositories/lines.jsonl")


def place_of(before: str, after: str) -> Place:
    """Where a cursor stands between the two parts of a line."""
    if not after.strip():
        return "line's end"
    if not before.strip():
        return "start"
    if not _in_word(before[-1]):
        return "behind"
    return "inside" if _in_word(after[0]) else "word's end"


def at_keys(samples: Sequence[Sample], seed: int) -> list[Sample]:
    """Positions of each statement: one key of each of KINDS that it has, drawn by `seed`.

    The keys of one statement follow each other from left to right, so that a model's cache serves them all. Nothing is
    asked inside a comment behind the code; the truth is the rest of the physical line all the same.
    """
    return [one for sample in samples for one in _keys_of(sample, seed)]


def _keys_of(sample: Sample, seed: int) -> list[Sample]:
    above, newline, typed = sample.request.prefix.rpartition("\n")
    line = typed + sample.truth
    places: dict[Place, list[int]] = {}
    for at, place in _cursors(line)[: -_LEAST_LEFT or None]:
        places.setdefault(place, []).append(at)
    found = []
    for kind in KINDS:
        if kind in places:
            at = random.Random(f"{seed} {sample.task} {kind}").choice(places[kind])  # noqa: S311 - a sample, no secret
            task = f"{sample.task}#{kind}"
            request = replace(sample.request, id=task, prefix=above + newline + line[:at])
            found.append((at, replace(sample, task=task, key=kind, request=request, truth=line[at:])))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _cursors(line: str) -> list[tuple[int, Place]]:
    """The columns at which the cursor stands while the line's code is typed, the first one before its first key."""
    code = code_of(line)
    indent = len(code) - len(code.lstrip())
    return [(at, place_of(code[:at], code[at:])) for at in range(indent, len(code) + 1)] if code.strip() else []


def code_of(line: str) -> str:
    """The line without a comment at its end."""
    end = 0
    for token in tokens(line):
        if "#" in token.prefix:
            return line[:end].rstrip()
        end += len(token.prefix + token.string)
    return line.rstrip()


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """How often a key leaves the cursor at each place; a line's start counts as the moment before its first key."""

    counts: Mapping[Place, int]

    def share(self, place: Place) -> float:
        """The share of this kind among all keys, 0..1."""
        return self.counts.get(place, 0) / max(1, sum(self.counts.values()))

    def note(self) -> str:
        """The shares of the kinds, as text."""
        asked = ", ".join(f"{kind} {self.share(kind):.2f}" for kind in KINDS)
        others = ", ".join(f"{place} {self.share(place):.2f}" for place in self.counts if place not in KINDS)
        n_keys = sum(self.counts.values())
        return f"weighted: by how often such a key is pressed, of {n_keys} keys {asked}; not asked: {others or 'none'}"


def pressed(data: Path) -> Pressed:
    """Over every key of every statement of a data folder. Raises InputError for a file that cannot be used."""
    lines = [row["ground_truth"] for file in _FILES if (data / file).exists() for row in rows_of(data, file)]
    return Pressed(counts=Counter(place for line in lines for _, place in _cursors(line)))
