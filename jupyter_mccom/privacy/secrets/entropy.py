"""What looks random: strings of high entropy, and tokens as vendors make them, a name and then a random tail.

Quoted strings are judged by detect-secrets' measure. What is not quoted is judged by how often it changes between
digits, capitals and small letters, since the entropy of a short text says little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from .secret_values import is_made_up, is_random, n_changes
from .span import Span
from .telling_names import names_in

if TYPE_CHECKING:
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin

_DIGEST = re.compile(
    r"sha-?\d|md5|digest|checksum|hash|commit|revision|integrity|etag|uuid|/(?:blob|tree|raw|resolve|archive)/",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"'`]([A-Za-z0-9+/=_\-.~!@#$%^&*]{16,200})[\"'`]")
_CAPITALS = re.compile(r"[\"'`]([A-Z0-9]{16,64})(?:[\"'`]|$)")
_IN_ADDRESS = re.compile(r"(?:[?&#;]\w{1,40}=|(?<=[\w=])/)([\w\-]{16,300})(?=[/?&#\s\"'`,;)]|$)")
"""A piece of a path or a query."""
_CHANNEL = re.compile(r"/t/([\w\-]{8,100})")
"""Conda's token."""
_KEY_IN_PATH = re.compile(
    r"/(?:v\d{1,2}(?:\.\d)?|api|keys?|tokens?|t|hooks?|webhooks?)/([0-9a-f]{20,64}(?=[/?&#\s\"'`,;)])|[0-9a-f]{12,64}$)"
)
_SHARED = re.compile(r"/(?:blob|tree|raw|commit|resolve)/[0-9a-f]{40}|youtu|/file/d/|/spreadsheets/")
"""Addresses whose random pieces anybody may read."""
_LOOSE = re.compile(r"[\"'`]([A-Za-z0-9_\-+/]{12,64})(?:[\"'`]|$)")
_MADE = re.compile(
    r"(?<![\w/.\-+=%])\$?(?:[A-Za-z][A-Za-z0-9]{1,11}(?:[_\-][A-Za-z0-9]{1,10}){0,3}[_\-.~])(?P<tail>[A-Za-z0-9][A-Za-z0-9_\-]{13,199}={0,2})"
    r"(?![\w./])"
)
_BARE = re.compile(r"(?:(?<=[\"'`=:>|\s])|^)[A-Za-z0-9][A-Za-z0-9_\-]{22,199}(?=[\"'`,;)\s\\<]|$)", re.MULTILINE)
_QUERY = re.compile(r"[?&](?:app_?id|code|sid|ticket|[\w-]{0,20}subscription[\w-]{0,9})=([\w\-]{12,200})")
_HEX = re.compile(r"[0-9a-f\-_]+|[0-9A-F\-_]+")
_PIECE = re.compile(r"[A-Za-z0-9]{12,}")
_FILE = re.compile(
    r"\.[A-Za-z]\w{0,5}$|^(?:run|events|checkpoint|epoch|step|version|model|file|img|image|data|fig|cell|tfevents)\b",
    re.IGNORECASE,
)
_LEAST = 20


def random_strings(line: str) -> Iterator[Span]:
    """What looks random in one line, but for digests that say that they are and stand beside no telling name."""
    if _DIGEST.search(line) and next(names_in(line), None) is None:
        return
    for plugin in _plugins():
        for found in plugin.regex.finditer(line):
            text = found[2]
            mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
            if len(text) >= _LEAST and mixed and plugin.calculate_shannon_entropy(text) > plugin.entropy_limit:
                yield found.span(2)
    yield from _loose(line)
    for found in _QUOTED.finditer(line):
        if _all_kinds(found[1]) and is_random(found[1]):
            yield found.span(1)
    yield from _made(line)


def _loose(line: str) -> Iterator[Span]:
    """Random pieces of an address or in quotes, of letters that make no words."""
    for found in _IN_ADDRESS.finditer(line) if "://" in line and not _SHARED.search(line) else ():
        if is_random(found[1]) and is_made_up(found[1]) and not _FILE.search(found[1]):
            yield found.span(1)
    yield from (found.span(1) for found in _CHANNEL.finditer(line) if "conda" in line and is_made_up(found[1]))
    yield from (found.span(1) for found in _KEY_IN_PATH.finditer(line) if "://" in line)
    for found in _LOOSE.finditer(line):
        if is_random(found[1]) and is_made_up(found[1]) and n_changes(found[1]) * 5 >= len(found[1]):
            yield found.span(1)
    for found in _CAPITALS.finditer(line):
        if 2 < sum(map(str.isdigit, found[1])) < len(found[1]) - 3 and n_changes(found[1]) * 5 >= len(found[1]):
            yield found.span(1)


def _made(line: str) -> Iterator[Span]:
    """Random tails behind a name, in a query, and alone."""
    yield from (found.span(1) for found in _QUERY.finditer(line) if is_random(found[1]))
    for found in _MADE.finditer(line):
        if _is_dense(found["tail"], 5, n_digits=2 if "." in found[0] else 1) and not _FILE.search(found[0]):
            yield found.span()
    for found in _BARE.finditer(line):
        if not _HEX.fullmatch(found[0]) and _is_dense(found[0], 4, n_digits=2):
            yield found.span()


def _is_dense(text: str, rarity: int, *, n_digits: int) -> bool:
    """It changes its kind of characters at least once in `rarity` characters, in one long piece."""
    piece = max(_PIECE.findall(text), key=len, default="")
    digits = sum(map(str.isdigit, piece))
    return digits >= n_digits and is_random(piece) and n_changes(piece) * rarity >= len(piece)


def _all_kinds(text: str) -> bool:
    """`text` has digits, capitals and small letters, and no seam that words have."""
    kinds = {"d" if char.isdigit() else "U" if char.isupper() else "l" for char in text if char.isalnum()}
    return len(kinds) == 3 and not re.search(r"[./_-].*[./_-]", text)


@cache
def _plugins() -> tuple[HighEntropyStringsPlugin, ...]:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString

    return Base64HighEntropyString(), HexHighEntropyString()
