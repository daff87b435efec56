"""llama.cpp's `/completion`: what it is asked, and the tokens that its events tell. Knows no connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...types import Token
from ..forced import Behind, NotForced, grammar, most_tokens
from .json_answers import found_at, list_at, number_of, prob_of, text_of

DRAFT_MATCH = 6
"""Tokens that must match before a seeded draft is proposed: a draft is a line, not the 24 tokens of the default."""
_N_ALTERNATIVES = 20
"""Told with each token of a healed answer, for the share of those that agree (measured: it takes no time)."""


def body_of(text: str, *, forced: str, max_tokens: int) -> dict[str, object]:
    """The JSON of a streamed, greedy answer; `forced` is what it has to begin with."""
    body: dict[str, object] = {
        "prompt": text,
        "n_predict": max_tokens,
        "temperature": 0,
        "n_probs": 1,
        "cache_prompt": True,
        "stream": True,
        "timings_per_token": True,
    }
    if forced:
        n_predict = max_tokens + most_tokens(forced)
        body |= {"n_predict": n_predict, "n_probs": _N_ALTERNATIVES, "grammar": grammar(forced)}
    return body


class LlamaAnswer:
    """One answer's tokens, as its events come. `drafted`: tokens without probabilities are those of a checked draft."""

    def __init__(self, forced: str, max_tokens: int, *, drafted: bool = False) -> None:
        self._behind = Behind(forced, max_tokens)
        self._more = bool(forced)
        self._drafted = drafted
        self._first = True

    @property
    def full(self) -> bool:
        """True once all that is wanted has come. The server was asked for more, since forced tokens do not count."""
        return self._more and self._behind.n_left <= 0

    def tokens(self, event: Mapping[str, Any]) -> list[Token]:
        """An event's tokens: the last one has its text, and those that began a character come before it without.

        Raises NotForced.
        """
        told = list_at(event, "completion_probabilities")
        text = text_of(event, "content")
        if not told and not text:
            return []
        n_evaluated = (number_of(event, "timings", "prompt_n") or 1) if self._first else 1
        self._first = False
        if not told:
            token = Token(text=text, prob=None, from_draft=self._drafted, n_evaluated=n_evaluated)
            return [self._behind.put(token)]
        if self._behind.left and not text and found_at(told[-1], "bytes") == []:
            raise NotForced(ignored=False)  # a marker, whose name agrees with the forced text
        found = []
        for number, item in enumerate(told, 1):
            if not isinstance(item, dict):
                raise TypeError("what is told of a token is no object")
            piece, n_read = (text if number == len(told) else ""), (n_evaluated if number == 1 else 1)
            token = Token(text=piece, prob=prob_of(found_at(item, "logprob")), n_evaluated=n_read)
            found.append(self._behind.put(token, item))
        return found

    def end(self) -> None:
        """Ends the answer after the last event. Raises NotForced."""
        self._behind.end()
