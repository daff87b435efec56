"""Comments that nobody began, cut from a text: the code below them is kept. Pure; knows marks of languages.

A model that stands behind a complete statement likes to say what it will do next. A person who wants that writes the
mark, and then the comment is completed.
"""

from __future__ import annotations

from .join import in_long_string
from .python import MAX_LINE_CHARS

_MARKS = {
    **dict.fromkeys(("python", "r", "julia", "ruby", "perl", "bash", "sh", "yaml", "toml"), "#"),
    **dict.fromkeys(("javascript", "typescript", "java", "c", "cpp", "c++", "rust", "go", "scala", "kotlin"), "//"),
    **dict.fromkeys(("sql", "haskell", "lua"), "--"),
}
"""What begins a comment, by language."""
_QUOTES = "\"'`"


def begins_unasked(text: str, *, language: str, prefix: str) -> bool:
    """The first line of `text` that has something begins a comment that nobody began: a new one is one, too."""
    mark = _mark(language, prefix)
    return mark is not None and _comes_first(text, mark, prefix)


def code_start(text: str, *, language: str, prefix: str) -> int:
    """Offset of the first line of `text` below the comments with which it begins: 0 where it begins with none.

    The length of `text` where nothing stands below them.
    """
    mark = _mark(language, prefix)
    if mark is None or not _comes_first(text, mark, prefix):
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
    A comment that was begun is completed, and ends with its line.
    """
    mark = _mark(language, prefix)
    if mark is None:
        return text
    line = prefix.rpartition("\n")[2]
    start = code_start(text, language=language, prefix=prefix)
    if not start:
        if _comment_at(line, mark) is not None:
            first, _, below = text.partition("\n")
            return first if below.lstrip().startswith(mark) else text
        return text if "\n" in text else _without_end(text, line, mark)
    code = text[start:]
    if line.strip():
        return "\n" + code if code.strip() else ""
    first = code.partition("\n")[0]
    indent = first[: len(first) - len(first.lstrip(" \t"))]
    return code[len(indent) :] if indent == line else ""


def _mark(language: str, prefix: str) -> str | None:
    """What begins a comment at the cursor; None in a string, or where nothing is known of the language."""
    line = prefix.rpartition("\n")[2]
    mark = _MARKS.get(language)
    if mark is None or len(line) > MAX_LINE_CHARS or in_long_string(prefix):
        return None
    code = line[: _comment_at(line, mark)]
    return None if any(code.count(quote) % 2 for quote in _QUOTES) else mark


def _comes_first(text: str, mark: str, prefix: str) -> bool:
    """The first line that has something is a comment of its own: where the cursor's line has one, a line below it."""
    if not text.lstrip().startswith(mark):
        return False
    blank = text[: len(text) - len(text.lstrip())]
    return "\n" in blank or _comment_at(prefix.rpartition("\n")[2], mark) is None


def _without_end(text: str, line: str, mark: str) -> str:
    """One line of code without the comment at its end."""
    at = _comment_at(line + text, mark)
    return text if at is None or at < len(line) else text[: at - len(line)].rstrip()


def _comment_at(line: str, mark: str) -> int | None:
    """Offset of the comment of a line: at its start or behind a blank, and in no string."""
    if mark not in line:
        return None
    quote, before = "", " "
    for at, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote and before != "\\" else quote
        elif sign in _QUOTES:
            quote = sign
        elif before.isspace() and line.startswith(mark, at):
            return at
        before = "" if before == "\\" else sign
    return None
