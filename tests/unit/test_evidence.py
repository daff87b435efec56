"""What became of a text, and how right that says it was."""

from __future__ import annotations

import pytest

from jupyter_mccom.learning.evidence import Example
from tests.traced import example


@pytest.mark.parametrize(
    ("of", "target"),
    [
        (example(), 1.0),
        (example(outcome="typed"), 1.0),
        (example(outcome="partial", kept_chars=3), 0.25),
        (example(outcome="rejected", kept_chars=0), 0.0),
        (example(outcome="rejected", kept_chars=0, shown_ms=749), None),
        (example(outcome="rejected", kept_chars=0, exact_line=True), 1.0),
        (example(outcome="dismissed", kept_chars=0), None),
        (example(outcome="dismissed", kept_chars=0, exact_line=False), 0.0),
        (example(outcome="dismissed", kept_chars=0, exact_line=True), 1.0),
        (example(outcome="moved", exact_line=False), None),
        (example(outcome="superseded"), None),
        (example(outcome="superseded", exact_line=False), 0.0),
        (example(outcome="unseen"), None),
        (example(outcome="unseen", exact_line=True), 1.0),
        (example(outcome=None, exact_line=False), None),
        (example(shown=False, outcome=None), None),
        (example(shown=False, outcome=None, exact_line=True), 1.0),
        (example(shown=False, outcome=None, exact_line=False), 0.0),
        (example(shown=False, outcome=None, exact_line=False, drawn=False), None),
        (example(outcome="rejected", kept_chars=0, exact_line=True, drawn=False), 1.0),
        (example(outcome="partial", kept_chars=6, survived=(0.5, None)), 0.25),
        (example(shown=False, outcome="accepted"), None),
        (example(shown=False, outcome="accepted", exact_line=False), 0.0),
    ],
    ids=[
        "taken is right",
        "typed to its end is right",
        "taken in part is right in part",
        "typed over after reading is wrong",
        "not read is no evidence",
        "typed over but then the same after all is right",
        "Esc alone is no evidence",
        "Esc and another line is wrong",
        "Esc and the same line is right",
        "moved away is no evidence",
        "superseded alone is no evidence",
        "superseded and another line is wrong",
        "unseen alone is no evidence",
        "unseen and the same line is right",
        "shown without an outcome is no evidence",
        "held back and never known is no evidence",
        "held back though the line became that is right",
        "held back and another line is wrong",
        "a line judges one of its texts",
        "and any that was typed over and then typed after all",
        "of what was taken in part half is left",
        "a taken cloud text says nothing of the local one",
        "unless the line does",
    ],
)
def test_how_right_a_text_was(of: Example, target: float | None) -> None:
    """Each outcome gives a text its share of being right."""
    assert of.target == target


@pytest.mark.parametrize(
    ("survived", "agree_chars", "target"),
    [
        ((1.0, None), None, 1.0),
        ((0.5, None), None, 0.5),
        ((1.0, 0.25), None, 0.25),
        ((None, 0.0), None, 0.0),
        ((1.0, 1.0), 6, 0.5),
    ],
)
def test_what_does_not_survive_was_worth_less(
    survived: tuple[float | None, float | None], agree_chars: int | None, target: float
) -> None:
    """A text that was changed later was worth what survived of it."""
    assert example(survived=survived, agree_chars=agree_chars).target == target
