"""Figures over samples: exact match, bootstrap intervals, percentiles, calibration. Pure; knows nothing of engines."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate, groupby
from math import ceil

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
    """The mean of some values; 0 for none."""
    return sum(values) / len(values) if values else 0.0


def percentile(values: Sequence[float], share: float, weights: Sequence[float] = ()) -> float:
    """The smallest value that at least `share` (0..1) of the values do not exceed; 0 for none.

    With `weights`, one a value: at least that share of their sum.
    """
    if weights:
        ordered_pairs = sorted(zip(values, weights, strict=True))
        sums = list(accumulate(weight for _, weight in ordered_pairs))
        at = bisect_left(sums, share * sums[-1] * (1 - 1e-9))
        return ordered_pairs[at][0]
    ordered = sorted(values)
    return ordered[max(0, ceil(round(share * len(ordered), 9)) - 1)] if ordered else 0.0


def interval(values: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean."""
    return interval_of(lambda drawn: mean([values[at] for at in drawn]), len(values), seed)


def interval_by(groups: Sequence[str], values: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """The interval of a mean, drawn by groups, since values of one document depend on each other.

    `groups` names the group of each value.
    """
    parts: dict[str, list[float]] = {}
    for group, value in zip(groups, values, strict=True):
        parts.setdefault(group, []).append(value)
    drawn_from = list(parts.values())
    return interval_of(lambda drawn: mean([value for at in drawn for value in drawn_from[at]]), len(drawn_from), seed)


def ratio_interval(values: Sequence[float], base: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """The interval of mean(values) ÷ mean(base), drawn in pairs: the same position stands at the same place of both."""
    return interval_of(lambda drawn: ratio([values[at] for at in drawn], [base[at] for at in drawn]), len(base), seed)


def interval_of(figure: Callable[[Sequence[int]], float], n: int, seed: int = 1) -> tuple[float, float]:
    """The 95 % bootstrap interval of any figure over positions 0..n-1; `figure` is given the positions drawn."""
    draw = random.Random(seed)  # noqa: S311 - resampling, not a secret
    found = sorted(figure(draw.choices(range(n), k=n)) for _ in range(_RESAMPLES)) if n else [0.0]
    tail = int((1 - _LEVEL) / 2 * len(found))
    return found[tail], found[-1 - tail]


def ratio(values: Sequence[float], base: Sequence[float]) -> float:
    """mean(values) ÷ mean(base); 0 where the base is 0."""
    return mean(values) / mean(base) if mean(base) else 0.0


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float:
    """The chance that a right answer has a higher score than a wrong one, ties half; 0.5 where one kind is missing."""
    n_good = sum(right)
    n_bad = len(right) - n_good
    if not n_good or not n_bad:
        return 0.5
    won, n_bad_below = 0.0, 0
    for _, group in groupby(sorted(zip(scores, right, strict=True)), key=lambda pair: pair[0]):
        kinds = [is_right for _, is_right in group]
        won += sum(kinds) * (n_bad_below + kinds.count(False) / 2)
        n_bad_below += kinds.count(False)
    return won / (n_good * n_bad)


def bins(scores: Sequence[float], right: Sequence[bool], n: int = 10) -> list[tuple[float, float, int]]:
    """Mean score, share right and size of each of `n` equal bins of 0..1 that is not empty."""
    found: list[list[tuple[float, bool]]] = [[] for _ in range(n)]
    for score, is_right in zip(scores, right, strict=True):
        found[min(n - 1, int(score * n))].append((score, is_right))
    return [(mean([s for s, _ in one]), mean([float(r) for _, r in one]), len(one)) for one in found if one]


def calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over 10 equal bins: by how much the score differs from the share right, 0..1."""
    total = max(1, len(scores))
    return sum(size / total * abs(score - share) for score, share, size in bins(scores, right))
