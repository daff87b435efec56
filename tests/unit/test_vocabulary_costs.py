"""`bench --suite latency`: what the table of a vocabulary costs, of a model whose pieces are known."""

from __future__ import annotations

from jupyter_mccom.evaluation.lib.vocabulary_costs import HALF_TYPED, VocabularyCosts, vocabulary_costs
from jupyter_mccom.evaluation.suites.latency import vocabulary_table
from tests.speller import Speller


def test_costs() -> None:
    """Builds are timed apart from the counting of memory; each half-typed text is looked up."""
    found = vocabulary_costs(Speller())
    assert len(found.build_s) == 3
    assert len(found.look_up_s) == len(HALF_TYPED)
    assert 0 < found.n_bytes <= found.n_peak_bytes < 100_000


def test_goals() -> None:
    """Each figure stands with its goal, and whether it is met."""
    costs = VocabularyCosts(
        build_s=[0.3, 0.32, 0.4], n_bytes=8_000_000, n_peak_bytes=26_000_000, look_up_s=[0.0001, 0.0001, 0.001]
    )
    goals = [row[-1] for row in vocabulary_table(costs).rows]
    assert goals == ["≤ 300, missed", "≤ 25, met", "≤ 25, missed", "≤ 0.3, met", "≤ 0.3, missed"]
