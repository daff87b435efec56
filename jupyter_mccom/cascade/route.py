"""The gates: local text, cloud text or nothing, and why (paper 2.1, with its holes filled).

(a) confidence, while the local model streams · (b) the finished text must not break the cell (`parse.py`) · (c) what
the person did (`line.py`) · (d) show-threshold. Pure: knows nothing of engines, prompts or time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from ..types import Features, Reason, Route, Target, Token

N_CONFIDENCE = 3
"""Tokens whose mean probability is the confidence (paper 2.1, table 9)."""
_LEAST_PROB = 1e-9
"""Servers round a probability down to 0, and up above 1."""
LEAST_FOR_NOISE = 0.9
"""Chance or confidence above which a text is shown that people call noise (`noise.py`) or that has made-up names."""
LEAST_IN_EMPTY_CELL = 0.9
"""The same of the first text of a cell: nothing there says what the person is about to do."""
CloudState: TypeAlias = Literal["ready", "off", "spent", "budget", "paused"]
"""`off`: none configured, or the document is kept out of it; `spent`: it was asked at this position already; `paused`:
it failed several times in a row (`breaker.py`)."""


Chance: TypeAlias = Callable[[Features], float]
"""The chance that a local text is right, 0..1: fitted elsewhere, from what became of earlier texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Above `sure` local text is shown at once; at or below `show` it is never shown.

    Both are confidences, 0..1, or, where `sure_chance` or `show_chance` is given, chances.
    """

    sure: float
    show: float
    sure_chance: Chance | None = None
    show_chance: Chance | None = None
    empty: float = LEAST_IN_EMPTY_CELL
    """What a text in an empty cell has to be above, of the scale that `show` has; else of that of `sure`."""

    def in_empty_cell(self) -> Gates:
        """The stricter gates of a cell in which nothing is written yet."""
        chance = self.show_chance or self.sure_chance
        return replace(self, sure=self.empty, show=self.empty, sure_chance=chance, show_chance=chance)

    def hopeless(self, tokens: Sequence[Token]) -> bool:
        """The tokens so far are so unsure that the rest is not worth waiting for, however short and well it ends."""
        if len(_counting(tokens)) < N_CONFIDENCE:
            return False
        features = features_of(tokens, "", parses=True)
        return features is not None and not self._shows(features) and not self._sure(features)

    def route(
        self,
        tokens: Sequence[Token],
        *,
        text: str,
        parses: bool,
        cloud: CloudState,
        noise: bool = False,
        invents: bool = False,
        misses: bool = False,
    ) -> Route:
        """Where to go with a finished (or hopeless) local text.

        `noise` is hardly ever shown, and asks no cloud; nor is what `invents` names, about which the cloud is asked.
        What `misses` a column would fail and is never shown; the cloud is asked.
        """
        features = features_of(tokens, text, parses)
        ready = cloud == "ready"
        if text and (misses or ((noise or invents) and not self.shows_noise(features))):
            asks = ready and not noise
            return self._to("cloud" if asks else "nothing", "unsure" if asks else "low", features)
        if ready and (not text if features is None else not self._sure(features)):
            return self._to("cloud", "unsure", features)
        if text and not parses:
            return self._to("cloud" if ready else "nothing", "unparsable", features)
        if text and (features is None or self._sure(features)):
            return self._to("local", "ungated" if features is None else "sure", features)
        return self.without_cloud(features, text, cloud if cloud in ("off", "budget", "paused") else "unsure")

    def shows_noise(self, features: Features | None) -> bool:
        """Its model is so sure of a text that even noise is shown."""
        return features is not None and self._score(features) > LEAST_FOR_NOISE

    def without_cloud(self, features: Features | None, text: str, reason: Reason) -> Route:
        """The route when the cloud cannot be asked or has failed: `reason` says why. `text` parses."""
        if text and (features is None or self._shows(features)):
            return self._to("local", reason, features)
        return self._to("nothing", "low" if reason in ("off", "unsure") else reason, features)

    def _to(self, to: Target, reason: Reason, features: Features | None) -> Route:
        if features is None:
            return Route(to=to, reason=reason)
        chance_of = self.sure_chance or self.show_chance
        chance = round(chance_of(features), 6) if chance_of else None
        return Route(to=to, reason=reason, confidence=features.confidence, chance=chance)

    def _score(self, features: Features) -> float:
        return (self.show_chance or self.sure_chance or _confidence_of)(features)

    def _sure(self, features: Features) -> bool:
        return (self.sure_chance or _confidence_of)(features) > self.sure

    def _shows(self, features: Features) -> bool:
        return (self.show_chance or _confidence_of)(features) > self.show


def features_of(tokens: Sequence[Token], text: str, parses: bool) -> Features | None:
    """The figures of a local text, `text` when trimmed: of the tokens that wrote it, of all while it is empty.

    None where the engine has no probabilities or wrote only white space.
    """
    found = confidence(tokens)
    if found is None:
        return None
    probs = [min(max(prob, _LEAST_PROB), 1.0) for prob in _probs(_of_text(tokens, text)) or _probs(tokens)]
    return Features(
        confidence=min(found, 1.0),
        lowest_prob=min(probs),
        mean_prob=sum(probs) / len(probs),
        log_prob=sum(map(math.log, probs)),
        n_tokens=len(probs),
        n_chars=len(text),
        parses=parses,
    )


def confidence(tokens: Sequence[Token]) -> float | None:
    """Mean probability of the first 3 tokens that are not white space; fewer where the answer is shorter.

    White space at the head is layout, which nearly every model is sure of (paper, table 9: N = 1 is bad since the first
    token is often indentation). A forced token counts where it reaches beyond the cursor, by its share of what was
    allowed. None where the engine has no probabilities or wrote only white space.
    """
    probs = _probs(_counting(tokens)[:N_CONFIDENCE])
    return round(sum(probs) / len(probs), 6) if probs else None


def _confidence_of(features: Features) -> float:
    return features.confidence


def _of_text(tokens: Sequence[Token], text: str) -> Sequence[Token]:
    """The tokens up to the end of the trimmed `text`: what was cut off behind it says nothing of it.

    What was cut off before it, a comment, does: it is what the model would rather have written.
    """
    raw = "".join(token.text for token in tokens).lstrip()
    left, begun = max(raw.find(text.strip()), 0) + len(text.strip()), False
    for number, token in enumerate(tokens, 1):
        added = token.text if begun else token.text.lstrip()
        begun = begun or bool(added)
        left -= len(added)
        if begun and left <= 0 and text:
            return tokens[:number]
    return tokens


def _probs(tokens: Sequence[Token]) -> list[float]:
    """How sure the model was of each token behind the cursor."""
    return [
        token.prob if token.allowed_prob is None else token.allowed_prob
        for token in tokens
        if token.prob is not None and not (token.forced and not token.text)
    ]


def _counting(tokens: Sequence[Token]) -> Sequence[Token]:
    start = next((number for number, token in enumerate(tokens) if token.text.strip()), len(tokens))
    return tokens[start:]
