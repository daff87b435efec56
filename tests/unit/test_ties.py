"""What counts as the same answer where a model was undecided."""

from __future__ import annotations

import pytest

from jupyter_mccom.evaluation.lib.ties import same_but_for_a_tie
from jupyter_mccom.types import Token


def _tokens(*written: tuple[str, float]) -> list[Token]:
    return [Token(text=text, prob=prob) for text, prob in written]


PLAIN = _tokens(("x", 0.9), (" =", 0.8), (" ", 0.25), ("0", 0.9))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (PLAIN, True),
        (_tokens(("x", 0.9), (" =", 0.8), (" -", 0.25), ("max", 0.9)), True),  # " " was as likely, and " -" begins so
        (_tokens(("x", 0.9), (" =", 0.8), (" ", 0.25), ("1", 0.9)), False),
        (_tokens(("x", 0.9), ("(", 0.1)), False),
        (_tokens(("x =", 0.9), (" 0", 0.9)), True),  # other tokens, the same text
        (_tokens(("x", 0.9)), False),
    ],
    ids=["equal", "begins alike", "sure", "surer", "tokens", "shorter"],
)
def test_answers_may_part_at_a_tie_and_nowhere_else(other: list[Token], same: bool) -> None:
    """Two answers count as the same when they part only at a tie."""
    assert same_but_for_a_tie(PLAIN, other) is same
