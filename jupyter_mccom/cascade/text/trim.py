"""Where a suggestion must stop: its extent, the person's indentation, comments, repetition, overlap with the suffix.

Pure text in, text out. "Statement" means up to the end of the line on which the brackets and strings that the
cursor's line opened are closed again; brackets opened above count as closed, so a long call is written line by line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from ...types import CompletionRequest, Multiline
from .block import block_end
from .comments import code_start, without_unasked
from .empty_cell import small_cell_end
from .join import Join, in_long_string, joined
from .language import without_magics
from .python import MAX_LINE_CHARS, tokens

_LOOP = re.compile(r"(\S.{2,59}?)\1{3,}", re.DOTALL)
_LOOP_TAIL = re.compile(r"(\S.{2,59}?)\1{3,}$", re.DOTALL)
_LOOP_WINDOW = 300
_CLOSERS = ")]}'\":,;"
_OPENERS = ("(", "[", "{", ".")
"""No space follows these (PEP 8)."""


Extent: TypeAlias = Multiline | Literal["cell"]
"""Where a suggestion ends; `cell`: as `block`, where nothing is written yet."""


def extent_of(request: CompletionRequest) -> Extent:
    """The extent of a request's suggestion."""
    if request.multiline == "block" and request.in_empty_cell:
        return "cell"
    return request.multiline or "statement"


def extent_end(multiline: Extent, language: str, before: str, typed: str, text: str) -> int | None:
    """Offset in `text` where a suggestion of this extent ends; None: not complete yet. See `statement_end`."""
    if multiline == "line":
        return _line_end(text, code_start(text, language=language, prefix=before + typed))
    if multiline == "cell":
        code_at = code_start(text, language=language, prefix=before + typed)
        end = small_cell_end(text[code_at:])
        return None if end is None else code_at + end
    statement = statement_end(language, before, typed, text)
    return statement if multiline == "statement" else block_end(language, before, typed, text, statement)


def statement_end(language: str, before: str, typed: str, text: str) -> int | None:
    """Offset in `text` where the statement at the cursor ends, a comment behind it left out; None: not complete yet.

    `before` is the text above the cursor's line, `typed` that line up to the cursor.
    """
    code_at = code_start(text, language=language, prefix=before + typed)
    first = _line_end(text, code_at)
    if first is None:
        return None
    magic = typed.lstrip()[:1] in ("%", "!")
    if language != "python" or magic or len(typed) > MAX_LINE_CHARS or in_long_string(before):
        return first
    return _python_end(typed, text, max(code_at, len(text) - len(text.lstrip())))


def looping(text: str) -> bool:
    """The end of `text` repeats itself at least four times: the model will not stop by itself."""
    return _LOOP_TAIL.search(text[-_LOOP_WINDOW:]) is not None


def trim(
    text: str,
    *,
    language: str,
    prefix: str,
    suffix: str,
    left_space: str,
    multiline: Extent = "statement",
    elsewhere: Sequence[str] = (),
    join: Join = joined,
) -> str:
    """The part of a model's text that is worth showing at the cursor; empty when nothing is.

    `left_space` is the white space before the cursor that the model was left to write itself, `elsewhere` has the
    sources of other cells. `join` leads a text into what stands behind the cursor on its line.
    """
    cut = prefix.rfind("\n") + 1
    before, typed = prefix[:cut], prefix[cut:]
    text = _aligned(text, typed, left_space)
    end = extent_end(multiline, language, before, typed, text + "\n")
    space = _space_before_word(text if end is None else text[end:], suffix)
    text = text if end is None else text[:end] + space
    loop = _LOOP.search(text)
    if loop is not None:
        text = text[: loop.start() + len(loop[1])]
    text = without_unasked(text, language=language, prefix=prefix)
    text = _without_lines_below(text, typed, suffix)
    whole, text = text, without_overlap(text, suffix)
    if text == whole:  # else the model has written the rest of the line, too
        text = join(text, language=language, prefix=prefix, suffix=suffix, elsewhere=elsewhere)
    text = text.rstrip() + (_space_before_word(text[-1:], suffix) if text.strip() else "")
    return "" if _repeats_line_above(before, typed, text) else text


def _space_before_word(text: str, suffix: str) -> str:
    """The space with which `text` begins where a word stands behind the cursor: it would run into that."""
    return " " if text[:1] == " " and suffix[:1].isidentifier() else ""


def without_overlap(text: str, suffix: str) -> str:
    """`text` less its end where the rest of the cursor's line begins with the same characters."""
    rest = suffix.partition("\n")[0]
    for size in range(min(len(rest), len(text)), 0, -1):
        if text.endswith(rest[:size]):
            closes = all(char in _CLOSERS for char in rest[:size])
            if (closes and _unbalanced(text)) or (not closes and (size > 1 or size == len(rest))):
                return text[:-size]
    return text


def _line_end(text: str, code_at: int) -> int | None:
    """Offset of the end of the first line from `code_at` on that is not blank; None: it has not ended."""
    start = code_at + len(text[code_at:]) - len(text[code_at:].lstrip())
    end = text.find("\n", start)
    return None if end < 0 or start == len(text) else end


def _python_end(typed: str, text: str, start: int) -> int | None:
    source = without_magics(typed) + text if not typed.strip() else typed + text
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    least = len(source) - len(text) + start
    for token in tokens(source):
        if token.type.name == "NEWLINE" and token.string:
            offset = starts[token.start_pos[0] - 1] + token.start_pos[1]
            if offset > least:
                uncommented = offset - len(token.prefix)
                return (uncommented if uncommented > least else offset) - len(source) + len(text)
    return None


def _aligned(text: str, typed: str, left_space: str) -> str:
    """The text as it must follow the person's own white space; later lines move with the first."""
    if not left_space:
        newlines = len(text) - len(text.lstrip("\n"))
        text = text[newlines - 1 :] if newlines > 1 else text
        return text.lstrip(" \t") if typed[-1:] in _OPENERS else text
    if typed.strip():
        return text.lstrip(" \t")
    body = text.lstrip("\n")
    first = body.lstrip(" \t")
    written = body[: len(body) - len(first)].expandtabs(4)
    shift = len(left_space.expandtabs(4)) - len(written)
    return _shifted(first, shift)


def _shifted(text: str, shift: int) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(_indented(line, shift) for line in rest)])


def _indented(line: str, shift: int) -> str:
    if shift >= 0:
        return " " * shift + line if line.strip() else line
    return line[min(-shift, len(line) - len(line.lstrip(" "))) :]


def _without_lines_below(text: str, typed: str, suffix: str) -> str:
    """`text` up to the first line that already stands just below the cursor."""
    below = next((line.strip() for line in suffix.split("\n")[1:] if line.strip()), "")
    if len(below) < 2:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        whole = (typed + line if number == 0 else line).strip()
        if whole == below:
            return "\n".join(lines[:number])
    return text


def _repeats_line_above(before: str, typed: str, text: str) -> bool:
    """True when the suggestion on a fresh line only repeats the line above."""
    above = before.rstrip().rpartition("\n")[2].strip()
    return not typed.strip() and bool(above) and text.strip() == above


def _unbalanced(text: str) -> bool:
    return (
        any(text.count(a) < text.count(b) for a, b in ("()", "[]", "{}"))
        or any(text.count(quote) % 2 for quote in "'\"")
        or text.rstrip()[-1:] in (":", ",", ";")
    )
