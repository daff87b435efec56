"""Values that a telling name is given: assignments, keyword arguments, keys, comparisons, setters and prose.

A value is a literal (any quotes, prefix or pieces), or bare where the line is a setting, a shell's or within a string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from .bare_values import Place, bare_value
from .document_text import DocumentText
from .literals import Literal, expression_literals, literal_at
from .secret_values import is_mixed, is_odd, is_random, is_secret
from .span import Span
from .telling_names import Tells, asks, names_in

_CLOSERS = re.compile(r"(?:\\*[\"'`]|&quot;|\]|\)|\*{1,2}|__)?(?:\]|\)|\*{1,2}|\[\d*\])*(?:(?<=\])[\"'`])?")
_ANNOTATION = re.compile(
    r"[ \t]*::?[ \t]*(?:&(?:'\w+[ ])?(?:mut[ ])?|\*)?[A-Za-z_][\w.]*(?:[\[<][^\]>\n]{0,80}[\]>]{1,3})?"
    r"(?:[ \t]*\|[ \t]*[\w.\[\]]+){0,3}[?!]?[ \t]*(?==(?!=)[ \t]*\S)"
    r"|[ \t]+(?:string|str|char|text|varchar)\b[ \t]*(?==(?!=))"
)
_OPERATOR = re.compile(
    r"[ \t]*(?P<assign>:=|=>|<<?-|->|→|\?\?=|\|\|=|\+=|=(?!=|~\s)|:(?!:|//)(?:\*{1,2}|__)?)[ \t]*"
    r"|[ \t]*(?P<compare>[=!]==?|\.equals\(|[ \t](?:not[ ])?in[ ][\[({])[ \t]*"
    r"|[ \t]*(?P<comma>,|\)?\s{0,40}\.(?:send_?[kK]eys|fill|type|set\w*|write|press_sequentially)\()\s{0,40}"
    r"|(?P<call>\()\s{0,40}(?:(?:value|text|default|password)\s?=\s?)?"
    r"|[ \t]+(?P<prose>is|ist|est|es|è|é|was|are|lautet|to|=|[-–—])(?:[ \t]*:)?[ \t]+"
    r"|[ \t]*(?P<cell>\|)[ \t]*"
    r"|(?P<tag>(?:[ \t]+[\w:]{1,30}=\"[^\"<>\n]{0,60}\"){0,3}>)"
    r"|(?P<space>[ \t]+)(?=[\"'\\`\w])"
)
_PAIR = re.compile(r"[ \t]*,?\s{0,40}[\"']?(?:value|val|default|content)[\"']?[ \t]*[:=][ \t]*", re.IGNORECASE)
_ELEMENT = re.compile(r"(?i)[ \t]*(?:/?>|</(?:name|key|entry)>)\s{0,60}<(?:value|string|val)>")
"""In front of the value of a key of XML: `name="password"><value>`, `<key>password</key><string>`."""
_BLOCK = re.compile(r"[ \t]*\{[^{}]{0,300}?\bdefault\s{0,9}=[ \t]*")
_DEFAULT = re.compile(
    r"\b(?:getenv|get|environ\.get|pop|setdefault|or|else|default|Field|default_value|b64decode)\b|\?\?|\|\|"
)
_WRAPS = re.compile(
    r"(?:^|\s)%\s{0,3}\(?[bruf]?[\"']$|\b(?:str|bytes|bytearray|Secret\w*|String|quote|quote_plus|unquote"
    r"|fromhex|unhexlify|\w*b64decode|from|Binary|Password)\([bruf]?[\"']$"
)
_JOINS = re.compile(r"\b(?:join|paste0?|concat|format|sprintf|os\.path\.join)\b")
_TARGETS = re.compile(
    r"[ \t]*\(?[\w.]{1,60}(?:\[[^\[\]\n]{1,40}\])?(?:[ \t]*,[ \t]*[\w.]{1,60}"
    r"(?:\[[^\[\]\n]{1,40}\])?){1,5}\)?[ \t]*=(?!=)[ \t]*\(?[ \t]*"
)
_SEPARATOR = re.compile(r"(?:[^,\"'\n()]|\([^()\n]{0,200}\)){0,60},\s{0,20}")
_MOST_NAMES, _CHARS_A_NAME = 1_000, 200
_OPTION = re.compile(r"--?[a-z][a-z-]*=?")
_IS_KEY = re.compile(r"[\"'][\w -]{1,60}[\"']\s{0,9}:")
_LABEL = re.compile(r"[ \t]?[:=][ \t]?(?=[\"'][ \t]*[,)+&.])")
_ADDED = re.compile(r"[ \t]*[+&.][ \t]*(?:[\w.]{1,60}\()?(?=[bruf]{0,2}[\"'])")
"""Behind the end of its string: `";PWD=" + "…"`."""
"""What stands between a name and the end of its string where a value is printed: `print("password:", …)`."""
_VALUE_BEFORE = re.compile(r"(?::|=>)\s{0,4}[bruf]{0,2}\\{0,2}[\"'`]$")
_TAKEN = re.compile(r"(?:\b(?:or|else|default\w*=|Field\()|\?\?|\|\|)\s*[bruf]?[\"']$")


def assigned(text: str) -> Iterator[Span]:
    """The values of all telling names of `text`; where names crowd as in no document, all that follows."""
    document = DocumentText(text)
    for number, (name, tells) in enumerate(names_in(text)):
        if number > _MOST_NAMES + len(text) // _CHARS_A_NAME:
            yield name.start(), len(text)
            return
        yield from _of_name(document, name, tells)


def _of_name(document: DocumentText, name: re.Match[str], tells: Tells) -> Iterator[Span]:
    text, inside = document.text, document.quote_at(name.start())
    label = _LABEL.match(text, name.end()) if inside else None
    closers = _CLOSERS.match(text, label.end() if label else name.end())
    at = closers.end() if closers else name.end()
    quoted = bool(inside) and inside in text[name.end() : at]
    place = Place(document=document, name=name, tells=tells, inside="" if quoted else inside, at=at)
    added = _ADDED.match(text, at) if label else None
    if added:
        yield from _direct(replace(place, inside="", at=added.end()))
        return
    pair = _PAIR.match(text, at) or _BLOCK.match(text, at)
    if pair:
        place = replace(place, at=pair.end())
        yield from _direct(place) or _bare(place)
        return
    element = _ELEMENT.match(text, at)
    if element:
        yield from _bare(replace(place, at=element.end()), prose="tag")
        return
    placed = [] if place.inside else list(_in_tuple(place))
    annotation = None if place.inside else _ANNOTATION.match(text, at)
    operator = _OPERATOR.match(text, annotation.end() if annotation else at)
    if placed or operator is None:
        yield from placed
        return
    place, kind = replace(place, at=operator.end()), operator.lastgroup
    if kind == "assign":
        yield from _direct(place) or _in_expression(place) or _bare(place)
    elif kind == "compare" or (kind == "comma" and _is_told(place, quoted=quoted)):
        yield from _direct(place)
    elif kind == "space" and tells is Tells.SURELY:
        yield from _direct(place) or _bare(place, prose=kind)
    elif kind == "call" and not place.inside and not asks(name[0]):
        yield from _in_call(place)
    elif kind in {"prose", "cell", "tag"}:
        yield from _direct(place) or _bare(place, prose=kind)


def _is_told(place: Place, *, quoted: bool) -> bool:
    """What follows the comma is the value of the name: the name is a text itself, or both are compared."""
    if not quoted:
        return "assert" in place.before
    return not _IS_KEY.match(place.document.text, place.at)


def _direct(place: Place) -> list[Span]:
    """The literal right behind the operator, with all that is joined to it."""
    text, at, inside = place.document.text, place.at, place.inside
    if text.startswith("{", at) and not inside:
        return _in_dictionary(place)
    found, _ = expression_literals(text, at)
    if not found or (inside and text.startswith(inside, at)):
        return []
    groups = [found] if _joined(text, found) else [[literal] for literal in found]
    spans: list[Span] = []
    for group in groups:
        value = "".join(text[literal.start : literal.end] for literal in group)
        if is_secret(value.strip(), place.tells) and not _OPTION.fullmatch(value):
            spans += [(literal.start, literal.end) for literal in group if literal.end > literal.start]
    return spans


def _in_dictionary(place: Place) -> list[Span]:
    """The values of a dictionary of secrets that are no plain words: `passwords = {"bob": "…"}`."""
    text = place.document.text
    found, _ = expression_literals(text, place.at, deep=True)
    values = (
        (one.start, one.end) for one in found if _VALUE_BEFORE.search(text, max(place.at, one.start - 9), one.start)
    )
    return [span for span in values if is_odd(text[slice(*span)]) and is_secret(text[slice(*span)], place.tells)]


def _in_tuple(place: Place) -> Iterator[Span]:
    """The value in the same place: `user, password = "bob", "…"`."""
    text, name = place.document.text, place.name
    targets = _TARGETS.match(text, place.document.line_start(name.start()))
    if targets is None or name.start() >= targets.end():
        return
    at = targets.end()
    for _ in range(text.count(",", targets.start(), name.start())):
        value = literal_at(text, at)
        comma = _SEPARATOR.match(text, value.past if value else at)
        if comma is None:
            return
        at = comma.end()
    place = replace(place, at=at)
    yield from _direct(place) or _in_expression(place)


def _joined(text: str, found: list[Literal]) -> bool:
    """Nothing but signs that put texts together stands between the literals."""
    return all(
        set(text[a.past : b.start].rstrip("\"'`bBrRfFuU\\")) <= set(" \t\r\n+.&\\()") for a, b in pairwise(found)
    )


def _in_expression(place: Place) -> list[Span]:
    """Literals deep in an expression count if they look like secrets, or stand where a default does."""
    text, at, tells = place.document.text, place.at, place.tells
    spans: list[Span] = []
    if place.inside or at < place.document.read_to:
        return []
    found, place.document.read_to = expression_literals(text, at, deep=True)
    joined = bool(found) and _JOINS.search(text, at, found[0].past + 8) is not None
    whole = "".join(text[literal.start : literal.end] for literal in found) if joined else ""
    is_whole = is_secret(whole, tells) and (is_mixed(whole) or (len(whole) >= 12 and whole.isalpha()))
    for literal in found:
        value, before = text[literal.start : literal.end], text[max(at, literal.start - 40) : literal.start]
        by_default = _DEFAULT.search(before) is not None or _WRAPS.search(before) is not None
        mixed = len(value) >= 6 and is_mixed(value) and (by_default or not value.islower() or is_random(value))
        if (is_secret(value, tells) and (mixed or (by_default and _is_later(text, literal, found)))) or (
            joined and value and is_whole
        ):
            spans.append((literal.start, literal.end))
    return spans


def _is_later(text: str, literal: Literal, found: list[Literal]) -> bool:
    """Not the name that is looked up, but what is taken instead."""
    before = text[max(0, literal.start - 24) : literal.start]
    return literal is not found[0] or _TAKEN.search(before) is not None or _WRAPS.search(before) is not None


def _in_call(place: Place) -> Iterator[Span]:
    """The last literal that a setter is given: `set_password("service", "bob", "…")`."""
    text, at = place.document.text, place.at
    found, stop = expression_literals(text, at)
    stop = found[-1].past if found else at
    while found and (more := _next_argument(text, stop)):
        found.append(more)
        stop = more.past
    if found and is_secret(text[found[-1].start : found[-1].end], place.tells):
        yield found[-1].start, found[-1].end


_ARGUMENT = re.compile(r"\s{0,40},\s{0,40}(?:[\w.]+\s{0,9},\s{0,40}){0,3}")


def _next_argument(text: str, at: int) -> Literal | None:
    comma = _ARGUMENT.match(text, at)
    return literal_at(text, comma.end()) if comma else None


def _bare(place: Place, *, prose: str | None = None) -> Iterator[Span]:
    span = bare_value(place, prose=prose)
    if span:
        yield span
