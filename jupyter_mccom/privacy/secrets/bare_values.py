"""Values without quotes: in settings and shell lines, within strings, and in prose."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .document_text import DocumentText
from .secret_values import is_blank, is_made_up, is_mixed, is_odd, is_random, is_secret
from .span import Span
from .telling_names import Tells, is_telling_word

_IN_STRING = re.compile(r"\{[^{}\"'\n]{1,200}\}|(?:[^\s\"'`;\\<>]|\\(?![nrt\"'`\\]))+")
_IN_QUERY = re.compile(r"[^\s\"'`;&\\<>#]+")
_IN_SHELL = re.compile(r"(?:[^\s\"'`;&|\\<>]|\\.)+")
_IN_PROSE = re.compile(r"[^\s\"'`<>|]+")
_REST = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"[ \t]+(?:#|//|;).*|\\$")
_CONFIG_BEFORE = re.compile(
    r"[ \t]*(?:[-*+>#;!%$]+[ \t]*|//[ \t]*|--[ \t]*)?"
    r"(?:(?:export|set|setx|setenv|env|set_env|ENV|ARG|SET|let|local|declare)[ \t]+)?"
    r"(?:-\w[ \t]+)?(?:\$env:|//)?(?:[\w\[\]]+[.:/_-]+)*[\"'_*]{0,3}"
)
_SHELL_BEFORE = re.compile(
    r"^[ \t]*[!%$](?![ \t]*$)|\b(?:export|setx|setenv|ENV|ARG|env|declare|config:set)[ \t]"
    r"|(?:^|[ \t])(?:-e|--env|--set|--build-arg|-c"
    r"|--from-literal|-D)[= \t]|(?:&&|;|\|)[ \t]*$"
)
_REMARK = re.compile(r"^.*(?:#|//|--)(?=[^#\"']*$)")
_ARGUMENT = re.compile(r"^[ \t]*[a-z][\w./-]*[ \t]+(?:[^()={}\n]|\b[\w.-]+=){0,200}[ \t,]$")
"""What stands in front of the settings that a command is given."""
_COMMAND_NEXT = re.compile(r"[ \t]+(?!(?:if|for|and|or|in|is|not|else|async)\b)[\w./~-]+")
_SPACED = re.compile(r"[ \t]=[ \t]*|<-")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_CODE = re.compile(
    r"[^\W\d][\w.]*[(\[{].*|[^\W\d]\w*(?:\.[^\W\d]\w*)+|[\[({].*|.*[(\[{,]|@\w+|lambda\b.*|[-+]?(?:[\d_]{1,5}|\d*[._][\d._]*)|f?[\"'].*"
)
_NO_VALUE = [
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
_DEFAULT = re.compile(r"\$\{\w{1,60}:[-=]?([^}\s\"']{3,200})\}")
_WORDS = re.compile(r"[ \t]*(?:#|//|--)[ \t]*(?:[^\W\d]+[ \t]+){1,3}")
_IN_TAG = re.compile(r"[^\s<>][^<>\n]{0,400}")
_IN_FLOW = re.compile(r"[^\s,{}\"'\[\]()]{4,200}(?=[ \t]*(?:[,}]|$|\n))")
_DOTTED = re.compile(r"\w+\.[A-Z][a-z]\w*")
"""No attribute: those begin with a small letter."""
_PROPERTY = re.compile(r"[ \t]*(?:[\w-]+\.)+")
_TWO = re.compile(r"[^\W\d]\w*\.[^\W\d]\w*")
_SPRING = re.compile(r"\$\{(?:[\w-]+\.)*$")
"""A setting with a default: `${db.password:…}` and `${PASSWORD:-…}`."""
_IN_BRACES = re.compile(r"[^\s}\"'`$]+")
_BLOCK_SCALAR = re.compile(r"[|>][-+]?[ \t]*\r?\n[ \t]+")
_FORMATTED = re.compile(r"\b[rR]?[fF][rR]?[\"']|\$\"")
_STATEMENT = re.compile(r"[^\n\"'`=()\[\]{}]*")
_FARTHEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value may stand: behind a telling name and its operator."""

    document: DocumentText
    name: re.Match[str]
    tells: Tells
    inside: str
    """The quote of the string in which it all stands, or nothing."""
    at: int

    @property
    def operator(self) -> str:
        """What stands between the name and the value."""
        return self.document.text[self.name.end() : self.at]

    @property
    def before(self) -> str:
        """The line in front of the name."""
        return self.document.text[self.document.line_start(self.name.start()) : self.name.start()]

    @property
    def spaced(self) -> bool:
        """The operator is set apart from the name, as in code."""
        return _SPACED.search(self.operator) is not None


def bare_value(place: Place, *, prose: str | None) -> Span | None:
    """The value without quotes at `place`; `prose` is the kind of an operator that no code has."""
    text, at = place.document.text, place.at
    if _SPRING.search(place.before):
        return _matched(place, _IN_BRACES)
    default = _DEFAULT.match(text, at)
    if default:
        return default.span(1) if is_secret(default[1], place.tells) else None
    block = _BLOCK_SCALAR.match(text, at)
    if block and not place.inside:
        return _in_setting(replace(place, at=block.end()))
    if text[at : at + 1] in {"", "\n", "\r", "$", "<"}:
        return None
    if prose == "tag":
        return _in_element(place)
    if prose:
        cut = prose == "cell" or not place.before.endswith("`")
        return None if prose in {"cell", "space"} and place.inside and cut else _in_prose(place, prose)
    if place.before.endswith(("?", "&", "&amp;")):
        return _matched(place, _IN_QUERY)
    if place.inside:
        return _in_string(place)
    return _outside_strings(place)


def _outside_strings(place: Place) -> Span | None:
    """In a shell's line, in a setting, or behind a colon in prose."""
    text, at = place.document.text, place.at
    found = _IN_SHELL.match(text, at, at + _FARTHEST)
    tight = "=" in place.operator and not place.spaced
    if tight and found and (_SHELL_BEFORE.search(place.before) or _COMMAND_NEXT.match(text, found.end())):
        surely = Tells.SURELY if place.tells is Tells.MIXED else place.tells
        return _judged(replace(place, tells=surely), found.end(), in_shell=True)
    if tight and found and _ARGUMENT.search(place.before) and place.document.times(found[0]) < 2:
        return _judged(place, found.end()) if is_odd(found[0]) else None
    if ":" in place.operator and place.before.rfind("{") > place.before.rfind("}"):
        return _in_flow(place)
    return _in_setting(place) or (_in_prose(place, ":") if ":" in place.operator else None)


def _in_element(place: Place) -> Span | None:
    """Behind `<password>`, up to the next tag or, half typed, to the line's end."""
    found = _IN_TAG.match(place.document.text, place.at)
    return found.span() if found and is_secret(found[0], place.tells) else None


def _in_flow(place: Place) -> Span | None:
    """In braces, as YAML has them: what stands once and is no plain word."""
    found = _IN_FLOW.match(place.document.text, place.at)
    if not found or place.document.times(found[0]) > 1 or not is_odd(found[0]):
        return None
    return _judged(place, found.end())


def _matched(place: Place, pattern: re.Pattern[str]) -> Span | None:
    found = pattern.match(place.document.text, place.at, place.at + _FARTHEST)
    return _judged(place, found.end()) if found else None


def _judged(place: Place, end: int, *, in_shell: bool = False) -> Span | None:
    value = place.document.text[place.at : end].rstrip() if end > place.at else ""
    braced = value[:1] == "{" and value[-1:] == "}" and not _is_variable(place, value[1:-1])
    inner = value[1:-1] if braced else value[1:] if _is_open(place, value) else value
    code = _is_code(place, inner) and not (in_shell and _TWO.fullmatch(inner))
    if "\n" in value or not is_secret(inner, place.tells) or code:
        return None
    return place.at, place.at + len(value)


def _is_code(place: Place, value: str) -> bool:
    """A number, a name or a call; in a string, a name with a dot is none if it is made up."""
    if _CODE.fullmatch(value) is None or is_random(value):
        return False
    dotted = _DOTTED.fullmatch(value) or (
        _TWO.fullmatch(value)
        and (
            not place.document.has_code and not place.spaced
            if not place.inside
            else not _FORMATTED.search(place.before)
        )
    )
    return not (dotted and is_made_up(value))


def _is_open(place: Place, value: str) -> bool:
    """Half typed: braces about a value of ODBC, which have no end yet."""
    tight = place.operator.strip("\"'`\\") == "="
    return tight and value[:1] == "{" and "}" not in value and _FORMATTED.search(place.before) is None


def _is_variable(place: Place, value: str) -> bool:
    """What stands in braces is a name of the document, or may be one."""
    if not value.isidentifier():
        return False
    filled_in = _FORMATTED.search(place.before) is not None or ".format" in place.document.text
    return filled_in or len(value) < 6 or is_blank(value) or place.document.times(value) > 1


def _in_string(place: Place) -> Span | None:
    """Within a string: `Pwd=…;`, `password=… host=…`, `password: …`. A plain word counts only behind `=`."""
    found = _IN_STRING.match(place.document.text, place.at, place.at + _FARTHEST)
    value = found[0].rstrip(",.)]") if found else ""
    tight = place.operator.strip("\"'`\\") == "="
    if not value or ("}" in value and "{" not in value) or not (tight or is_odd(value)):
        return None
    if value.startswith("{") and (_is_variable(place, value[1:-1]) or not tight):
        return None
    return _judged(place, place.at + len(value))


def _in_prose(place: Place, kind: str) -> Span | None:
    """Behind `password is`, in the next cell of a table, or in a line without signs of code: no plain word."""
    text, at = place.document.text, place.at
    if kind in {":", "space"} and (
        place.tells is not Tells.SURELY or not _STATEMENT.fullmatch(_REMARK.sub("", place.before))
    ):
        return None
    while text[at : at + 1] in {"*", "_", "`", "(", ":"}:
        at += 1
    found = _IN_PROSE.match(text, at, at + _FARTHEST)
    value = found[0].rstrip(".,;:!?)*_`") if found else ""
    has_digit = any(map(str.isdigit, value))
    mixed = len(value) >= 6 and is_mixed(value) and (has_digit or kind == "cell")
    alone = (
        kind != "space"
        or not place.before.strip()
        or _PROPERTY.fullmatch(place.before) is not None
        or place.before[-1] == "`"
        or _REMARK.search(place.before) is not None
    )
    mixed = mixed or (
        place.tells is Tells.SURELY and alone and (is_made_up(value) or (value.isdigit() and len(value) >= 8))
    )
    if (
        not mixed
        or (_CODE.fullmatch(value) and not is_random(value))
        or (kind == "space" and place.document.times(value) > 1)
    ):
        return None
    return _judged(replace(place, at=at), at + len(value))


def _in_setting(place: Place) -> Span | None:
    """A whole line `name = value` or `name: value`, whose value is no code."""
    found = _REST.match(place.document.text, place.at, place.at + _FARTHEST)
    value = _COMMENT.sub("", found[0]).rstrip(" \t\r,") if found else ""
    if not value or value[0] in "\"'`|&*!" or not _begins_setting(place.before):
        return None
    if " " in value or "\t" in value:
        return _phrase(place, value)
    if _is_code(place, value):
        return None
    if _IDENTIFIER.fullmatch(value) and not is_random(value) and not _is_value(place, value):
        return None
    counts = place.tells is Tells.SURELY or is_odd(value)
    return _judged(place, place.at + len(value)) if counts else None


def _begins_setting(before: str) -> bool:
    """Nothing in front of the name but what a setting has, or a word or two of a comment."""
    return _CONFIG_BEFORE.fullmatch(before) is not None or _WORDS.fullmatch(before) is not None


def _is_value(place: Place, value: str) -> bool:
    """What could be an identifier is none: it stands nowhere else, and has digits or is a word in a setting."""
    set_apart = (
        place.spaced
        and place.document.has_code
        and not place.name[0].isupper()
        and _REMARK.search(place.before) is None
    )
    odd = is_made_up(value) and place.tells >= Tells.MIXED and not set_apart
    if len(value) < 6 or value.lower() in _NO_VALUE:
        return False
    if place.document.times(value) > 1 and (place.document.has_code or not odd) and not place.document.has_sections:
        return odd and (any(map(str.isdigit, value)) or _is_last(place, value))
    if odd and (":" in place.operator or place.spaced):
        return True
    if any(map(str.isdigit, value)) or (value.islower() and not place.spaced and "_" not in value):
        return True
    if place.spaced or ":" in place.operator:
        return place.document.has_sections or not (place.spaced or place.document.has_code)
    return place.tells is Tells.SURELY or odd


def _is_last(place: Place, value: str) -> bool:
    """A setting of its own, not an argument that a comma or bracket follows."""
    after = place.document.text[place.at + len(value) : place.at + len(value) + 1]
    return place.tells is Tells.SURELY and not place.spaced and after in {"", "\n", "\r"}


def _phrase(place: Place, value: str) -> Span | None:
    """Several plain words behind a name at the line's start: `passphrase: correct horse battery staple`."""
    words = value.split()
    plain = all(word.replace("-", "").isalnum() and word.islower() for word in words)
    about = any(is_telling_word(word) for word in words) or is_blank(value)
    if place.tells is not Tells.SURELY or not plain or about or not 3 <= len(words) <= 8 or min(map(len, words)) < 3:
        return None
    return place.at, place.at + len(value)
