"""Where a text meets what stands behind the cursor on its line: all of it leads into that, its beginning, or nothing.

Pure text in, text out. A model that is asked in the middle of a line often writes on as if the line ended there.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Sequence
from typing import Protocol

_HASH_LANGUAGES = frozenset({"python", "r", "julia"})
"""`#` begins a comment, and a string stands between quotes on one line."""
_HEAD = re.compile(r"\w*")
_TAIL = re.compile(r"\w*$")
_PREFIXES = frozenset({"f", "r", "b", "u", "fr", "rf", "br", "rb"})
"""What may stand directly before a string's quote."""
_TRIPLE = re.compile(r"'''|\"\"\"")
_LINKS = frozenset({"and", "as", "else", "for", "if", "import", "in", "is", "not", "or"})
"""A word that goes on after a value."""
_WHOLE = frozenset({*keyword.kwlist, *dir(builtins)})


class Join(Protocol):
    """The part of a text that is kept before the rest of the cursor's line (`joined`)."""

    def __call__(self, text: str, *, language: str, prefix: str, suffix: str, elsewhere: Sequence[str] = ()) -> str: ...


def joined(text: str, *, language: str, prefix: str, suffix: str, elsewhere: Sequence[str] = ()) -> str:
    """The part of `text` that leads into the rest of the cursor's line; empty when none does.

    `elsewhere` has sources of other cells, in which words are known.
    """
    rest = suffix.partition("\n")[0]
    if not rest.strip() or not text.strip():
        return text
    line = prefix.rpartition("\n")[2]
    if language in _HASH_LANGUAGES and not in_long_string(prefix):
        text = _inside_its_string(text, line, rest)
    if not text.strip():
        return ""
    behind = text.rpartition("\n")[2] if "\n" in text else line + text
    inside = line[-1:].isidentifier() or line[-1:].isdigit()
    word, goes_on = _TAIL.findall(behind)[0], _HEAD.findall(rest)[0]
    around = [prefix[: len(prefix) - len(_TAIL.findall(line)[0])], suffix[len(goes_on) :], *elsewhere]
    if goes_on and (word or inside):
        return text if _is_known(word + goes_on, language, around) else ""
    if language == "python" and _quote(behind) == "" and not line.lstrip().startswith(("%", "!")):
        return _before_operand(text, behind, rest)
    return text


def _inside_its_string(text: str, line: str, rest: str) -> str:
    """The text up to where it would close the string that the rest of the line closes, or begin a comment before it."""
    opened, state = _quote(line), _quote(text.rpartition("\n")[2] if "\n" in text else line + text)
    if opened == "#" or (state == opened and (not opened or opened in rest)):
        return text
    if opened and opened in rest:
        ends = (at for at in range(len(text)) if text[at] == opened and _quote(line + text[: at + 1]) != opened)
        return text[: next(ends, 0)]
    if state == "#":
        return text[: text.rindex("#")].rstrip()
    return text if not state or state == rest[0] else ""


def _before_operand(text: str, behind: str, rest: str) -> str:
    """The text where a value, a bracket or a string follows it."""
    begins, spaced = rest.lstrip(), text[-1].isspace() or rest[0].isspace()
    last = _TAIL.findall(behind.rstrip())[0]
    is_value = (bool(last) and not keyword.iskeyword(last)) or behind.rstrip()[-1:] in (")", "]", "}", '"', "'")
    if not is_value:
        return text
    if rest[0] == "(" and not text[-1].isspace():
        callee = text.partition("(")[0]
        return text if last else (callee if _TAIL.findall(callee)[0] else "")
    if begins[0] in "\"'":
        return text if not spaced and last in _PREFIXES else ""
    word = _HEAD.findall(begins)[0]
    return "" if word and not (spaced and word in _LINKS) else text


def _is_known(word: str, language: str, sources: Sequence[str]) -> bool:
    """The word is a whole one: the language has it, or it stands somewhere else."""
    pattern = re.compile(rf"\b{re.escape(word)}\b")
    return (language == "python" and word in _WHOLE) or any(pattern.search(source) for source in sources)


def _quote(line: str) -> str:
    """The quote of the string in which a line ends, `#` for a comment, else nothing."""
    state, at = "", 0
    while at < len(line):
        sign = line[at]
        if state and sign == "\\":
            at += 1
        elif state:
            state = "" if sign == state else state
        elif sign == "#":
            return "#"
        elif sign in "\"'":
            state = sign
        at += 1
    return state


def in_long_string(prefix: str) -> bool:
    """The cursor stands in a string of several lines, or right behind its quotes."""
    opened = ""
    for quotes in _TRIPLE.findall(prefix):
        opened = "" if quotes == opened else (opened or quotes)
    return bool(opened)
