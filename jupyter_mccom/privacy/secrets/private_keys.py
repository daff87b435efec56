"""Private keys in PEM and its kin (OpenSSH, PGP, PuTTY): whole, or without their beginning or end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from .span import Span

_PEM = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,9}-----")
_PEM_CHARS = 20_000
_MOST_MARKERS = 100
_PEM_LINE = re.compile(r"[\s\"'(#]*([A-Za-z0-9+/=]{1,99})(?:\\[nr])*[\"',)\s]*")
_BODY = re.compile(
    r"(?:^[ \t\"'(#+]*[A-Za-z0-9+/]{60,76}(?:\\n)?[\"' \t,\\+)]*\r?\n){3,}"
    r"(?:[ \t\"'(#]*(?=[A-Za-z]*[0-9+/=])[A-Za-z0-9+/]{4,76}={0,2}[\"' \t,)]*$)?",
    re.MULTILINE,
)


def private_keys(text: str) -> Iterator[Span]:
    """Keys whole, without their end or without their beginning, since a prompt may be cut; a mere marker is no key."""
    opened: re.Match[str] | None = None
    for number, found in enumerate(_PEM.finditer(text)):
        if number > _MOST_MARKERS:
            yield found.start(), len(text)
            return
        if found[1] == "END" and opened and found.end() - opened.start() < _PEM_CHARS:
            yield opened.start(), found.end()
            opened = None
        elif found[1] == "END":
            lines = text[max(0, found.start() - _PEM_CHARS) : found.start()].splitlines(keepends=True)
            size = _body_chars(lines[::-1])
            yield found.start() - size, found.end() if size else found.start()
        else:
            opened = found
            rest = text[found.end() : found.end() + _PEM_CHARS].splitlines(keepends=True)
            escaped = re.match(r"(?:\\[nr]|[A-Za-z0-9+/=])*", rest[0]) if rest else None
            first = len(rest[0]) if rest and not rest[0].strip("\\nr\"'+, \n\r") else 0
            size = _body_chars(rest[1:]) if first else 0
            size = first + size if size else (escaped.end() if escaped and escaped.end() >= 16 else 0)
            yield found.start(), found.end() + size if size else found.start()


def key_bodies(text: str) -> Iterator[Span]:
    """Blocks of lines of base64, as the middle of a key is where a text was cut before it came here."""
    return (found.span() for found in _BODY.finditer(text))


def _body_chars(lines: Sequence[str]) -> int:
    """Length of the lines of base64 at the head of `lines`; only the outermost two may be short."""
    size = longest = 0
    for number, line in enumerate(lines):
        body = _PEM_LINE.fullmatch(line)
        if body is None or (len(body[1]) < 16 and 1 <= number < len(lines) - 1):
            break
        size, longest = size + len(line), max(longest, len(body[1]))
    return size if longest >= 16 else 0
