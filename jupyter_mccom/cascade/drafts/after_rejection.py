"""The draft for the cloud after a rejection: what is left of the rejected text behind the word that differs. Pure."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

AfterRejection: TypeAlias = Literal["none", "tail", "anew"]
"""`tail`: what this file finds; `anew`: what the local model writes behind what was typed; which is best:
`bench --suite drafts`."""
_WORD = re.compile(r"\w*")


def tail(rejected: str, typed: str) -> str:
    """What may follow `typed`, which was typed in place of the `rejected` text; empty where the two cannot be aligned.

    While the word that differs is still being typed, its own end is not known: the text behind it is given.
    """
    same = n_same(rejected, typed)
    theirs, mine = rejected[same:], typed[same:]
    if not mine:
        return theirs
    rest, behind = _behind_word(theirs), _behind_word(mine)
    return rest[len(behind) :] if rest.startswith(behind) else ""


def n_same(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def _behind_word(text: str) -> str:
    """The text without the word, or else the sign, that it begins with."""
    found = _WORD.match(text)
    return text[max(1, found.end() if found else 0) :]
