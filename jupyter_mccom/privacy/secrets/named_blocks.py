"""Values that a name tells from afar: a function's answer, a class's constants, a column of a table, a remark."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .literals import literal_at
from .secret_values import is_odd, is_secret
from .span import Span
from .telling_names import Tells, what_tells

_ANSWER = re.compile(
    r"(?:\bdef[ ]+(?P<def>\w{3,60})\([^()\n]{0,200}\)[^:\n]{0,60}:"
    r"|(?<=[.\s])(?P<lambda>\w{3,60})[ ]=[ ]lambda\b[^:\n]{0,60}:"
    r"|\bfunction[ ]+(?P<js>\w{3,60})\([^()\n]{0,200}\)[ ]*\{)"
    r"\s{0,60}(?:return[ ]+)?(?=[bruf]{0,2}[\"'])"
)
_ASKING = re.compile(r"^(?:get|read|ask|load|fetch|default|_+)_?(?=\w)", re.IGNORECASE)
_CLASS = re.compile(
    r"^[ \t]*class[ ]+(?P<name>\w{3,60})[^\n]{0,80}:[ \t]*\n(?P<body>(?:[ \t]+[^\n]{0,300}\n?|\n){1,40})", re.MULTILINE
)
_CONSTANT = re.compile(r"^[ \t]+\w{1,60}(?:[ ]*:[^=\n]{1,40})?[ ]*=[ ]*(?=[bruf]{0,2}[\"'])", re.MULTILINE)
_TABLE = re.compile(
    r"^[ \t]*\|(?P<head>[^\n]{3,300})\|[ \t]*\n"
    r"[ \t]*\|[ :|-]{3,300}\|[ \t]*\n(?P<rows>(?:[ \t]*\|[^\n]{0,400}\n?){1,100})",
    re.MULTILINE,
)
_REMARK = re.compile(
    r"\b(?=[lucaziLUCAZI])(?i:(?:log_?in|user(?:name)?|creds?|credentials?|account|access"
    r"|zugang|anmeldung|usuario|acceso|identifiants?|conta))(?:[ ]*[:=][ ]*|[ ]+)"
    r"[\"'`]?(?:[\w.-]{2,40}(?:@[\w.-]{3,40})?)[\"'`]?"
    r"[ ]*(?:[/,:|]|(?<=[ ])(?:und|and|y|et|mit|with)(?=[ ]))[ ]*"
    r"(?:(?:pass\w*|pw\w*|kennwort|senha)[ ]*[:=]?[ ]*)?[\"'`]?"
    r"(?P<value>[^\s\"'`,;|()\[\]{}=]{6,60})"
)

_SAID_BEHIND = re.compile(
    r"[\"'](?P<value>[^\s\"'`]{6,80})[\"'][^\n\"'#]{0,20}?[ \t](?:#|//|--)[ \t]*(?:[^\W\d]{1,12}[ ]){0,3}"
    r"(?i:pass\w{0,9}|pw[d]?|kennwort|contrase\w+|secret|api[ _-]?key|creds?|credentials?|pin)\b"
)
"""A remark behind a text says what it is: `type("…")  # password`."""

_SAID = re.compile(
    r"\b(?i:password|passwort|pwd?|passphrase|passcode|kennwort|contraseña|senha|mot[ ]de[ ]passe)[ ]+"
    r"(?:(?:for|of|to|on|at|für|zum|zur|para|pour|de|do|da|del)[ ]+(?:[\w.-]{1,20}[ ]+){0,5}"
    r"(?:is|was|ist|lautet|es|est|é)[ ]*:?[ ]+)?[`\"'*]{0,2}(?P<value>[^\s\"'`,;|()\[\]{}<>=]{8,60})(?=[\s\"'`*,;)]|$)",
    re.MULTILINE,
)
"""In a sentence: `the password for the box is …`, `with password …`."""
_ROWS = re.compile(
    r"^(?P<head>[\w .-]{1,40}(?P<comma>[,;\t])[\w .-]{1,40}(?:(?P=comma)[\w .-]{1,40}){0,10})\r?\n"
    r"(?P<rows>(?:[^\n]{3,400}(?:\n|$)){1,100})",
    re.MULTILINE,
)
"""A table as CSV has it."""


def named_from_afar(text: str) -> Iterator[Span]:
    """The secrets that a name some lines above, a column or a sentence tells."""
    yield from _in_blocks(text)
    for found in _SAID_BEHIND.finditer(text):
        if is_odd(found["value"]) and is_secret(found["value"], Tells.MIXED):
            yield found.span("value")
    for found in _ROWS.finditer(text):
        yield from _in_rows(text, found)
    if "|" in text:
        for found in _TABLE.finditer(text):
            yield from _in_table(text, found)
    for found in (*_SAID.finditer(text), *_REMARK.finditer(text)):
        value = found["value"].rstrip(".:!?*_")
        if is_secret(value, Tells.MIXED) and is_odd(value) and "/" not in value and value.count(".") < 3:
            yield found.start("value"), found.start("value") + len(value)


def _in_blocks(text: str) -> Iterator[Span]:
    """What a function of a telling name answers, and the constants of such a class."""
    for found in _ANSWER.finditer(text) if "def " in text or "lambda" in text or "function" in text else ():
        name = _ASKING.sub("", found["def"] or found["lambda"] or found["js"])
        if what_tells(name) >= Tells.MIXED or found[0].startswith("getpass"):
            yield from _odd_literal(text, found.end())
    for found in _CLASS.finditer(text) if "class " in text else ():
        if what_tells(found["name"]) >= Tells.MIXED:
            for constant in _CONSTANT.finditer(text, found.start("body"), found.end("body")):
                yield from _odd_literal(text, constant.end())


def _in_rows(text: str, found: re.Match[str]) -> Iterator[Span]:
    comma = found["comma"]
    told = [what_tells(cell.strip().replace(" ", "_")) for cell in found["head"].split(comma)]
    at = found.start("rows")
    for line in found["rows"].split("\n") if max(told) >= Tells.MIXED else ():
        cells = line.split(comma)
        if len(cells) == len(told):
            start = at
            for tells, cell in zip(told, cells, strict=True):
                bare = cell.strip(" \"'\r")
                if tells >= Tells.MIXED and is_secret(bare, tells) and is_odd(bare):
                    first = start + cell.find(bare)
                    yield first, first + len(bare)
                start += len(cell) + 1
        at += len(line) + 1


def _in_table(text: str, found: re.Match[str]) -> Iterator[Span]:
    told = [what_tells(cell.strip(" *_`").replace(" ", "_")) for cell in found["head"].split("|")]
    at = found.start("rows")
    for line in found["rows"].split("\n"):
        first = at + line.find("|") + 1
        for tells, cell in zip(told, _cells(text, first, at + len(line)), strict=False):
            value = text[slice(*cell)]
            if tells >= Tells.MIXED and is_secret(value, tells) and is_odd(value):
                yield cell
        at += len(line) + 1


def _cells(text: str, start: int, end: int) -> Iterator[Span]:
    for part in text[start:end].removesuffix("|").split("|"):
        bare = part.strip(" `*")
        first = start + (part.find(bare) if bare else 0)
        yield first, first + len(bare)
        start += len(part) + 1


def _odd_literal(text: str, at: int) -> Iterator[Span]:
    literal = literal_at(text, at)
    if literal and is_odd(value := text[literal.start : literal.end]) and is_secret(value, Tells.SURELY):
        yield literal.start, literal.end
