"""The chance of being right, and when it moves the thresholds: data that can be learnt, that cannot, and too few."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from jupyter_mccom.learning.calibrate import BALANCED, fit, prior_of
from jupyter_mccom.learning.verdict import NEEDED, judge, wrong_at_recall
from jupyter_mccom.types import Features
from tests.traced import features, population

PRIOR = prior_of(0.8, 0.6)


def _by_lowest(of: Features, draw: random.Random) -> bool:
    return of.lowest_prob > 0.6


def _by_chance(of: Features, draw: random.Random) -> bool:
    return draw.random() < 0.4


def _as_the_catalogue_says(of: Features, draw: random.Random) -> bool:
    return draw.random() < PRIOR.chance(of)


def test_the_prior_agrees_with_the_thresholds() -> None:
    """Without evidence the chance at each threshold is the one that the threshold stands for."""
    assert PRIOR.chance(features(0.8)) == pytest.approx(0.4)
    assert PRIOR.chance(features(0.6)) == pytest.approx(0.25)
    assert PRIOR.chance(features(0.81, lowest=0.01, n_chars=300)) > 0.4


def test_equal_thresholds_have_a_prior_too() -> None:
    """Two equal thresholds have a prior as well."""
    assert prior_of(0.7, 0.7).chance(features(0.7)) == pytest.approx(0.4)


def test_a_fit_on_nothing_is_the_prior() -> None:
    """A fit on no data is the prior."""
    assert fit([], [], PRIOR).intercept == pytest.approx(PRIOR.intercept)
    assert fit([], [], PRIOR).weights == pytest.approx(PRIOR.weights)


def test_a_fit_finds_the_chances_that_made_the_data() -> None:
    """A fit finds the chances by which the data was made."""

    def odds(of: Features, draw: random.Random) -> bool:
        return draw.random() < 1 / (1 + math.exp(-(6 * of.confidence - 3 + math.log(of.lowest_prob))))

    known = population(1500, odds)
    found = fit([each.features for each in known], [each.target or 0.0 for each in known], PRIOR)
    for each in known[:50]:
        true = 1 / (1 + math.exp(-(6 * each.features.confidence - 3 + math.log(each.features.lowest_prob))))
        assert found.chance(each.features) == pytest.approx(true, abs=0.1)


def test_a_surer_shorter_text_is_never_less_likely_right() -> None:
    """After any fit a surer or a shorter text is at least as likely to be right."""
    known = population(400, lambda of, draw: of.confidence < 0.5 and of.n_chars > 30)
    found = fit([each.features for each in known], [each.target or 0.0 for each in known], PRIOR)
    assert found.chance(features(0.9)) >= found.chance(features(0.4))
    assert found.chance(features(n_chars=2)) >= found.chance(features(n_chars=90))


def test_what_separates_cleanly_is_learnt_and_stays_finite() -> None:
    """Data that separates cleanly is learnt, fewer shown texts are wrong, and the weights stay finite."""
    verdict = judge(population(400, _by_lowest), PRIOR)
    assert verdict.calibration is not None
    assert verdict.gain is not None
    assert verdict.gain.n == 120
    assert (verdict.gain.wrong_shown or 0) < 0.2 < (verdict.gain.catalogue_wrong_shown or 0)
    assert verdict.calibration.chance(features(0.6, lowest=0.95)) > BALANCED.route_chance
    assert verdict.calibration.chance(features(0.9, lowest=0.05)) < BALANCED.show_chance
    assert all(math.isfinite(weight) for weight in verdict.calibration.weights)


def test_data_that_the_catalogue_explains_move_nothing() -> None:
    """Data that the catalogue already explains moves no threshold."""
    verdict = judge(population(400, _as_the_catalogue_says), PRIOR)
    assert (verdict.calibration, verdict.gain is None) == (None, False)


def test_chance_teaches_only_how_often_texts_are_right() -> None:
    """Outcomes at random teach only how often texts are right."""
    found = judge(population(1000, _by_chance), PRIOR).calibration
    assert found is not None
    chances = [found.chance(features(confidence, log_prob=-3, n_chars=30)) for confidence in (0.4, 0.95)]
    assert chances == pytest.approx([0.4, 0.4], abs=0.1)


@pytest.mark.parametrize(
    ("n", "right"),
    [(0, 0.5), (NEEDED - 1, 0.5), (300, 0.0), (300, 1.0)],
)
def test_little_or_one_sided_evidence_moves_nothing(n: int, right: float) -> None:
    """Too few outcomes, or outcomes of one kind, move no threshold."""
    verdict = judge(population(n, lambda of, draw: draw.random() < right), PRIOR)
    assert (verdict.calibration, verdict.gain, verdict.n) == (None, None, n)


def test_what_was_true_only_before_is_not_learnt() -> None:
    """A pattern that only older outcomes show is not learnt."""
    older = population(280, _by_lowest)
    newer = population(120, lambda of, draw: of.lowest_prob <= 0.6)
    assert judge(older + newer, PRIOR).calibration is None


def test_wrong_among_shown_at_a_recall() -> None:
    """The share of wrong texts is taken where as many right ones are shown; equal chances share it."""
    chances, targets = [0.9, 0.8, 0.7, 0.6], [1.0, 0.0, 1.0, 0.0]
    assert wrong_at_recall(chances, targets, 1) == 0
    assert wrong_at_recall(chances, targets, 2) == pytest.approx(1 / 3)
    assert wrong_at_recall(chances, targets, 0) is None
    assert wrong_at_recall([0.5] * 4, targets, 1) == wrong_at_recall([0.5] * 4, targets[::-1], 1) == 0.5


def test_no_right_text_gives_no_share_of_wrong_ones() -> None:
    """When no right text was shown, the verdict gives no share of wrong ones."""
    sure = [
        replace(one, features=replace(one.features, confidence=0.95)) for one in population(90, lambda of, draw: False)
    ]
    unsure = [replace(one, features=replace(one.features, confidence=0.3)) for one in population(210, _by_chance)]
    gain = judge(unsure + sure, PRIOR).gain
    assert gain is not None
    assert gain.wrong_shown is None


def test_learning_loads_no_numpy() -> None:
    """The recorder loads no numpy."""
    code = "import sys, jupyter_mccom.learning.recorder; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "numpy" not in done.stdout.split()
