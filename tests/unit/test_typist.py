"""The person of a replay."""

from __future__ import annotations

import pytest

from jupyter_mccom.evaluation.typing.typist import Typist, right, taken

CODE = "total = frame.groupby('name')['value'].sum() + other_total  # again\n" * 40


def test_the_same_seed_types_with_the_same_gaps() -> None:
    """The same seed types with the same gaps, another with others."""
    one, other = (Typist(CODE, keys_a_minute=200, seed="1 nb/3") for _ in range(2))
    assert one.gaps_s == other.gaps_s
    assert one.gaps_s != Typist(CODE, keys_a_minute=200, seed="2 nb/3").gaps_s


@pytest.mark.parametrize("keys_a_minute", [120, 300])
def test_the_mean_speed_is_the_one_asked_for(keys_a_minute: float) -> None:
    """The mean speed is the one that was asked for."""
    gaps_s = Typist(CODE, keys_a_minute=keys_a_minute, seed="1").gaps_s
    assert 60 * len(gaps_s) / sum(gaps_s) == pytest.approx(keys_a_minute, rel=0.15)


def test_a_longer_text_is_read_longer() -> None:
    """A longer text is read for longer."""
    assert Typist.reading_s("x" * 40) > Typist.reading_s("x")


@pytest.mark.parametrize(
    ("text", "left", "keys"),
    [
        ("groupby('a')", "groupby('a')", ["groupby('a')"]),
        ("groupby('a')\nprint(a)", "groupby('a')", ["groupby('a')"]),
        (
            "groupby('a').sum()",
            "groupby('a').mean()",
            [
                "groupby",
                "('",
                "a",
                "').",
            ],
        ),
        ("group = 1", "groupby('a')", []),
        ("as pd", "as np", []),
        ("", "groupby", []),
    ],
)
def test_takes_all_that_is_right_and_the_words_that_save_keys(text: str, left: str, keys: list[str]) -> None:
    """A person accepts all of a right text, or the words that save keys."""
    assert taken(text, left) == keys


def test_right_is_the_first_line_less_trailing_space() -> None:
    """A text is right when its first line is, apart from trailing space."""
    assert right("sum() \nprint()", "sum()")
    assert not right("sum", "sum()")
    assert not right("", "")
