"""The gates: local text, cloud text or nothing, and why (paper 2.1, with its holes filled).

(a) confidence, while the local model streams · (b) the finished text must not break the cell (`parse.py`) · (c) what
the person did (`positions.py`) · (d) show-threshold. Pure: knows nothing of engines, prompts or time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..types import Reason, Route, Token

N_CONFIDENCE = 3
"""Tokens whose mean probability is the confidence (paper 2.1, table 9)."""
CloudState: TypeAlias = Literal["ready", "off", "spent", "budget"]
"""`off`: none configured, or the document is kept out of it; `spent`: it was asked at this position already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Confidences, 0..1. Above `sure` local text is shown at once; at or below `show` it is never shown."""

    sure: float
    show: float

    def hopeless(self, tokens: Sequence[Token]) -> bool:
        """The first tokens are so unsure that the rest is not worth waiting for."""
        found = confidence(tokens)
        return found is not None and len(_counting(tokens)) >= N_CONFIDENCE and found <= self.show

    def route(self, tokens: Sequence[Token], *, text: str, parses: bool, cloud: CloudState) -> Route:
        """Where to go with a finished (or hopeless) local text."""
        found = confidence(tokens)
        ready = cloud == "ready"
        if ready and (not text if found is None else found <= self.sure):
            return Route(to="cloud", reason="unsure", confidence=found)
        if text and not parses:
            return Route(to="cloud" if ready else "nothing", reason="unparsable", confidence=found)
        if text and (found is None or found > self.sure):
            return Route(to="local", reason="ungated" if found is None else "sure", confidence=found)
        return self.without_cloud(found, text, cloud if cloud in ("off", "budget") else "unsure")

    def without_cloud(self, found: float | None, text: str, reason: Reason) -> Route:
        """The route when the cloud cannot be asked or has failed: `reason` says why. `text` parses."""
        if text and (found is None or found > self.show):
            return Route(to="local", reason=reason, confidence=found)
        return Route(to="nothing", reason="low" if reason in ("off", "unsure") else reason, confidence=found)


def confidence(tokens: Sequence[Token]) -> float | None:
    """Mean probability of the first 3 tokens that are not white space; fewer where the answer is shorter.

    White space at the head is layout, which nearly every model is sure of (paper, table 9: N = 1 is bad since the first
    token is often indentation). None where the engine has no probabilities or wrote only white space.
    """
    probs = [token.prob for token in _counting(tokens)[:N_CONFIDENCE] if token.prob is not None]
    return round(sum(probs) / len(probs), 6) if probs else None


def _counting(tokens: Sequence[Token]) -> Sequence[Token]:
    start = next((number for number, token in enumerate(tokens) if token.text.strip()), len(tokens))
    return tokens[start:]
