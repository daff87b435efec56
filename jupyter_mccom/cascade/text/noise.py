"""Texts that people call noise: a comment that nobody began, prose of a markdown cell, more of a line just completed.

They are held to a stricter gate (`route.py`). Pure; how often such texts are right: `bench --suite afterwards`.
"""

from __future__ import annotations

import re

from ...types import CompletionRequest
from .language import cell_language
from .python import errors

_COMMENTS = {
    **dict.fromkeys(("python", "r", "julia", "ruby", "perl", "bash", "sh", "yaml", "toml"), "#"),
    **dict.fromkeys(("javascript", "typescript", "java", "c", "cpp", "c++", "rust", "go", "scala", "kotlin"), "//"),
    **dict.fromkeys(("sql", "haskell", "lua"), "--"),
}
"""What begins a comment, by language."""
_PROSE_WORDS = 4
"""Words in a row that are prose where a markdown cell has them too."""
_WORD = re.compile(r"\w+")


def is_noise(request: CompletionRequest, text: str, *, taken: bool) -> bool:
    """The text would be noise at the cursor, however sure its model is. `taken`: a suggestion was just taken there."""
    return _begins_comment(request, text) or (taken and _goes_on(request, text)) or _copies_prose(request, text)


def _begins_comment(request: CompletionRequest, text: str) -> bool:
    """The first line that has something begins a comment, and the cursor's line has none."""
    mark = _COMMENTS.get(cell_language(request.language, request.prefix))
    line = request.prefix.rpartition("\n")[2]
    in_string = any(line.count(quote) % 2 for quote in "\"'`")
    return mark is not None and text.lstrip().startswith(mark) and mark not in line and not in_string


def _goes_on(request: CompletionRequest, text: str) -> bool:
    """The statement is complete, and the text stands on the same line."""
    if text.startswith("\n"):
        return False
    line = request.prefix.rpartition("\n")[2].strip()
    python = cell_language(request.language, request.prefix) == "python"
    return python and bool(line) and errors(line + "; pass\n") == []


def _copies_prose(request: CompletionRequest, text: str) -> bool:
    """True when the text repeats several words in a row from a markdown cell."""
    words = _WORD.findall(text)
    if len(words) < _PROSE_WORDS:
        return False
    runs = {" ".join(words[at : at + _PROSE_WORDS]) for at in range(len(words) - _PROSE_WORDS + 1)}
    cells = (*request.cells_before, *request.cells_after)
    prose = (f" {' '.join(_WORD.findall(cell.source))} " for cell in cells if cell.kind == "markdown")
    return any(f" {run} " in source for source in prose for run in runs)
