"""String literals in code of any language: prefixes, escaped quotes, missing ends, and pieces that are put together."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPENING = re.compile(r"(?i:[bruf]{1,2}|N(?=')|[@$])?(?P<slashes>\\*)(?P<quote>\"\"\"|'''|[\"'`]|&quot;|&\#39;)")
_WITHIN = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*'),
    "'": re.compile(r"(?:[^'\\\n]|\\.|'')*"),
}
_PART = re.compile(
    r"(?P<space>[ \t]+|\\\r?\n)|(?P<newline>\r?\n)|(?P<comment>#[^\n]*|//[^\n]*)|(?P<open>[([{])|(?P<close>[)\]}])"
    r"|(?P<end>[,;])|(?P<word>\w[\w.]*)|(?P<sign>.)"
)
_LONGEST = 4_000
_FARTHEST = 800
_MOST_PARTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """The text between two quotes, by its place in the document."""

    start: int
    end: int
    past: int
    """Behind the closing quote."""


def literal_at(text: str, at: int) -> Literal | None:
    """The literal that opens at `at`. One without an end goes to the end of its line."""
    opening = OPENING.match(text, at)
    if opening is None:
        return None
    start, slashes, quote = opening.end(), opening["slashes"], opening["quote"]
    limit = min(len(text), start + _LONGEST)
    if slashes or quote not in _WITHIN:
        stop = limit if len(quote) == 3 or quote == "`" else _line_end(text, start, limit)
        end = text.find(slashes + quote, start, stop)
        if end < 0:
            end = _line_end(text, start, limit)
            return Literal(start=start, end=end, past=end)
        return Literal(start=start, end=end, past=end + len(slashes + quote))
    found = _WITHIN[quote].match(text, start, limit)
    end = found.end() if found else start
    return Literal(start=start, end=end, past=min(end + 1, _line_end(text, end, limit)))


def expression_literals(text: str, at: int, *, deep: bool = False) -> tuple[list[Literal], int]:
    """The literals of the expression at `at`, up to its comma, its line's end or the bracket that encloses it.

    Unless `deep`, they end at what is neither a literal nor a bracket nor a sign that puts texts together. The second
    value is how far was read.
    """
    found: list[Literal] = []
    depth, needs_more, stop = 0, True, min(len(text), at + _FARTHEST)
    for _ in range(_MOST_PARTS):
        if found and at == found[-1].past and text.startswith("`", at):
            break  # code in a sentence ends
        literal = literal_at(text, at) if at < stop else None
        if literal:
            at, needs_more = literal.past, _JOINED.match(text, literal.past) is not None
            found.append(literal)
            continue
        part = _PART.match(text, at, stop)
        if part is None:
            break
        kind = part.lastgroup
        depth += (kind == "open") - (kind == "close")
        if depth < 0 or (not depth and (kind == "end" or (kind == "newline" and not needs_more))):
            break
        if not deep and (kind == "word" or (kind == "sign" and part[0] not in "+.|&")):
            break
        at = part.end()
        if kind in {"word", "sign", "close"}:
            needs_more = kind == "sign" and part[0] in "+=|&"
    return found, at


_JOINED = re.compile(
    r"[ \t]*(?:[+.&\\]?[ \t]*)\r?\n[ \t]*(?:[+.&][ \t]*)?(?i:[bruf]{1,2})?[\"'](?![\"'])|[ \t]*[+&.]?[ \t]*[\"']"
)
"""Another literal follows at once, which continues the value."""


def _line_end(text: str, start: int, limit: int) -> int:
    end = text.find("\n", start, limit)
    end = limit if end < 0 else end
    return end - 1 if end > start and text[end - 1] == "\r" else end
