"""What a person left on a line, against what the local model wrote there: known once the cursor stands on another line.

Shown texts and those that the gates held back are judged alike, so that learning sees both sides of a threshold.
Pure; drops the texts with the line.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from ..agreement import Agreement
from ..types import CompletionRequest
from .line import place_of

_LEFT_CHARS = 200
_DRAW = random.Random()  # noqa: S311 - a sample, not a secret
_TEXTS_A_LINE = 16
"""One a key where each key asks anew; a line of more says nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    suggestion_id: str
    request: CompletionRequest
    text: str


class LocalTexts:
    """What the local model wrote on a document's current line, a text a request."""

    def __init__(self) -> None:
        self._texts: list[_Text] = []

    def wrote(self, request: CompletionRequest, suggestion_id: str, text: str) -> None:
        """Keeps a finished local text until its line is left."""
        if len(self._texts) < _TEXTS_A_LINE:
            self._texts.append(_Text(suggestion_id=suggestion_id, request=request.without_cells(), text=text))

    def left(self, request: CompletionRequest) -> list[Agreement]:
        """Judges the texts of the line that this request shows to be left. None for one whose line cannot be found."""
        texts = self._texts
        if not texts or place_of(texts[0].request) == place_of(request):
            return []
        self._texts = []
        judged = [_judged(text, _source(request, text.request.cell_id)) for text in texts]
        found = [agreement for agreement in judged if agreement is not None]
        drawn = _DRAW.choice(found) if found else None
        return [replace(agreement, drawn=agreement is drawn) for agreement in found]


def _source(request: CompletionRequest, cell_id: str) -> str:
    """The cell as a later request shows it; empty when it does not."""
    if request.cell_id == cell_id:
        return request.prefix + request.suffix
    cells = (*request.cells_before, *request.cells_after)
    return next((cell.source for cell in cells if cell.cell_id == cell_id), "")


def _judged(text: _Text, source: str) -> Agreement | None:
    """How far a text agrees with its line. None when the text before the cursor changed, or it has only later lines."""
    if not source.startswith(text.request.prefix) or text.text.startswith("\n"):
        return None
    left = source[len(text.request.prefix) :]
    stood = text.request.suffix.partition("\n")[0]
    wanted = text.text.partition("\n")[0] + ("" if "\n" in text.text else stood)
    return Agreement(
        suggestion_id=text.suggestion_id,
        agree_chars=_agreeing(text.text, left),
        exact_line=left.partition("\n")[0].rstrip() == wanted.rstrip(),
        drawn=False,
        left=left.partition("\n")[0].removesuffix(stood)[:_LEFT_CHARS],
    )


def _agreeing(text: str, other: str) -> int:
    pairs = enumerate(zip(text, other, strict=False))
    return next((number for number, (mine, theirs) in pairs if mine != theirs), min(len(text), len(other)))
