"""Parts of known secrets: a text that was cut, or a line that is half typed, holds a part and nothing that names it.

A part is at least 8 characters of one line of a secret, anywhere in the text. Words are no part, or a passphrase would
take them out of all code: those of a dictionary, and those that the text uses again and again. Finds no secret itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..types import Span
from .common_words import is_common_word

LEAST = 8
"""Fewest characters of a part."""
_SEED = 4
_STRIDE = LEAST - _SEED + 1
"""Of any 8 characters, 4 begin at a place that can be divided by 5: only these are looked at."""
_LEAST_AT_EDGE = 4
"""Fewest characters of a part at which a text begins or ends: there it was cut."""
_LONG = 16
"""A secret as long is no beginning of a longer name."""
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_]+")
_LETTERS = re.compile(r"[^\W\d_]*")
_LETTERS_BEFORE = re.compile(r"[^\W\d_]{1,40}\Z")
_LEAST_AT_EDGE_TOLD = 3
_ADDRESS = re.compile(r"://")
_USES = 3
"""A word that stands as often in a text, and is no secret by itself, is one of its names."""


class Fragments:
    """The parts of some secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        lines = {line.strip() for secret in self._secrets for line in secret.splitlines()}
        self._lines = sorted((line for line in lines if len(line) >= _LEAST_AT_EDGE), key=len)
        self._seeds = {line[at : at + _SEED] for line in self._lines for at in range(len(line) - _SEED + 1)}
        self._grams = {line[at : at + LEAST] for line in self._lines for at in range(len(line) - LEAST + 1)}

    def spans(self, text: str) -> Iterator[Span]:
        """Where parts stand in `text`, in order."""
        at, last = 0, len(text) - LEAST
        for seed in self._seeds_in(text):
            start = next((n for n in range(max(at, seed - _STRIDE + 1), seed + 1) if self._begins(text, n)), None)
            if start is None:
                continue
            at = start
            while at <= last and self._begins(text, at):
                at += 1
            end = at - 1 + LEAST
            if self._is_part(text, start, end):
                yield start, end

    def _seeds_in(self, text: str) -> list[int]:
        """Every part holds one of these places: they are near enough to each other."""
        seeds = self._seeds
        return [at for at in range(0, len(text), _STRIDE) if text[at : at + _SEED] in seeds] if seeds else []

    def _begins(self, text: str, at: int) -> bool:
        return text[at : at + LEAST] in self._grams

    def edges(self, text: str) -> Iterator[Span]:
        """The end of a secret at the beginning of `text`, and the beginning of one at its end, where it was cut."""
        start = max((_overlap(line, text) for line in self._lines), default=0)
        if _tells(text[max(0, start - 40) : start]):
            yield 0, start
        end = max((_overlap(text, line) for line in self._lines), default=0)
        if _tells(text[len(text) - end :]):
            yield len(text) - end, len(text)

    def _is_part(self, text: str, start: int, end: int) -> bool:
        part = text[start:end]
        longer = _is_letter(text[start - 1 : start]) or _is_letter(text[end : end + 1])
        if part in self._secrets and longer and len(part) < _LONG and all(map(is_common_word, _PIECE.findall(part))):
            return False  # a longer name: `database223` beside `database22`
        begun, ended = _LETTERS_BEFORE.search(text[:start]), _LETTERS.match(text, end)
        word = (begun[0] if begun else "") + part + (ended[0] if ended else "")
        if not _of_words(word):
            return part in self._secrets or not self._is_name(text, word)
        n_words = len(_PIECE.findall(part))
        begins = any(line.startswith(part) and not _ADDRESS.search(line) for line in self._lines)
        return begins and n_words > 1 and not longer

    def _is_name(self, text: str, word: str) -> bool:
        """`text` uses the word again and again beside the secrets."""
        if not word.isalpha() or text.count(word) < _USES:
            return False
        for secret in self._secrets:
            text = text.replace(secret, " ")
        return len(re.findall(rf"(?<![^\W_]){word}(?![^\W_])", text)) >= _USES


def _overlap(left: str, right: str) -> int:
    """The longest end of `left` with which `right` begins; `spans` finds those of LEAST characters and more."""
    sizes = range(min(len(left), len(right), LEAST - 1), _LEAST_AT_EDGE - 1, -1)
    return next((size for size in sizes if left.endswith(right[:size])), 0)


def _tells(edge: str) -> bool:
    return not _of_words(edge) and sum(map(str.isalnum, edge)) >= _LEAST_AT_EDGE_TOLD


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_"


def _of_words(text: str) -> bool:
    """True for words and signs alone: such text stands in code by chance."""
    if any(char.isdigit() for char in text):
        return False
    return all(map(is_common_word, _PIECE.findall(text)))
