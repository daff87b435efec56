"""The first text at once: what stands where the context has a line like the cursor's, shown before any model answers.

How often such a text is a right beginning decides what is shown: `bench --suite context`. Pure; knows no engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...types import CompletionRequest
from ..text.heal import heal
from ..text.language import cell_language
from ..text.parse import breaks
from ..text.python import unmatched_closers
from ..text.trim import trim
from .speculate import agreed, same

_LEAST_PLACES = 3
"""Where the places part before the statement ends: three begin right 97 times in 100, two only 72 times. Two that agree
on the whole statement do 89 times (`bench --suite context`: of 289, 97 and 132 positions)."""
_LEAST_CHARS = 3
"""Less saves no key."""
_OPENERS = ("{", "(", "[")


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
    """The text for the cursor's line; None where no line fits, the places agree on too little, or the cell would break.

    Of a statement of several lines the first is taken: how deep the others stand is the places' own. Takes some
    milliseconds.
    """
    found = same(request)
    text = agreed(found) if len(found) > 1 else ""
    if not text.strip() or text.startswith("\n"):  # the line is complete: what comes below it is not this line's
        return None
    line = request.prefix.rpartition("\n")[2]
    first, _, below = text.removeprefix(heal(line).left).partition("\n")
    whole = text.endswith("\n") and not below
    if not text.endswith("\n") and len(found) < _LEAST_PLACES:
        return None
    language = cell_language(request.language, request.prefix)
    shown = trim(
        first + "\n" if whole else first,
        language=language,
        prefix=request.prefix,
        suffix=request.suffix,
        left_space=line[len(line.rstrip(" \t")) :],
        multiline=request.multiline or "statement",
    )
    begun = first if first.startswith(shown) else first.lstrip(" \t")
    if len(shown.strip()) < _LEAST_CHARS or not begun.startswith(shown):
        return None
    if _breaks(request, language, shown, whole=whole):
        return None
    if request.multiline == "block" and shown.endswith((":", *_OPENERS)):
        return ContextText(text=shown, begun=begun + "\n", whole=False)
    return ContextText(text=shown, begun=begun, whole=whole)


def _breaks(request: CompletionRequest, language: str, shown: str, *, whole: bool) -> bool:
    """What stands behind the cursor does not go with the text, as where the editor has closed a bracket already.

    Where nothing stands there, the line becomes what it is elsewhere.
    """
    if not request.suffix.partition("\n")[0].strip():
        return False
    return breaks(language, request.prefix, shown, request.suffix) if whole else unmatched_closers(shown) > 0
