"""The person of a replay: how keys fall, when a text is noticed, how long it is read, what is taken of it. Pure.

Its constants are assumptions, not fitted to anybody: gaps between keys scatter as a log-normal, words begin after a
pause, and a text is read at 40 characters a second. Nothing here knows of requests or models.
"""

from __future__ import annotations

import random
import re

_KEY_SHARE = 0.7
"""The even share of a key's time: the rest goes to pauses before words, of which there is one in about 5 keys."""
_PAUSE_SHARE = 1.5
_GAP_SIGMA = 0.4
_REACTION_S = 0.3
_REACTION_SIGMA = 0.25
_LOOK_S = 0.2
_CHARS_A_SECOND = 40.0
TAKE_S = 0.2
"""Seconds from the decision to the key that takes the text, or a word of it."""
_WORD = re.compile(r"\s*(?:\w+|[^\w\s]+)")
_LEAST_SAVED = 2
"""Keys that taking words one by one must save: for less a person types on."""


class Typist:
    """One person at one statement: the same `seed` gives the same gaps, whatever is shown."""

    def __init__(self, statement: str, *, keys_a_minute: float, seed: str) -> None:
        draw = random.Random(seed)  # noqa: S311 - a person, not a secret
        gap_s = 60.0 / keys_a_minute
        self.gaps_s = tuple(gap_s * share for share in _shares(statement, draw))
        """Seconds before each character; 60 ÷ `keys_a_minute` in the mean of ordinary code."""
        self._draw = random.Random(f"{seed} reacts")  # noqa: S311

    def reaction_s(self) -> float:
        """Seconds from the paint of a text until it is noticed. Keys go on meanwhile."""
        return self._draw.lognormvariate(0.0, _REACTION_SIGMA) * _REACTION_S

    @staticmethod
    def reading_s(text: str) -> float:
        """Seconds from noticing a text until it is judged. No key is typed meanwhile."""
        return _LOOK_S + len(text) / _CHARS_A_SECOND


def _shares(statement: str, draw: random.Random) -> list[float]:
    shares = []
    for at, key in enumerate(statement):
        scattered, pause = draw.lognormvariate(-(_GAP_SIGMA**2) / 2, _GAP_SIGMA), draw.expovariate(1.0)
        starts_word = key.isalnum() and not statement[max(0, at - 1) : at].isalnum()
        shares.append(_KEY_SHARE * scattered + (_PAUSE_SHARE * pause if starts_word else 0.0))
    return shares


def right(text: str, left: str) -> bool:
    """The first line of `text` is all that is left to type, trailing white space aside."""
    return bool(text) and text.partition("\n")[0].rstrip() == left.rstrip()


def taken(text: str, left: str) -> list[str]:
    """What a person takes of a text, a key each: all of it, its first line, or its first words; nothing: types on."""
    if right(text, left):
        return [text if "\n" not in text else text.partition("\n")[0]]
    words, at = [], 0
    for word in _WORD.findall(text.partition("\n")[0]):
        if not left.startswith(word, at) or _inside_word(left, at + len(word)):
            break
        words.append(word)
        at += len(word)
    return words if at - len(words) >= _LEAST_SAVED else []


def _inside_word(text: str, at: int) -> bool:
    """The word that ends at `at` goes on in `text`."""
    return text[at - 1 : at].isalnum() and text[at : at + 1].isalnum()
