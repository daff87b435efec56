"""Traces and examples with chosen figures, for tests of what is kept and learnt."""

from __future__ import annotations

import random
from collections.abc import Callable

from jupyter_mccom.learning.evidence import Example
from jupyter_mccom.types import Features, Generation, OutcomeKind, Route, Trace


def features(confidence: float = 0.9, *, lowest: float = 0.5, log_prob: float = -1.0, n_chars: int = 12) -> Features:
    return Features(
        confidence=confidence,
        lowest_prob=lowest,
        mean_prob=confidence,
        log_prob=log_prob,
        n_tokens=4,
        n_chars=n_chars,
        parses=True,
    )


def trace(suggestion_id: str, *, at_s: float = 1_700_000_000.0, model: str = "m") -> Trace:
    generation = Generation(engine=model, tokens=(), stop="statement", first_token_s=0.1, total_s=0.2)
    return Trace(
        request_id=f"r-{suggestion_id}",
        suggestion_id=suggestion_id,
        document="private/plan.ipynb",
        cell_id="cell-of-the-plan",
        language="python",
        trigger="typing",
        started_s=at_s,
        route=Route(to="local", reason="sure", confidence=0.9),
        origin="local",
        text="the_text_itself",
        generations=(generation,),
        features=features(),
    )


def example(
    number: int = 0,
    *,
    of: Features | None = None,
    outcome: OutcomeKind | None = "accepted",
    shown_ms: int = 900,
    kept_chars: int = 12,
    shown: bool = True,
    exact_line: bool | None = None,
    agree_chars: int | None = None,
    survived: tuple[float | None, float | None] = (None, None),
    drawn: bool = True,
) -> Example:
    return Example(
        suggestion_id=str(number),
        at_s=float(number),
        model="m",
        layout="anchored",
        language="python",
        trigger="typing",
        to="local" if shown else "nothing",
        reason="sure" if shown else "low",
        features=of or features(),
        outcome=outcome,
        kept_chars=kept_chars,
        shown_ms=shown_ms,
        survived_30=survived[0],
        survived_300=survived[1],
        agree_chars=agree_chars,
        exact_line=exact_line,
        drawn=drawn,
    )


def population(n: int, is_right: Callable[[Features, random.Random], bool]) -> list[Example]:
    """Examples with random figures, right or wrong as told."""
    draw = random.Random(1)
    found = []
    for number in range(n):
        of = features(
            draw.uniform(0.3, 1.0),
            lowest=draw.uniform(0.05, 1.0),
            log_prob=-draw.uniform(0, 6),
            n_chars=draw.randrange(1, 60),
        )
        right = is_right(of, draw)
        found.append(example(number, of=of, outcome="accepted" if right else "rejected", kept_chars=of.n_chars * right))
    return found
