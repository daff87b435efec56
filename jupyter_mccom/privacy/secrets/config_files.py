"""Passwords by their place in files that have no name for them: netrc, `.pgpass`, `.npmrc`, htpasswd."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .secret_values import is_blank, n_changes
from .span import Span

_NETRC = re.compile(r"\b(?:login|user|account)\s{1,20}[^\s\"']{1,80}\s{1,20}password\s{1,20}([^\s\"']{3,200})")
_PGPASS = re.compile(
    r"(?:^|[\"'`])[\w.*-]{1,100}:(?:\d{2,5}|\*):[\w.*-]{1,60}:[\w.*@-]{1,60}:([^\s:\"'`][^\n\"'`]{2,100})(?=[\"'`]|$)",
    re.MULTILINE,
)
_PUTTY = re.compile(
    r"^Private-(?:Lines: \d{1,3}\r?\n((?:[A-Za-z0-9+/=]{1,80}\r?\n?){1,200})|MAC: ([0-9a-f]{20,}))", re.MULTILINE
)
_AZURE = re.compile(r"account\.key\.[\w.\-]{3,100}[\"']?\s{0,9}[,=:]?\s{0,9}[\"']?([A-Za-z0-9+/=]{30,100})")
_USER_KEY = re.compile(
    r"[\"']user(?:name)?[\"']\s{0,9}:\s{0,9}[\"'][^\"'\n]{1,60}[\"']\s{0,9},\s{0,9}[\"']key[\"']\s{0,9}:\s{0,9}[\"']([\w\-]{6,200})"
)
"""Kaggle's file."""
_SCHEMED = re.compile(r":\{(?:PLAIN|CLEAR\w*|[A-Z\d.-]*CRYPT|S?SHA\d*|S?MD5)\}([^\s:\"']{4,200})")
"""Dovecot's and LDAP's."""
_HOOK = re.compile(r"/(?:services|workflows|triggers)/(T\w{8,12}/[A-Z]\w{8,12}/\w{16,40})")
_KUBERNETES = re.compile(r"^[ \t]*(?:data|stringData):[ \t]*\r?\n((?:[ \t]+[^\n]{1,4000}(?:\n|$)){1,60})", re.MULTILINE)
_ENTRY = re.compile(r"^[ \t]+[\w.-]{1,80}:[ \t]+[\"']?([^\s\"'|>]{6,4000})[\"']?[ \t]*\r?$", re.MULTILINE)
_BASIC = re.compile(
    r"\b(?i:bearer|basic|token|apikey|digest"
    r"|authorization[\"']?\s{0,9}[:=,]\s{0,9}[\"'bfru]{0,3}(?:bearer|basic|token|apikey)?)"
    r"[ \t]{1,9}(?=[\w.~+/=:\-]{0,400}?[\dA-Z=])([\w.~+/=:\-]{12,4000})"
)


def placed_passwords(text: str) -> Iterator[Span]:
    """The passwords that their place gives away."""
    for pattern, hint in (
        (_NETRC, "password"),
        (_USER_KEY, "key"),
        (_HOOK, "://"),
        (_SCHEMED, ":{"),
        (_PGPASS, ":"),
        (_PUTTY, "Private-"),
    ):
        if hint in text:
            for found in pattern.finditer(text):
                group = found.lastindex or 1
                if not is_blank(found[group].strip()):
                    yield found.span(group)
    if "account.key." in text:
        yield from (found.span(1) for found in _AZURE.finditer(text))
    for block in _KUBERNETES.finditer(text) if "ata:" in text else ():
        surely = "Secret" in text
        for found in _ENTRY.finditer(text, block.start(1), block.end(1)):
            if not is_blank(found[1]) and (surely or found[1].endswith("=")):
                yield found.span(1)
    for found in _BASIC.finditer(text):
        if not is_blank(found[1]) and (
            any(map(str.isdigit, found[1])) or found[1].endswith("=") or n_changes(found[1]) > 2
        ):
            yield found.span(1)
