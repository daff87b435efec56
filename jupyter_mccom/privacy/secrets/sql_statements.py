"""Passwords in SQL: `IDENTIFIED BY '…'`, and rows that are inserted into a column of such a name.

`PASSWORD '…'` and `SET password = '…'` are found by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .literals import literal_at
from .secret_values import is_secret
from .span import Span
from .telling_names import Tells, what_tells

_IDENTIFIED = re.compile(
    r"\bIDENTIFIED\s{1,20}(?:WITH\s{1,20}[\w\"'`]{1,40}\s{1,20})?(?:BY|AS)\s{1,20}(?:VALUES\s{1,20}|PASSWORD\s{1,20})?"
    r"|\b(?:crypt|PASSWORD|HASHBYTES|AES_ENCRYPT|pgp_sym_encrypt)\s{0,5}\(\s{0,9}(?:'SHA2_\d+',\s{0,9})?(?=['\"])"
    r"|\bpgp_sym_(?:de|en)crypt\w{0,6}\s{0,5}\([^'\"()]{1,100},\s{0,9}(?=')"
    r"|\bPRAGMA\s{1,9}(?:re)?key\s{0,9}=\s{0,9}(?=['\"])"
    r"|\bAUTH(?:ENTICATED)?\s{1,5}(?:BY\s{1,5})?(?=['\"])",
    re.IGNORECASE,
)
_STATEMENT = re.compile(r"\b(?:USER|ROLE|GRANT|ALTER|CREATE)\s", re.IGNORECASE)
_WORD = re.compile(r"[^\s;,()\"'`]{3,100}")
_INSERT = re.compile(
    r"\bINSERT\s{1,9}INTO\s{1,9}[\w.\"`\[\]]{1,80}\s{0,9}\(([^()]{1,400})\)\s{0,40}VALUES\s{0,40}", re.IGNORECASE
)
_ROW = re.compile(r"\s{0,40},?\s{0,40}\((?:'(?:[^'\n]|'')*'|[^()'])*\)")
_FIELD = re.compile(r"\s*(?:'((?:[^'\n]|'')*)'|[^,']*)\s*(?:,|$)")
_MOST_ROWS = 200


def sql_passwords(text: str) -> Iterator[Span]:
    """The passwords in the statements of `text`."""
    lower = text.lower()
    if (
        "pragma" in lower
        or "identified" in lower
        or "auth" in lower
        or "crypt" in lower
        or "password" in lower
        or "hashbytes" in lower
    ):
        for found in _IDENTIFIED.finditer(text):
            literal = literal_at(text, found.end())
            said = literal or "(" in found[0] or not _STATEMENT.search(text, max(0, found.start() - 300), found.start())
            word = None if said else _WORD.match(text, found.end())
            span = (literal.start, literal.end) if literal else word.span() if word else (0, 0)
            if is_secret(text[slice(*span)], Tells.SURELY):
                yield span
    if "insert" in lower:
        for found in _INSERT.finditer(text):
            yield from _inserted(text, found)


def _inserted(text: str, found: re.Match[str]) -> Iterator[Span]:
    told = [what_tells(column.strip(' \t\n"`[]')) for column in found[1].split(",")]
    at = found.end()
    for _ in range(_MOST_ROWS if any(told) else 0):
        row = _ROW.match(text, at, at + 2_000)
        if row is None:
            return
        at = row.end()
        inner = text.index("(", row.start()) + 1
        for tells, field in zip(told, _FIELD.finditer(text, inner, at - 1), strict=False):
            if tells and field[1] is not None and is_secret(field[1], tells):
                yield field.span(1)
