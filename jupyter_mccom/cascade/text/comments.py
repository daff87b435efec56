"""Comments that nobody began, cut from a text: the code below them is kept. Pure; knows marks of languages.

A model that stands behind a complete statement likes to say what it will do next. A person who wants that writes the
mark, and then the comment is completed.
"""

from __future__ import annotations

import re

from .python import MAX_LINE_CHARS

_MARKS = {
    **dict.fromkeys(("python", "r", "julia", "ruby", "perl", "bash", "sh", "yaml", "toml"), "#"),
    **dict.fromkeys(("javascript", "typescript", "java", "c", "cpp", "c++", "rust", "go", "scala", "kotlin"), "//"),
    **dict.fromkeys(("sql", "haskell", "lua"), "--"),
}
"""What begins a comment, by language."""
_TRIPLE = re.compile(r"'''|\"\"\"")
_QUOTES = "\"'`"


def begins_unasked(text: str, *, language: str, prefix: str) -> bool:
    """The first line of `text` that has something begins a comment, and the cursor's line has none."""
    return _mark(text, language, prefix) is not None


def code_start(text: str, *, language: str, prefix: str) -> int:
    """Offset of the first line of `text` below the comments with which it begins: 0 where it begins with none.

    The length of `text` where nothing stands below them.
    """
    mark = _mark(text, language, prefix)
    if mark is None:
        return 0
    at = 0
    for line in text.splitlines(keepends=True):
        if line.strip() and not line.lstrip().startswith(mark):
            return at
        at += len(line)
    return at


def without_unasked(text: str, *, language: str, prefix: str) -> str:
    """`text` less the comments with which it begins, and less one behind the code where it is one line.

    On an empty line the code takes the place of the comment; code that is indented otherwise cannot, and is left out.
    """
    start = code_start(text, language=language, prefix=prefix)
    line = prefix.rpartition("\n")[2]
    if not start:
        return text if "\n" in text else _without_end(text, line, language, prefix)
    code = text[start:]
    if line.strip():
        return "\n" + code if code.strip() else ""
    first = code.partition("\n")[0]
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    return code[len(indent) :] if indent == line else ""


def _mark(text: str, language: str, prefix: str) -> str | None:
    """The mark of the comment that begins `text`; None where it begins with none, or with one that was begun."""
    mark = _MARKS.get(language)
    if mark is None or not text.lstrip().startswith(mark):
        return None
    line = prefix.rpartition("\n")[2]
    return None if mark in line or _in_string(line, prefix) else mark


def _without_end(text: str, line: str, language: str, prefix: str) -> str:
    """One line of code without the comment at its end."""
    mark = _MARKS.get(language)
    if mark is None or mark in line or len(line) > MAX_LINE_CHARS or _in_string("", prefix):
        return text
    whole, quote, before = line + text, "", ""
    for at, sign in enumerate(whole):
        if quote:
            quote = "" if sign == quote and before != "\\" else quote
        elif sign in _QUOTES:
            quote = sign
        elif at >= len(line) and before.isspace() and whole.startswith(mark, at):
            return text[: at - len(line)].rstrip()
        before = "" if before == "\\" else sign
    return text


def _in_string(line: str, prefix: str) -> bool:
    """The cursor may stand in a string: of its line, or of several lines."""
    return any(line.count(quote) % 2 for quote in _QUOTES) or len(_TRIPLE.findall(prefix)) % 2 == 1
