"""Passwords in addresses: `scheme://user:…@host`, with or without an end, and JDBC's `user/…@host`.

The settings of ODBC, libpq and Azure (`Pwd=…;`) are found by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .secret_values import is_blank, is_made_up, is_odd, is_random
from .span import Span

_USER = re.compile(
    r"://(?P<user>[^\s/:@\"'`<>\\]{0,200}):(?=[^\s/\"'`])|://(?P<alone>[^\s/:@\"'`<>\\]{8,300})(?:@|$)",
    re.MULTILINE,
)
_PASSWORD = re.compile(r"[^\s\"'`<>|]{1,300}")
_PORT = re.compile(r"(?:\d{1,5}|port)(?=[/?#,;&\s\"'`)\]};]|$)")
_JDBC = re.compile(
    r"\bjdbc:oracle:\w{2,9}:[\w.$#-]{1,60}/([^\s@\"'`]{2,100})@|\b\w{1,40}/([^\s@/\"'`]{4,60})@(?://)?[\w.-]+(?::\d+)?/\w+"
)
_NAME = r"[\w.$#+-]{1,60}"
_TYPED = r"(?=@|[\"'`]?[ \t)\]},;]*(?:\n|\r|\Z))"
_AT_HOST = re.compile(rf"[\"'`]{_NAME}:(?P<value>[^\s@\"'`/]{{3,100}})@(?:tcp|udp|unix)?\(?(?:[\w-]+\.|/|localhost)")
_IN_DSN = re.compile(
    rf"(?i:dsn|conn\w{{0,16}}|(?:database|db)_?(?:url|uri|string))\b[\"'\])]*\s{{0,9}}:?=\s{{0,9}}[bruf]{{0,2}}[\"'`]{_NAME}:"
    rf"(?P<value>[^\s@\"'`/:(]{{3,100}}){_TYPED}"
)
_OF_USER = re.compile(
    rf"(?<=[\s\"'`])(?:[\w.-]{{1,40}}/)?{_NAME}:(?P<value>[^\s\"'`/:]{{4,100}})@(?:[\w-]{{1,60}}\.){{1,6}}\w"
)
_OF_MAIL = re.compile(
    r"[\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{1,40}){1,4}:(?P<value>[^\s\"'`/:]{6,60})(?=[\s\"'`]|$)", re.MULTILINE
)
_QUERY = re.compile(
    r"(?:^|[?&\"'])(?:u|usr|user(?:name)?|login|email|id)=[^&\s\"']{1,80}&(?:p|pw|pwd|pass\w{0,4}|ps)=(?P<value>[^&\s\"'`#]{4,100})",
    re.MULTILINE,
)
"""Pairs of a user and a password without an address, and in a query."""
_ORACLE = re.compile(
    rf"(?:\bjdbc:oracle:\w{{2,9}}:|(?i:oracle\w*|oracledb|sqlplus)\b[^\n\"'/]{{0,60}}[\"' ]){_NAME}/"
    rf"(?P<value>[^\s@\"'`/]{{3,100}}){_TYPED}"
)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]{0,30})$")
_PAGES = frozenset({"http", "https", "ws", "wss"})
_NO_LOGINS = frozenset({"file", "s3", "gs", "about", "data"})
_END = re.compile(r"[\"'`]?[ \t)\]},;]*(?:\r?\n|$)")


def logins(text: str) -> Iterator[Span]:
    """The passwords in the addresses of `text`."""
    if "://" in text:
        read_to = 0
        for found in _USER.finditer(text):
            if found.start() < read_to:
                continue
            if found["alone"] is None and len(found["user"]) >= 16 and is_random(found["user"]):
                yield found.span("user")
            span = found.span("alone") if found["alone"] else _password(text, found)
            if span and (found["alone"] is None or is_random(found["alone"])):
                read_to = span[1]
                yield span
    if "@" in text and "/" in text:
        for found in _JDBC.finditer(text):
            group = found.lastindex or 1
            if not is_blank(found[group]):
                yield found.span(group)
    yield from _without_scheme(text)


def _without_scheme(text: str) -> Iterator[Span]:
    """`user:…@tcp(host)` and Oracle's `user/…@host`, whole or half typed."""
    lower = text.lower()
    patterns = [
        *([_OF_USER, _OF_MAIL] if "@" in text else ()),
        *([_QUERY] if "&" in text else ()),
        *([_AT_HOST] if "@" in text else ()),
        *([_IN_DSN] if "dsn" in lower or "conn" in lower or "url" in lower or "uri" in lower else ()),
        *([_ORACLE] if "oracle" in lower or "sqlplus" in lower else ()),
    ]
    for pattern in patterns:
        for found in pattern.finditer(text):
            value = found["value"]
            odd = pattern not in (_OF_USER, _OF_MAIL) or (is_odd(value) and (len(value) > 5 or not value.isdigit()))
            if (
                odd
                and (not value.isdigit() or len(value) > 5)
                and not _is_filled_in(value)
                and not value.startswith("//")
            ):
                yield found.span("value")


def _password(text: str, found: re.Match[str]) -> Span | None:
    """Up to the last `@` in front of the host, since a password may have `@` and `/`; half typed, up to the end."""
    rest = _PASSWORD.match(text, found.end())
    if rest is None or found["user"].startswith("["):
        return None
    whole = rest[0]
    port = _PORT.match(text, found.end())
    at = _last_at(whole)
    if at < 0:
        value = whole.rstrip(")]},;")
        half = port is None and _END.match(text, rest.end()) and _is_half(text, found, value)
        return (found.end(), found.end() + len(value)) if half else None
    value = whole[:at]
    if (port and "/" in value) or _is_filled_in(value):
        return None
    return found.end(), found.end() + at


def _is_half(text: str, found: re.Match[str], value: str) -> bool:
    """`scheme://user:…` at a line's end: the value so far. Pages have a user too, and no port that is a word."""
    scheme = _SCHEME.search(text, max(0, found.start() - 32), found.start())
    if (
        scheme is None
        or scheme[1].lower() in _NO_LOGINS
        or (value.isdigit() and len(value) < 6)
        or _is_filled_in(value)
    ):
        return False
    page = scheme[1].lower() in _PAGES
    if "/" in value and (page or not is_made_up(value.split("/", 1)[0], least=3)):
        return False
    return bool(found["user"]) or not page


def _last_at(whole: str) -> int:
    """The `@` in front of the host: the last one before a query, where several follow each other."""
    query = re.search(r"@[^@]*[?]", whole)
    return whole.rfind("@", 0, query.start() + 1 if query else len(whole))


def _is_filled_in(value: str) -> bool:
    """A variable or placeholder, whose braces may hold code."""
    return is_blank(value) or re.fullmatch(r"\{.*\}|\$\w+|\$\{.*\}|%\w+%|<.*>|\[.*\]|\{.*", value) is not None
