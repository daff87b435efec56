"""`bench --suite thresholds`: what each set of a text's figures tells, on made-up texts."""

from __future__ import annotations

import math
import random

from jupyter_mccom.evaluation.lib.feature_sets import FEATURE_SETS, losses_by_feature_set
from jupyter_mccom.evaluation.lib.metrics import mean
from jupyter_mccom.types import Features


def _texts(n: int) -> tuple[list[Features], list[bool]]:
    """Right where the whole text is likely, which its first tokens do not tell."""
    draw = random.Random(1)
    features, right = [], []
    for _ in range(n):
        prob = draw.uniform(0.05, 1)
        features.append(
            Features(
                confidence=draw.uniform(0.5, 1),
                lowest_prob=0.5,
                mean_prob=0.5,
                log_prob=3 * math.log(prob),
                n_tokens=4,
                n_chars=12,
                parses=True,
            )
        )
        right.append(draw.random() < prob)
    return features, right


def test_set_that_tells() -> None:
    """A set with the figure that decides has the lower loss, and each text of each set has one."""
    features, right = _texts(240)
    losses = losses_by_feature_set(features, right, [str(number // 3) for number in range(240)])
    assert losses.keys() == FEATURE_SETS.keys()
    assert {len(each) for each in losses.values()} == {240}
    by_set = [mean(each) for each in losses.values()]
    assert by_set[1] < by_set[0] - 0.1
    assert by_set[2] < by_set[0] - 0.1


def test_folds_by_statement() -> None:
    """No text is judged by a fit that has seen another text of its statement: one statement alone is judged blind."""
    features, right = _texts(30)
    blind = losses_by_feature_set(features, right, ["one"] * 30)
    seen = losses_by_feature_set(features, right, [str(number) for number in range(30)])
    assert blind != seen
    assert losses_by_feature_set(features, right, ["one"] * 30) == blind
