"""The chance that a local text is right, from its figures: logistic regression about a prior (Platt scaling, extended).

The prior is the model's own pair of thresholds, written as a chance: without evidence both say the same of every text.
Pure Python, since a Jupyter server must not load numpy for this. Knows nothing of files or gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..types import Features

_CLOUD_TOO = 0.87
"""How often the cloud is right where the local model is: of 150 positions .213 and .333, either .360, so (.213 + .333 -
.360) ÷ .213 (`bench --suite cascade --n 150`, 0.5B and 1.5B, without retrieval)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a person pays, in shares of what a right text and a wrong one differ by: a right one gains 1 - `wrong`."""

    wrong: float
    """For reading a text that is not taken."""
    call: float
    """For a cloud call and the wait for it."""
    empty_chance: float
    """What is likelier right than this is worth showing in an empty cell, where the chance says too much."""

    @property
    def show_chance(self) -> float:
        """A text that is likelier right than this is worth showing."""
        return self.wrong

    @property
    def route_chance(self) -> float:
        """A text that is likelier right than this is shown without asking the cloud.

        With P the chance and V the cloud's worth where the local text is wrong, showing first is worth
        (1 - wrong) P - wrong (1 - P) + (1 - P) (V - call), asking at once
        ((1 - wrong) × .87 - wrong × .13) P + (1 - P) V - call.
        """
        return round(self.wrong / (1 - _CLOUD_TOO + self.wrong + self.call), 2)


EAGERNESS: Mapping[str, Prices] = {
    "quiet": Prices(wrong=0.70, call=0.10, empty_chance=0.90),
    "balanced": Prices(wrong=0.50, call=0.28, empty_chance=0.80),
    "eager": Prices(wrong=0.25, call=0.33, empty_chance=0.70),
}
"""By the names of the setting `eagerness`: the chance to be shown is .70, .50, .25, to spare a call .75, .55, .35.

Chosen by what they show and how much of that is wrong, cross-fitted and weighted by key (`bench --suite thresholds`):
the 0.5B shows .31, .45 and .59 of its texts, .17, .24 and .33 of them wrong; the 1.5B .45, .57, .70 and .13, .21, .29.
In an empty cell the chances stand above all that was seen (`bench --suite empty-cells`): of 80 cells one text is
likelier than .6, and it is wrong.
"""
BALANCED = EAGERNESS["balanced"]
"""The default."""
AT_THRESHOLD, AT_SHOW_THRESHOLD = 0.40, 0.25
"""Chance of being right at a model's own two thresholds, where nothing else is known of its texts."""
FIGURES: tuple[tuple[str, int, Callable[[Features], float]], ...] = (
    ("first-3 mean", 1, lambda features: features.confidence / 0.2),
    ("lowest", 1, lambda features: math.log(features.lowest_prob) / 0.8),
    ("text's log-probability", 1, lambda features: features.log_prob / 3),
    ("length", -1, lambda features: math.log1p(features.n_chars) / 0.8),
)
"""Name, sign of the weight, and the figure in units of its usual spread, so that one width of the prior fits all.

The signs hold always: a text that is surer and shorter is never less likely right. So what is known of an
unfinished text bounds its chance from above.
"""
_PRIOR_SPREAD = 1.0
"""Standard deviation of each weight: one unit a usual spread changes the odds by e."""
_LEAST_GAP = 0.05
"""Between the two thresholds of a prior, which may be equal."""
_MAX_STEPS = 30
_LEAST_STEP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A chance as the logistic function of weighted figures."""

    intercept: float
    weights: tuple[float, ...]
    """One weight a figure, in the order of FIGURES."""

    def chance(self, features: Features) -> float:
        """The chance that the text is right, 0..1."""
        return _logistic(_dot((self.intercept, *self.weights), _row(features)))


UNMEASURED = Calibration(intercept=-3.0, weights=(1.36, 1.0, 1.58, -0.45))
"""Holds for a model that nobody has measured: between the two of the catalogue that were (0.5B and 1.5B)."""


def prior_of(threshold: float, show_threshold: float) -> Calibration:
    """The calibration that says a chance of .40 at the one confidence and of .25 at the other, the lower one."""
    spread = max(threshold - show_threshold, _LEAST_GAP)
    slope = (_logit(AT_THRESHOLD) - _logit(AT_SHOW_THRESHOLD)) / spread
    weights = (slope * 0.2, *[0.0] * (len(FIGURES) - 1))
    return Calibration(intercept=_logit(AT_THRESHOLD) - slope * threshold, weights=weights)


def fit(features: Sequence[Features], targets: Sequence[float], prior: Calibration) -> Calibration:
    """The most probable calibration given the targets (0..1 each) and the prior; a weight of the wrong sign is 0."""
    rows = [_row(each) for each in features]
    free = set(range(len(FIGURES) + 1))
    while True:
        found = _newton(rows, targets, (prior.intercept, *prior.weights), sorted(free))
        wrong = {number for number in free - {0} if found[number] * FIGURES[number - 1][1] < 0}
        if not wrong:
            return Calibration(intercept=found[0], weights=tuple(found[1:]))
        free -= wrong


def log_loss(chance: float, target: float) -> float:
    """Surprise in nats at a target 0..1."""
    sure = min(max(chance, 1e-6), 1 - 1e-6)
    return -target * math.log(sure) - (1 - target) * math.log(1 - sure)


def _newton(
    rows: Sequence[Sequence[float]], targets: Sequence[float], prior: Sequence[float], free: Sequence[int]
) -> list[float]:
    """Newton's method with halved steps; weights that are not free stay 0."""
    at = [weight if number in free else 0.0 for number, weight in enumerate(prior)]
    cost = _cost(rows, targets, prior, at)
    for _ in range(_MAX_STEPS):
        step = _step(rows, targets, prior, at, free)
        scale = 1.0
        while True:
            tried = list(at)
            for number, change in zip(free, step, strict=True):
                tried[number] -= scale * change
            lower = _cost(rows, targets, prior, tried)
            if lower <= cost or scale < _LEAST_STEP:
                break
            scale /= 2
        done = cost - lower < _LEAST_STEP
        if lower <= cost:
            at, cost = tried, lower
        if done:
            break
    return at


def _step(
    rows: Sequence[Sequence[float]],
    targets: Sequence[float],
    prior: Sequence[float],
    at: Sequence[float],
    free: Sequence[int],
) -> list[float]:
    """Hessian⁻¹ × gradient over the free weights."""
    width = 1 / _PRIOR_SPREAD**2
    gradient = [(at[number] - prior[number]) * width for number in free]
    hessian = [[width if i == j else 0.0 for j in free] for i in free]
    for row, target in zip(rows, targets, strict=True):
        chance = _logistic(_dot(at, row))
        mine = [row[number] for number in free]
        spread = chance * (1 - chance)
        for i, figure in enumerate(mine):
            gradient[i] += (chance - target) * figure
            for j, other in enumerate(mine):
                hessian[i][j] += spread * figure * other
    return _solved(hessian, gradient)


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss-Jordan elimination; the matrix is positive definite, so that no pivot is 0."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i, pivot in enumerate(rows):
        rows[i] = pivot = [value / pivot[i] for value in pivot]
        for j, row in enumerate(rows):
            if j != i:
                rows[j] = [value - row[i] * mine for value, mine in zip(row, pivot, strict=True)]
    return [row[-1] for row in rows]


def _cost(
    rows: Sequence[Sequence[float]], targets: Sequence[float], prior: Sequence[float], at: Sequence[float]
) -> float:
    loss = sum(log_loss(_logistic(_dot(at, row)), target) for row, target in zip(rows, targets, strict=True))
    return loss + sum((mine - its) ** 2 for mine, its in zip(at, prior, strict=True)) / (2 * _PRIOR_SPREAD**2)


def _row(features: Features) -> tuple[float, ...]:
    return (1.0, *(figure(features) for _, _, figure in FIGURES))


def _dot(weights: Sequence[float], row: Sequence[float]) -> float:
    return sum(weight * figure for weight, figure in zip(weights, row, strict=True))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-min(max(value, -30.0), 30.0)))


def _logit(chance: float) -> float:
    return math.log(chance / (1 - chance))
