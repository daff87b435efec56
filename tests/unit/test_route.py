"""The case file `tests/cases/route.txt`: what the gates see, where it goes and why."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from jupyter_mccom.cascade.route import CloudState, Gates, confidence, features_of
from jupyter_mccom.types import Features, Token

CASES = (Path(__file__).parents[1] / "cases" / "route.txt").read_text().splitlines()[1:]
GATES = Gates(sure=0.8, show=0.5)


def _tokens(written: str) -> list[Token]:
    pairs = [pair.split(":") for pair in written.split()]
    return [Token(text=text.replace("_", "    "), prob=float(prob) if prob else None) for text, prob in pairs]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("|")[0].strip())
def test_where_an_answer_goes(case: str) -> None:
    """Each case of the file goes where it says, with its reason and confidence."""
    _, written, parses, cloud, expected = (part.strip() for part in case.split("|"))
    tokens = _tokens(written)
    text = "".join(token.text for token in tokens).strip()
    (state,) = [known for known in get_args(CloudState) if known == cloud]
    route = GATES.route(tokens, text=text, parses=parses == "holds", cloud=state)
    assert f"{route.to} {route.reason}" == expected
    assert route.confidence == confidence(tokens)


def test_a_route_tells_the_chance_where_the_gates_go_by_it() -> None:
    """A route tells the chance of being right when the gates go by it."""
    tokens = _tokens("a:.9 b:.9 c:.9")
    assert GATES.route(tokens, text="abc", parses=True, cloud="off").chance is None
    by_chance = Gates(sure=0.4, show=0.25, sure_chance=lambda features: 0.38, show_chance=lambda features: 0.38)
    route = by_chance.route(tokens, text="abc", parses=True, cloud="ready")
    assert (route.to, route.reason, route.chance, route.confidence) == ("cloud", "unsure", 0.38, 0.9)


@pytest.mark.parametrize(
    ("written", "hopeless"),
    [("a:.4 b:.4 c:.4", True), ("a:.4 b:.4", False), ("_:.1 a:.4 b:.4", False), ("a:.9 b:.4 c:.4", False)],
)
def test_a_hopeless_answer_is_cut_after_three_tokens(written: str, hopeless: bool) -> None:
    """An answer is hopeless from its third token on, when it cannot be shown."""
    assert GATES.hopeless(_tokens(written)) == hopeless


def test_features_of_rounded_probabilities_stay_in_range() -> None:
    """Features of probabilities that a server has rounded stay in range."""
    features = features_of(_tokens("a:1.0000001 b:0 c:1.0000001"), "abc", parses=True)
    assert features is not None
    assert (features.lowest_prob, features.n_tokens, features.n_chars) == (1e-9, 3, 3)
    assert features.mean_prob <= 1
    assert features.log_prob == pytest.approx(-20.7, abs=0.1)
    assert features_of(_tokens("a: b:"), "ab", parses=True) is None


def test_features_count_what_was_cut_off_before_the_text() -> None:
    """A comment that was cut off before the code counts: it is what the model would rather have written."""
    tokens = [Token(text=text, prob=prob) for text, prob in (("# a\n", 0.5), ("y", 0.9), (" = 2", 0.9), ("\nz", 0.1))]
    features = features_of(tokens, "y = 2", parses=True)
    assert features is not None
    assert (features.n_tokens, features.n_chars, features.lowest_prob) == (3, 5, 0.5)


def _chance(features: Features) -> float:
    """Sure of one short text, less of a longer one: as a fit would be."""
    return features.lowest_prob / (1 + features.n_chars / 10)


@pytest.mark.parametrize(
    ("written", "text", "goes"),
    [
        ("a:.3 b:.9 c:.9 d:.9", "abcd", "cloud unsure"),
        ("a:.7 b:.7 c:.7 d:.7", "ab", "local sure"),
        ("a:.7 b:.7 c:.7 d:.7", "abcdabcdabcd", "cloud unsure"),
        ("a:.9 b:.9 c:.9 d:.05", "abcd", "cloud unsure"),
    ],
)
def test_with_a_chance_the_thresholds_are_of_it(written: str, text: str, goes: str) -> None:
    """With a chance of being right the thresholds are compared with it."""
    gates = Gates(sure=0.5, show=0.25, sure_chance=_chance, show_chance=_chance)
    route = gates.route(_tokens(written), text=text, parses=True, cloud="ready")
    assert f"{route.to} {route.reason}" == goes
    assert route.confidence == confidence(_tokens(written))


@pytest.mark.parametrize(
    ("written", "hopeless"),
    [("a:.9 b:.9", False), ("a:.9 b:.9 c:.2", True), ("a:.9 b:.9 c:.9 d:.2", True), ("a:.9 b:.9 c:.3", False)],
)
def test_with_a_chance_a_hopeless_answer_is_cut(written: str, hopeless: bool) -> None:
    """With a chance an answer is hopeless once no further token could let it be shown."""
    gates = Gates(sure=0.5, show=0.25, sure_chance=_chance, show_chance=_chance)
    assert gates.hopeless(_tokens(written)) == hopeless
