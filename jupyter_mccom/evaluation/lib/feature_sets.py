"""How well sets of a text's figures tell whether it is right: the log loss of fits that have not seen it. Pure.

The product's fit (`learning/calibrate.py`) is made with each set: a figure that is not of the set is the same for all
texts. Ten folds, drawn by statement, since texts of one statement are no independent ones.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...learning.calibrate import Calibration, fit, log_loss, prior_of
from ...types import Features
from .metrics import mean

FOLDS = 10
FEATURE_SETS: Mapping[str, frozenset[str]] = {
    "first-3 mean alone": frozenset(("confidence",)),
    "whole log-probability alone": frozenset(("log_prob",)),
    "first-3 mean, lowest, log-probability": frozenset(("confidence", "lowest_prob", "log_prob")),
    "the same with length": frozenset(("confidence", "lowest_prob", "log_prob", "n_chars")),
}
"""Fields of Features; the last one is the product's."""
_PRIOR = prior_of(0.8, 0.6)


def losses_by_feature_set(
    features: Sequence[Features], right: Sequence[bool], statements: Sequence[str], *, seed: int = 1
) -> dict[str, list[float]]:
    """The loss of each text in nats with each set, by a fit on the other folds; `statements` names each text's."""
    folds = folds_of(statements, seed)
    found = {}
    for name, fields in FEATURE_SETS.items():
        chances = held_back([_of(one, fields) for one in features], right, folds)
        found[name] = [log_loss(chance, float(each)) for chance, each in zip(chances, right, strict=True)]
    return found


def folds_of(statements: Sequence[str], seed: int = 1) -> list[int]:
    """The fold of each text: texts of one statement are in the same."""
    names = sorted(set(statements))
    random.Random(seed).shuffle(names)  # noqa: S311 - folds, not a secret
    fold_of = {name: number % FOLDS for number, name in enumerate(names)}
    return [fold_of[statement] for statement in statements]


def held_back(features: Sequence[Features], right: Sequence[bool], folds: Sequence[int]) -> list[float]:
    """The chance of each text by a fit on the other folds."""
    found = [0.0] * len(right)
    for fold in sorted(set(folds)):
        seen = [number for number, other in enumerate(folds) if other != fold]
        targets = [float(right[number]) for number in seen]
        fitted = fit([features[number] for number in seen], targets, _prior(features[0], targets))
        for number, other in enumerate(folds):
            if other == fold:
                found[number] = fitted.chance(features[number])
    return found


def _prior(example: Features, targets: Sequence[float]) -> Calibration:
    """The product's where the first-3 mean is of the set, else the share that is right."""
    if example.confidence:
        return _PRIOR
    share = min(max(mean(targets), 0.01), 0.99) if targets else 0.5
    return Calibration(intercept=math.log(share / (1 - share)), weights=(0.0,) * len(_PRIOR.weights))


def _of(features: Features, fields: frozenset[str]) -> Features:
    """The figures of other fields are 0, as the fit sees them."""
    return replace(
        features,
        confidence=features.confidence if "confidence" in fields else 0.0,
        lowest_prob=features.lowest_prob if "lowest_prob" in fields else 1.0,
        log_prob=features.log_prob if "log_prob" in fields else 0.0,
        n_chars=features.n_chars if "n_chars" in fields else 0,
    )
