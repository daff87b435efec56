"""Texts that people call noise: below a comment that nobody began, prose of a markdown cell, more of a line just taken.

They are held to a stricter gate (`route.py`). Pure; how often such texts are right: `bench --suite afterwards`.
"""

from __future__ import annotations

import re

from ...types import CompletionRequest
from .comments import begins_unasked
from .language import cell_language
from .python import errors

_PROSE_WORDS = 4
"""Words in a row that are prose where a markdown cell has them too."""
_WORD = re.compile(r"\w+")


def is_noise(request: CompletionRequest, text: str, *, written: str = "", taken: bool) -> bool:
    """The text would be noise at the cursor, however sure its model is. `taken`: a suggestion was just taken there.

    `written` is what the model wrote, of which `text` is shown: code below a comment is right as rarely as the comment.
    """
    language = cell_language(request.language, request.prefix)
    commented = begins_unasked(written or text, language=language, prefix=request.prefix)
    return commented or (taken and _goes_on(request, text)) or _copies_prose(request, text)


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
