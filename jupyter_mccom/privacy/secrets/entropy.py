"""Strings of high entropy, by detect-secrets' measure and by how often a string changes between kinds of characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from .secret_values import is_random
from .span import Span

if TYPE_CHECKING:
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin

_DIGEST = re.compile(r"sha-?\d|md5|digest|checksum|hash|commit|revision|integrity|etag|uuid", re.IGNORECASE)
_QUOTED = re.compile(r"[\"'`]([A-Za-z0-9+/=_\-.~!@#$%^&*]{16,200})[\"'`]")
_LEAST = 20


def random_strings(line: str, *, named: bool) -> Iterator[Span]:
    """Quoted strings of high entropy in one line, but for digests that say that they are."""
    if not named and _DIGEST.search(line):
        return
    for plugin in _plugins():
        for found in plugin.regex.finditer(line):
            text = found[2]
            mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
            if len(text) >= _LEAST and mixed and plugin.calculate_shannon_entropy(text) > plugin.entropy_limit:
                yield found.span(2)
    for found in _QUOTED.finditer(line):
        if _all_kinds(found[1]) and is_random(found[1]):
            yield found.span(1)


def _all_kinds(text: str) -> bool:
    """`text` has digits, capitals and small letters, and no seam that words have."""
    kinds = {"d" if char.isdigit() else "U" if char.isupper() else "l" for char in text if char.isalnum()}
    return len(kinds) == 3 and not re.search(r"[./_-].*[./_-]", text)


@cache
def _plugins() -> tuple[HighEntropyStringsPlugin, ...]:
    from detect_secrets.plugins.high_entropy_strings import Base64HighEntropyString, HexHighEntropyString

    return Base64HighEntropyString(), HexHighEntropyString()
