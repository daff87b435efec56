"""Passwords beside what looks like a user's name, whatever takes them: `Shop("root", "…")`, `{"anna.keller": "…"}`.

What a call's own name tells is in `positional_credentials.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .secret_values import is_blank, is_made_up, is_mixed, is_odd, is_random, is_secret
from .span import Span
from .telling_names import Tells

_USER = re.compile(
    r"[\w.+-]{1,60}@[\w-]+(?:\.[\w-]+)+"
    r"|(?i:root|admin\w{0,10}|user(?:name)?\d{0,4}|guest|operator|owner|manager|postgres|mysql|oracle|neo4j|elastic|sa|sys|system|scott"
    r"|airflow|jenkins|deploy\w{0,4}|etl\w{0,10}|ingest|reports?|reporting|reader|writer|read_?only|read_?write|backup|bot|robot|support|ops"
    r"|devops|dev|test_?user|dba|master|ftp|ubuntu|ec2-user|pi|nobody|daemon|analytics|analyst|datalake|warehouse|grafana|superset|monitor\w{0,4})"
    r"|(?i:svc|srv|usr|app|db|adm|dwh|etl)[_.-][\w.-]{1,40}|[\w.-]{1,40}[_.-](?i:svc|srv|usr|user|app|admin|ro|rw|bot|etl|reader|writer|service|dba)"
)
_NAME = re.compile(r"[a-z]{1,20}\.[a-z]{2,20}|[a-z]{3,20}(?:[_-][a-z]{2,20})?\d{0,4}")
"""A person's name, as far as one can tell."""
_DOTTED = re.compile(r"[a-z]{1,20}\.[a-z]{3,20}")
_TWO = re.compile(
    r"(?P<q>[\"'])(?P<user>[\w.@+-]{1,80})(?P=q)(?=\s{0,9}(?P<between>,|:|=>|->|\*)\s{0,60}"
    r"(?:[\w.]{1,60}\s?=\s?)?[bruf]{0,2}(?P<r>[\"'])(?P<value>(?:(?!(?P=r))[^\\\n\r]){4,200})(?P<end>(?P=r)|$|(?=[\r\n])))",
    re.MULTILINE,
)
_CALL = re.compile(
    r"(?P<call>\b[\w.]{1,80}\(|[(\[=,{])\s{0,40}(?P<before>(?:[bru]{0,2}[\"'][\w.:/-]{1,60}[\"']|[(\[][^()\[\]\n]{0,60}[)\]]|\w[\w.]{0,40}),\s{0,40}){0,3}[bru]{0,2}$"
)
_HOSTED = re.compile(r"://|[\w-]\.[\w-]+\.\w|:\d{2,5}\b|\blocalhost\b")
"""An address stands in front of the user."""
_HOST_AFTER = re.compile(r"[\"']\s{0,9},\s{0,40}(?:[\w.]{1,40}\s?=\s?)?[\"']https?://")
_FARTHEST = 190
_TAKES_USER = re.compile(
    r"(?:^|[\w.])(?:[A-Z]\w*|\w*(?:api|client|bot|session|service|portal|gateway|wrapper|scraper|connector)\w{0,3})\($",
)
_LISTS = re.compile(
    r"(?i:\b(?:\w*_)?(?:users?|accounts?|logins?|members|people|user_?db|auth_?db|benutzer|usuarios|utilisateurs|utenti|usuários|gebruikers|пользователи))"
    r"(?:\s{0,9}:[^=\n]{1,40})?\s{0,9}[=:]\s{0,9}(?:dict\()?(?P<open>[{[(])"
)
_FIELDS = frozenset(
    [
        "name",
        "first",
        "last",
        "email",
        "mail",
        "city",
        "country",
        "role",
        "roles",
        "type",
        "id",
        "title",
        "status",
        "group",
        "url",
        "host",
        "phone",
        "address",
        "created",
        "language",
    ]
)
_LONGEST_LIST = 2_000
_OTHER = re.compile(
    r"(?:[\w-]+\.)+(?:[a-z]{2,3}|local|internal|parquet|json|ipynb|html)(?::\d+)?(?:/\w*)?|localhost|utf.?8"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|[-.]?\.{0,2}/.*|--?[A-Za-z].*|#[0-9a-fA-F]{3,8}|\.\w+|\d{1,4}[.:/ T-][\d.:/ T-]*|\d{1,7}"
    r"|[\w.]+[(\[].*|[\w-]+/[\w./+-]*|https?:.*"
)


def beside_user_names(text: str) -> Iterator[Span]:
    """The second of two texts of which the first is a user, and the values of what is named users."""
    for found in _TWO.finditer(text):
        if _is_password(found):
            yield found.span("value")
    for opened in _LISTS.finditer(text):
        end = text.find({"{": "}", "[": "]", "(": ")"}[opened["open"]], opened.end(), opened.end() + _LONGEST_LIST)
        for found in _TWO.finditer(text, opened.end(), end if end >= 0 else opened.end() + _LONGEST_LIST):
            value = found["value"]
            if (
                (found["between"] != "," or opened["open"] != "{")
                and found["user"].lower() not in _FIELDS
                and _may_be(value)
                and is_odd(value)
            ):
                yield found.span("value")


def _is_password(found: re.Match[str]) -> bool:
    user, value = found["user"], found["value"]
    if not _may_be(value):
        return False
    if _DOTTED.fullmatch(user) and found["between"] == ",":
        return len(value) >= 8 and (is_made_up(value) or is_random(value) or value.isdigit())
    if _USER.fullmatch(user):
        return is_odd(value) if found["between"] == "," else len(value) >= 8 and is_odd(value) and is_made_up(value)
    called = _CALL.search(found.string, max(0, found.start() - _FARTHEST), found.start())
    call = called["call"] if called else ""
    takes = call in ("(", "[") or _TAKES_USER.search(call) is not None
    hosted = called is not None and (
        (_HOSTED.search(called["before"] or "") is not None and call not in ("(", "["))
        or _HOST_AFTER.match(found.string, found.end("value")) is not None
        or ".join(" in found.string[max(0, found.start() - 12) : found.start()]
        or (call not in ("(", "[") and value.isdigit())
    )
    strong = (
        len(value) >= 8 and (is_mixed(value) or hosted) and (is_random(value) or is_made_up(value) or value.isdigit())
    )
    return takes and strong and _NAME.fullmatch(user) is not None


def _may_be(value: str) -> bool:
    return (
        len(value) >= 6
        and value.count(" ") < 2
        and not is_blank(value)
        and _OTHER.fullmatch(value) is None
        and is_secret(value, Tells.SURELY)
    )
