"""The first text at once: what stands where the context has a line like the cursor's, shown before any model answers.

How often such a text is a right beginning decides what is shown: `bench --suite context`. Pure; knows no engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..types import CompletionRequest
from .heal import heal
from .language import cell_language
from .speculate import agreed, same
from .trim import trim

_LEAST_PLACES = 3
"""Where the places part before the statement ends: three begin right 97 times in 100, two only 72 times. Two that agree
on the whole statement do 89 times (`bench --suite context`: of 289, 97 and 132 positions)."""
_LEAST_CHARS = 3
"""Less saves no key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextText:
    """Text at the cursor on which the places of the context agree."""

    text: str
    """What is shown, trimmed."""
    begun: str
    """The same with the blanks at its end: a model's text goes on behind it."""
    whole: bool
    """It is the whole statement: nothing is to be asked."""


def context_text(request: CompletionRequest) -> ContextText | None:
    """None where the context has no such line, or its places agree on too little. Takes some milliseconds."""
    found = same(request)
    text = agreed(found) if len(found) > 1 else ""
    whole = text.endswith("\n")
    if not whole and len(found) < _LEAST_PLACES:
        return None
    line = request.prefix.rpartition("\n")[2]
    begun = text.removeprefix(heal(line).left)
    begun = begun if whole else begun.partition("\n")[0]
    shown = trim(
        text if whole else begun,
        language=cell_language(request.language, request.prefix),
        prefix=request.prefix,
        suffix=request.suffix,
        left_space=line[len(line.rstrip(" \t")) :],
        multiline=request.multiline or "statement",
    )
    if len(shown.strip()) < _LEAST_CHARS:
        return None
    return ContextText(text=shown, begun=begun, whole=whole and request.multiline != "block")
