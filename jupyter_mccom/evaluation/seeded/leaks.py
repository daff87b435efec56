"""Did a secret leave? Its pieces of eight characters, looked for in all that a server was sent. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import unquote_plus

N_CHARS = 8
"""A part of a secret as long as this counts as leaked."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_ESCAPED = re.compile(r"\\([^\w\s])")
_BY_NUMBER = re.compile(r"\\U([0-9A-Fa-f]{8})|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")


def sent_pieces(bodies: Iterable[bytes]) -> set[str]:
    """All pieces of N_CHARS characters of the bodies and of what they say without their escapes."""
    return {piece for body in bodies for text in _readings(body) for piece in pieces(text)}


def pieces(text: str) -> Iterator[str]:
    """Each piece of N_CHARS characters."""
    return (text[at : at + N_CHARS] for at in range(len(text) - N_CHARS + 1))


def leaked(values: Sequence[str], sent: set[str], innocent: str = "") -> str:
    """A piece of the values that was sent, the first that is found; empty where none was.

    Pieces of `innocent`, the same text without the values, say nothing.
    """
    known = set(pieces(innocent))
    return next((piece for value in values for piece in pieces(value) if piece in sent and piece not in known), "")


def _readings(body: bytes) -> Iterator[str]:
    """The body as it is, and each string of its JSON unescaped once and twice, decoded as an address and as base64."""
    raw = body.decode("utf-8", "replace")
    yield raw
    try:
        strings = list(_strings(json.loads(raw)))
    except ValueError:
        strings = [raw]
    for text in strings:
        once = _BY_NUMBER.sub(lambda found: chr(int(found[1] or found[2] or found[3], 16)), text)
        yield from {text, once, _ESCAPED.sub(r"\1", once), unquote_plus(text)}
        for found in _BASE64.finditer(text):
            yield from _decoded(found[0])


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _decoded(text: str) -> Iterator[str]:
    plain = text.replace("-", "+").replace("_", "/")
    for shift in range(4):  # a run may begin with characters that are no part of it
        cut = plain[shift:]
        try:
            yield base64.b64decode(cut[: len(cut) // 4 * 4]).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
