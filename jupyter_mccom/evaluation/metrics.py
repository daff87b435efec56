"""Figures over samples: exact match, its bootstrap interval, percentiles. Pure; knows nothing of engines."""

from __future__ import annotations

import random
from collections.abc import Sequence

_RESAMPLES = 1000
_LEVEL = 0.95


def exact_match(text: str, truth: str) -> bool:
    """The first line of `text` is `truth`, trailing white space aside."""
    return text.partition("\n")[0].rstrip() == truth.rstrip()


def edit_similarity(text: str, truth: str) -> float:
    """1 - Levenshtein distance ÷ the longer length, of the first line (paper 6.3, its formula put right); 0..1."""
    line, wanted = text.partition("\n")[0].rstrip(), truth.rstrip()
    row = list(range(len(wanted) + 1))
    for number, char in enumerate(line, 1):
        above, row[0] = row[0], number
        for at, other in enumerate(wanted, 1):
            above, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, above + (char != other))
    return 1 - row[-1] / max(len(line), len(wanted), 1)


def mean(values: Sequence[float]) -> float:
    """0 for none."""
    return sum(values) / len(values) if values else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed; 0 for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def interval(values: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean."""
    draw = random.Random(seed)  # noqa: S311 - resampling, not a secret
    means = sorted(mean(draw.choices(values, k=len(values))) for _ in range(_RESAMPLES)) if values else [0.0]
    tail = int((1 - _LEVEL) / 2 * len(means))
    return means[tail], means[-1 - tail]
