"""The case file `tests/cases/route.txt`: what the gates see, where it goes and why."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from jupyter_mccom.cascade.route import CloudState, Gates, confidence
from jupyter_mccom.types import Token

CASES = (Path(__file__).parents[1] / "cases" / "route.txt").read_text().splitlines()[1:]
GATES = Gates(sure=0.8, show=0.5)


def _tokens(written: str) -> list[Token]:
    pairs = [pair.split(":") for pair in written.split()]
    return [Token(text=text.replace("_", "    "), prob=float(prob) if prob else None) for text, prob in pairs]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("|")[0].strip())
def test_where_an_answer_goes(case: str) -> None:
    _, written, parses, cloud, expected = (part.strip() for part in case.split("|"))
    tokens = _tokens(written)
    text = "".join(token.text for token in tokens).strip()
    (state,) = [known for known in get_args(CloudState) if known == cloud]
    route = GATES.route(tokens, text=text, parses=parses == "holds", cloud=state)
    assert f"{route.to} {route.reason}" == expected
    assert route.confidence == confidence(tokens)


@pytest.mark.parametrize(
    ("written", "hopeless"),
    [("a:.4 b:.4 c:.4", True), ("a:.4 b:.4", False), ("_:.1 a:.4 b:.4", False), ("a:.9 b:.4 c:.4", False)],
)
def test_a_hopeless_answer_is_cut_after_three_tokens(written: str, hopeless: bool) -> None:
    assert GATES.hopeless(_tokens(written)) == hopeless
