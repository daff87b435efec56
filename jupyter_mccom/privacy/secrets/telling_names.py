"""Names that say that their value is a secret, in the languages that people write code in.

A name is read by its parts (`dbPassword`, `DB_PASSWORD` and `db-password` have the same ones). What a name tells is
one of three: its value is a secret whatever it looks like; only if it looks random or mixed; nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache

from . import telling_words as words


class Tells(IntEnum):
    """How much a name says about its value."""

    NOTHING = 0
    RANDOM = 1
    """`token`, `key`: a value counts if it looks random."""
    MIXED = 2
    """`auth_token`, `pin`: a value counts if it is no plain word."""
    SURELY = 3
    """`password`: any value counts."""


_SURELY, _MIXED, _RANDOM, _BEFORE_KEY, _BEFORE_TOKEN, _NOT_BEFORE_PASS, _ABOUT, _ASKS = (
    frozenset(listed.split())
    for listed in (
        words.SURELY, words.MIXED, words.RANDOM, words.BEFORE_KEYS, words.BEFORE_TOKENS, words.BEFORE_PASSING,
        words.ABOUT, words.ASKS,
    )
)  # fmt: skip
_UNSPACED = tuple(word for word in _SURELY if not word.isascii())
_PIECES = frozenset(["part", "piece", "half", "a", "b", "one", "two", "first", "second", "left", "right", "raw"])
"""Behind a name: one of its pieces."""
_SERVICES = frozenset(words.SERVICES.split())
_KNOWN = _SURELY | _MIXED | _RANDOM | _BEFORE_KEY | _BEFORE_TOKEN | _ABOUT
_WORDS = re.compile(r"[^\W\d](?:[^\W\d]|-)*")
_PART = re.compile(r"[A-Z]+(?![^\W\dA-Z_])|[A-Z]?(?:[^\W\dA-Z_]|[\u0900-\u0dff\u0e31-\u0e4e])+|\d+")
_NAME = re.compile(r"[^\W\d](?:[\w$\u0900-\u0dff\u0e31-\u0e4e]|-(?=[^\W_])){1,79}")
"""With the vowel signs of India's scripts and of Thai, which are no letters."""
_LONGEST_NAME = 64


def names_in(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[re.Match[str], Tells]]:
    """The telling names of `text` between two places."""
    for found in _NAME.finditer(text, start, len(text) if end is None else end):
        tells = what_tells(found[0])
        if tells:
            yield found, tells


@lru_cache(maxsize=16_384)
def what_tells(name: str) -> Tells:
    """What `name` says about its value."""
    if len(name) > _LONGEST_NAME:
        return Tells.NOTHING
    parts = [part.lower() for part in _PART.findall(name) if not part.isdigit()]
    while len(parts) > 1 and parts[-1] in _PIECES:
        parts.pop()
    last = len(parts) - 1
    told, at = max(((_part(parts, number), number) for number in range(len(parts))), default=(Tells.NOTHING, 0))
    if told is Tells.NOTHING:
        return told
    if any(part in _ABOUT for part in parts[at + 1 :]) and told > Tells.RANDOM:
        return Tells.RANDOM
    if at < last and told < Tells.MIXED and not _SERVICES.intersection(parts):
        return Tells.NOTHING
    return Tells.RANDOM if parts[0] in _ASKS and at else told


def asks(name: str) -> bool:
    """A function of this name looks a value up or checks one: its arguments are names, not secrets."""
    parts = [part.lower() for part in _PART.findall(name)]
    return bool(parts) and parts[0] in _ASKS


def is_telling_word(word: str) -> bool:
    """`word` is a telling name and nothing else, such as stands in prose, in forms and for a variable."""
    bare = word.strip("-_.:,;!?'\"`()[] ")
    if not bare or not _WORDS.fullmatch(bare) or not what_tells(bare):
        return False
    return all(part.lower() in _KNOWN for part in _PART.findall(bare))


def _part(parts: list[str], number: int) -> Tells:
    """What one part tells, beside the parts in front of it."""
    part, before = parts[number], parts[number - 1] if number else ""
    pair = before + part
    if part in _SURELY or pair in _SURELY or "".join(parts[max(0, number - 2) : number + 1]) in _SURELY:
        return Tells.SURELY
    if part in {"key", "keys"} and before in _BEFORE_KEY:
        return Tells.SURELY
    if (
        part == "pass"
        and number
        and before not in {"by", "low", "high", "band", "one", "single", "forward", "backward"}
    ):
        return Tells.SURELY
    if part in _MIXED or pair in _MIXED or (part == "token" and before in _BEFORE_TOKEN):
        return Tells.MIXED
    return Tells.RANDOM if part in _RANDOM or part in _SERVICES else _glued(part)


def _glued(part: str) -> Tells:
    """Names without a seam: `mypassword`, `dbpasswd`, `xapikey`."""
    for word in ("password", "passwd", "passwort", "passphrase", "apikey", "secretkey", "accesskey", "пароль", "密码"):
        if part.endswith(word) or (part.startswith(word) and len(part) <= len(word) + 2):
            return Tells.SURELY
    if not part.isascii() and part.endswith(_UNSPACED):
        return Tells.SURELY
    return (
        Tells.MIXED if part.endswith(("pwd", "pw", "authtoken", "accesstoken")) and len(part) <= 16 else Tells.NOTHING
    )
