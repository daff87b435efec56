"""`bench --suite engines --against DIR`: two engines compared key by key, on made-up rows."""

from __future__ import annotations

from typing import Any

from jupyter_mccom.evaluation.lib.ties import TIE_PROB
from jupyter_mccom.evaluation.suites.tokens_evaluated import compared


def _row(n_evaluated: list[int], *tokens: tuple[str, float], answer: str = "mean(x)") -> dict[str, Any]:
    return {"n_evaluated": n_evaluated, "tokens": [[token] for token in tokens], "answer": [(answer, 0.9)]}


def test_equal_and_equal_but_for_a_tie_are_counted_apart() -> None:
    """A key counts as equal by tokens evaluated, and by text; where the model was undecided a tie is forgiven."""
    ours = _row([12, 1, 1], ("a", 0.9), ("b", TIE_PROB), ("c", 0.9))
    theirs = _row([12, 1, 2], ("a", 0.8), ("x", 0.5), ("y", 0.9), answer="median(x)")
    table = compared("two engines", [(ours, ours), (ours, theirs)])
    assert table.rows == [
        ["keys with as many tokens evaluated", "5 of 6", ""],
        ["keys with the same tokens written", "4 of 6", "5 of 6"],
        ["answers with the same text", "1 of 2", "1 of 2"],
    ]
