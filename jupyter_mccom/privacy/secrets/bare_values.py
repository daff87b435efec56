"""Values without quotes: in settings and shell lines, within strings, and in prose."""

from __future__ import annotations

import re

from .secret_values import is_blank, is_mixed, is_random, is_secret
from .span import Span
from .telling_names import Tells, is_telling_word

_IN_STRING = re.compile(r"\{[^{}\"'\n]{1,200}\}|(?:[^\s\"'`;\\<>]|\\(?![nrt\"'`\\]))+")
_IN_QUERY = re.compile(r"[^\s\"'`;&\\<>#]+")
_IN_SHELL = re.compile(r"(?:[^\s\"'`;&|\\<>]|\\.)+")
_IN_PROSE = re.compile(r"[^\s\"'`<>|]+")
_REST = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"[ \t]+(?:#|//|;).*|\\$")
_CONFIG_BEFORE = re.compile(
    r"[ \t]*(?:[-*+>#;!%$]+[ \t]*|//[ \t]*|--[ \t]*)?(?:(?:export|set|setx|setenv|env|set_env|ENV|ARG|SET|let|local|declare)[ \t]+)?"
    r"(?:-\w[ \t]+)?(?:\$env:|//)?(?:[\w\[\]]+[.:/_-]+)*[\"'_*]{0,3}"
)
_SHELL_BEFORE = re.compile(
    r"^[ \t]*[!%$](?![ \t]*$)|\b(?:export|setx|setenv|ENV|ARG|env|declare|config:set)[ \t]|(?:^|[ \t])(?:-e|--env|--set|--build-arg|-c"
    r"|--from-literal|-D)[= \t]|(?:&&|;|\|)[ \t]*$"
)
_COMMAND_NEXT = re.compile(r"[ \t]+(?!(?:if|for|and|or|in|is|not|else|async)\b)[\w./~-]+")
_SPACED = re.compile(r"[ \t]=[ \t]*|<-")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CODE = re.compile(
    r"[^\W\d][\w.]*[(\[{].*|[^\W\d]\w*(?:\.[^\W\d]\w*)+|[\[({].*|.*[(\[{,]|@\w+|lambda\b.*|[-+]?[\d._]+|f?[\"'].*"
)
_TYPE = frozenset(
    [
        "string",
        "bytes",
        "object",
        "boolean",
        "integer",
        "number",
        "float",
        "double",
        "varchar",
        "optional",
        "secretstr",
        "literal",
        "union",
        "required",
        "password",
        "getpass",
        "default",
        "unknown",
        "unset",
        "pytest",
        "request",
        "response",
        "config",
        "settings",
    ]
)
_SECTION = re.compile(r"^\[[\w .:\"/-]+\][ \t]*$", re.MULTILINE)
_CLASSES = re.compile(r"^[ \t]*(?:class|def|import|from|interface|type|struct|async)[ \t]", re.MULTILINE)
_FARTHEST = 400


def bare_value(text: str, name: re.Match[str], at: int, tells: Tells, *, inside: str, prose: str | None) -> Span | None:
    """The value without quotes at `at`, which an operator behind `name` introduces."""
    if text[at : at + 1] in {"", "\n", "\r", "$", "<"}:
        return None
    line = max(text.rfind("\n", 0, name.start()) + 1, name.start() - _FARTHEST)
    before = text[line : name.start()]
    if prose == "tag":
        return _judged(text, at, text.find("<", at, at + _FARTHEST), tells)
    if prose == "cell" and inside:
        return None
    if prose:
        return _in_prose(text, at, tells, prose)
    if before.endswith(("?", "&", "&amp;")):
        return _matched(text, at, _IN_QUERY, tells)
    if inside:
        return _in_string(text, name, at, tells)
    spaced = _SPACED.search(text, name.end(), at) is not None
    shell = _SHELL_BEFORE.search(before) is not None and not spaced
    found = _IN_SHELL.match(text, at)
    if shell or (found and not spaced and "=" in text[name.end() : at] and _COMMAND_NEXT.match(text, found.end())):
        return _matched(text, at, _IN_SHELL, tells)
    return _in_setting(text, name, at, tells, before=before, spaced=spaced)


def _matched(text: str, at: int, pattern: re.Pattern[str], tells: Tells) -> Span | None:
    found = pattern.match(text, at, at + _FARTHEST)
    return _judged(text, at, found.end(), tells) if found else None


def _judged(text: str, at: int, end: int, tells: Tells) -> Span | None:
    value = text[at:end].rstrip()
    inner = value[1:-1] if value[:1] == "{" and value[-1:] == "}" and not value[1:-1].isidentifier() else value
    if end < 0 or "\n" in value or not is_secret(inner, tells) or (_CODE.fullmatch(inner) and not is_random(inner)):
        return None
    return at, at + len(value)


def _in_string(text: str, name: re.Match[str], at: int, tells: Tells) -> Span | None:
    """Within a string: `Pwd=…;`, `password=… host=…`, `password: …`. A plain word counts only behind `=`."""
    found = _IN_STRING.match(text, at, at + _FARTHEST)
    if found is None:
        return None
    value = found[0].rstrip(",.)]")
    tight = text[name.end() : at].strip("\"'`\\") == "="
    if "}" in value and "{" not in value:
        return None
    if value.startswith("{") and (value[1:-1].isidentifier() or not tight):
        return None
    if not (tight or is_mixed(value)):
        return None
    return _judged(text, at, at + len(value), tells)


def _in_prose(text: str, at: int, tells: Tells, kind: str) -> Span | None:
    """Behind `password is`, or in the next cell of a table: no plain word."""
    while text[at : at + 1] in {"*", "_", "`", "(", ":"}:
        at += 1
    found = _IN_PROSE.match(text, at, at + _FARTHEST)
    value = found[0].rstrip(".,;:!?)*_`") if found else ""
    mixed = len(value) >= 6 and is_mixed(value) and (any(map(str.isdigit, value)) or kind == "cell")
    if not mixed or _CODE.fullmatch(value):
        return None
    return _judged(text, at, at + len(value), tells)


def _in_setting(text: str, name: re.Match[str], at: int, tells: Tells, *, before: str, spaced: bool) -> Span | None:
    """A whole line `name = value` or `name: value`, whose value is no code."""
    found = _REST.match(text, at, at + _FARTHEST)
    if found is None or _CONFIG_BEFORE.fullmatch(before) is None:
        return None
    value = _COMMENT.sub("", found[0]).rstrip(" \t\r,")
    if not value or value[0] in "\"'`|&*!" or _CODE.fullmatch(value):
        return (
            None
            if not is_random(value) or " " in value or value[:1] in "\"'`"
            else _judged(text, at, at + len(value), tells)
        )
    if any(char in value for char in " \t"):
        return _phrase(text, name, at, value, tells)
    if (
        _IDENTIFIER.fullmatch(value)
        and not is_random(value)
        and not _is_value(text, name, value, tells, at, spaced=spaced)
    ):
        return None
    if tells is not Tells.SURELY and not is_mixed(value):
        return None
    return _judged(text, at, at + len(value), tells)


def _is_value(text: str, name: re.Match[str], value: str, tells: Tells, at: int, *, spaced: bool) -> bool:
    """What could be an identifier is none: it stands nowhere else, and has digits or is a word in a setting."""
    if len(value) < 6 or value.lower() in _TYPE or text.count(value) > 1:
        return False
    if any(map(str.isdigit, value)) or (value.islower() and not spaced and "_" not in value):
        return True
    if spaced or ":" in text[name.end() : at]:
        return _SECTION.search(text) is not None or (not spaced and not _CLASSES.search(text))
    return tells is Tells.SURELY


def _phrase(text: str, name: re.Match[str], at: int, value: str, tells: Tells) -> Span | None:
    """Several plain words behind a name at the line's start: `passphrase: correct horse battery staple`."""
    words = value.split()
    plain = all(word.replace("-", "").isalnum() and word.islower() for word in words)
    about = any(is_telling_word(word) for word in words) or is_blank(value)
    if tells is not Tells.SURELY or not plain or about or not 3 <= len(words) <= 8 or min(map(len, words)) < 3:
        return None
    return at, at + len(value)
