"""What a person left on a line, against what the local model wrote there: known once the cursor stands on another line.

Shown texts and those that the gates held back are judged alike, so that learning sees both sides of a threshold.
Pure; drops the texts with the line.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from dataclasses import dataclass, replace

from ..types import Agreement, CompletionRequest

_DOCUMENTS_KEPT = 100
_LEFT_CHARS = 200
_TEXTS_A_LINE = 16
"""One a key where each key asks anew; a line of more says nothing new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    suggestion_id: str
    request: CompletionRequest
    text: str


class Hindsight:
    """The local texts of each window's and document's current line."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[str, str], list[_Text]] = OrderedDict()
        self._draw = random.Random()  # noqa: S311 - a sample, not a secret

    def wrote(self, request: CompletionRequest, suggestion_id: str, text: str) -> None:
        """Keeps a finished local text until its line is left."""
        place = (request.client, request.document)
        line = self._lines.setdefault(place, [])
        if len(line) < _TEXTS_A_LINE:
            line.append(_Text(suggestion_id=suggestion_id, request=request.without_cells(), text=text))
        self._lines.move_to_end(place)
        while len(self._lines) > _DOCUMENTS_KEPT:
            self._lines.popitem(last=False)

    def left(self, request: CompletionRequest) -> list[Agreement]:
        """Judges the texts of the line that this request shows to be left. None for one whose line cannot be found."""
        place = (request.client, request.document)
        line = self._lines.get(place, [])
        if not line or _line_of(line[0].request) == _line_of(request):
            return []
        del self._lines[place]
        judged = [_judged(text, _source(request, text.request.cell_id)) for text in line]
        found = [agreement for agreement in judged if agreement is not None]
        drawn = self._draw.choice(found) if found else None
        return [replace(agreement, drawn=agreement is drawn) for agreement in found]


def _line_of(request: CompletionRequest) -> tuple[str, str]:
    return request.cell_id, request.prefix[: request.prefix.rfind("\n") + 1]


def _source(request: CompletionRequest, cell_id: str) -> str:
    """The cell as a later request shows it; empty when it does not."""
    if request.cell_id == cell_id:
        return request.prefix + request.suffix
    cells = (*request.cells_before, *request.cells_after)
    return next((cell.source for cell in cells if cell.cell_id == cell_id), "")


def _judged(text: _Text, source: str) -> Agreement | None:
    """None where what stood before the cursor is no longer there, and of a text of later lines: they come only now."""
    if not source.startswith(text.request.prefix) or text.text.startswith("\n"):
        return None
    left = source[len(text.request.prefix) :]
    stood = text.request.suffix.partition("\n")[0]
    wanted = text.text.partition("\n")[0] + stood * ("\n" not in text.text)
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
