"""Decides if what became of earlier texts moves a model's thresholds, and why: evidence first, then a held-back test.

Pure. Knows nothing of where examples are kept, nor of settings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from .calibrate import BALANCED, Calibration, Prices, fit, log_loss
from .evidence import Example

NEEDED = 200
"""Examples: 60 of them are held back, and six weights are fitted on 140, more than 20 each."""
NEEDED_A_CLASS = 20
"""At least so many right texts, and so many wrong ones."""
_HELD_BACK = 0.3
_ONE_SIDED = 1.645
"""Standard errors that the mean gain must be above 0: 95 % one-sided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """The fit on the older examples against the catalogue, on the newest ones, which it has not seen."""

    n: int
    log_loss: float
    catalogue_log_loss: float
    lower_gain: float
    """Lower end of the one-sided 95 % interval of the mean gain, nats."""
    recall: float
    """Share of right texts that the catalogue shows without asking the cloud: the same for both figures that follow."""
    wrong_shown: float | None
    """Share of wrong texts among those shown; None where the catalogue shows no right text so."""
    catalogue_wrong_shown: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What holds for a model's texts, and why."""

    calibration: Calibration | None
    """None: the catalogue's thresholds."""
    n: int
    """Examples that are evidence."""
    n_right: float
    gain: Gain | None
    """None: too few examples to test."""
    n_bench: int = 0
    """Examples that no person has given: a bench's texts, shown without gates."""

    @property
    def why(self) -> str:
        """The reasons for the verdict, in one line."""
        if self.gain is None:
            few = min(self.n_right, self.n - self.n_right)
            right = f", {self.n_right:.0f} of them right" if self.n >= NEEDED and few < NEEDED_A_CLASS else ""
            more = f" (at least {NEEDED_A_CLASS} right and {NEEDED_A_CLASS} wrong ones are needed)" if right else ""
            return f"using the default thresholds: {self.n} of {NEEDED} needed outcomes{right}{more}"
        gain = self.gain
        wrong = ""
        if gain.wrong_shown is not None and gain.catalogue_wrong_shown is not None:
            shown = f"{gain.catalogue_wrong_shown:.0%} → {gain.wrong_shown:.0%}"
            wrong = f", wrong texts among those shown at the same recall {shown}"
        figures = f"log loss {gain.catalogue_log_loss:.2f} → {gain.log_loss:.2f}{wrong}, on the newest {gain.n}"
        bench = f", {self.n_bench} of them from a benchmark" if self.n_bench else ""
        if self.calibration is None:
            return (
                f"using the default thresholds: {self.n} outcomes{bench} do not show a reliable improvement ({figures})"
            )
        return f"using learnt thresholds, from {self.n} outcomes{bench}: {figures}"


NOTHING_KNOWN = Verdict(calibration=None, n=0, n_right=0, gain=None)


def judge(examples: Sequence[Example], prior: Calibration, prices: Prices = BALANCED) -> Verdict:
    """`examples` in order of time. The newest 30 % are held back; a fit that they do not prove better moves nothing.

    `prices` decide only at which recall the two are compared in words.
    """
    known = [example for example in examples if example.target is not None]
    targets = [example.target or 0.0 for example in known]
    n, n_right = len(known), sum(targets)
    n_bench = sum(example.reason == "ungated" for example in known)
    if n < NEEDED or min(n_right, n - n_right) < NEEDED_A_CLASS:
        return Verdict(calibration=None, n=n, n_right=n_right, gain=None, n_bench=n_bench)
    cut = round(n * (1 - _HELD_BACK))
    features = [example.features for example in known]
    older = fit(features[:cut], targets[:cut], prior)
    gain = _gain(known[cut:], targets[cut:], older, prior, prices.route_chance)
    calibration = fit(features, targets, prior) if gain.lower_gain > 0 else None
    return Verdict(calibration=calibration, n=n, n_right=n_right, gain=gain, n_bench=n_bench)


def _gain(
    held_back: Sequence[Example], targets: Sequence[float], mine: Calibration, prior: Calibration, route_chance: float
) -> Gain:
    chances = [mine.chance(example.features) for example in held_back]
    others = [prior.chance(example.features) for example in held_back]
    losses = [log_loss(chance, target) for chance, target in zip(chances, targets, strict=True)]
    theirs = [log_loss(chance, target) for chance, target in zip(others, targets, strict=True)]
    gains = [other - loss for loss, other in zip(losses, theirs, strict=True)]
    n, mean = len(gains), sum(gains) / len(gains)
    error = math.sqrt(sum((gain - mean) ** 2 for gain in gains) / (n - 1) / n)
    wanted = sum(target for chance, target in zip(others, targets, strict=True) if chance > route_chance)
    return Gain(
        n=n,
        log_loss=sum(losses) / n,
        catalogue_log_loss=sum(theirs) / n,
        lower_gain=mean - _ONE_SIDED * error,
        recall=wanted / max(sum(targets), 1e-9),
        wrong_shown=wrong_at_recall(chances, targets, wanted),
        catalogue_wrong_shown=wrong_at_recall(others, targets, wanted),
    )


def wrong_at_recall(chances: Sequence[float], targets: Sequence[float], wanted: float) -> float | None:
    """Share of wrong texts among the likeliest ones that hold `wanted` right ones; None where none are wanted.

    Texts of the same chance are shown together.
    """
    right, n_shown = 0.0, 0
    likeliest = sorted(zip(chances, targets, strict=True), key=lambda pair: -pair[0])
    for _, alike in groupby(likeliest, key=lambda pair: pair[0]):
        if right >= wanted - 1e-9:
            break
        found = [target for _, target in alike]
        right, n_shown = right + sum(found), n_shown + len(found)
    return 1 - right / n_shown if n_shown else None
