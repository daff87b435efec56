"""Typing along: what was typed between two requests, and what that leaves of a suggestion or of a running answer.

Pure, but for a `Follower`, which waits.
"""

from __future__ import annotations

from dataclasses import replace

from ..types import CompletionRequest, Suggestion
from .answer import RunningAnswer
from .text.trim import without_overlap

_CLOSING = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


def typed_since(first: CompletionRequest, request: CompletionRequest) -> str | None:
    """What was typed between two requests at one place; None when anything else was done to the cell."""
    typed = request.prefix.removeprefix(first.prefix)
    if first.cell_id != request.cell_id or not request.prefix.startswith(first.prefix):
        return None
    return typed if request.suffix in (first.suffix, _CLOSING.get(typed[-1:], "") + first.suffix) else None


def continued(first: CompletionRequest, shown: Suggestion, request: CompletionRequest) -> Suggestion | None:
    """What is left of a suggestion made for `first` after the person typed on; None when that disagrees with it."""
    typed = typed_since(first, request)
    if typed is None or not shown.text.startswith(typed) or len(typed) == len(shown.text):
        return None
    rest = shown.text[len(typed) :]
    if request.suffix != first.suffix:
        rest = without_overlap(rest, request.suffix)
    route = replace(shown.route, reason="again")
    return replace(shown, request_id=request.id, text=rest, origin="again", route=route, kept_chars=len(typed))


def agrees(answer: RunningAnswer, request: CompletionRequest) -> bool:
    """What was typed since the answer began may still be the beginning of its text."""
    typed = typed_since(answer.request, request)
    if typed is None or request.trigger != "typing":
        return False
    shown, text = answer.shown[-1].text if answer.shown else "", answer.written
    text = text if text.startswith(shown) else shown
    return text.startswith(typed) or typed.startswith(text)


class Follower:
    """One request that is given the suggestions of an answer, its own or the rest of an older one."""

    def __init__(self, answer: RunningAnswer, request: CompletionRequest) -> None:
        self.answer = answer
        self._request = request
        self._owns = request is answer.request
        self._n_seen = 0
        self._given: Suggestion | None = None

    async def more(self) -> list[Suggestion]:
        """What is new; empty when nothing comes any more, as where an older answer no longer agrees.

        A final one always follows one that was given. Raises what the answer raised.
        """
        answer = self.answer
        while True:
            answer.news.clear()
            new = answer.shown[self._n_seen :]
            self._n_seen += len(new)
            found = [left for suggestion in new if (left := self._left_of(suggestion)) is not None]
            if found:
                return found
            if self._given is None and not self._owns and not agrees(answer, self._request):
                return []
            if answer.over:
                answer.check()
                return []
            await answer.news.wait()

    def _left_of(self, suggestion: Suggestion) -> Suggestion | None:
        if self._owns:
            return suggestion
        left = continued(self.answer.request, suggestion, self._request)
        if left is None and self._given is not None and suggestion.final:
            left = replace(self._given, final=True)
        self._given = left or self._given
        return left
