"""Where the cursor's line is cut before it is asked about, and which tokens may write what was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.cascade.text.heal import heal
from jupyter_mccom.engines.decoding.constrain import Forced, Rule, Vocabulary

CASES = (Path(__file__).parents[1] / "cases" / "heal.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("case", CASES)
def test_cut(case: str) -> None:
    """The line ends where a token surely ends, and what is behind that is forced."""
    typed, forced = case.partition(": ")[2].split("█")
    assert (heal(typed + forced).typed, heal(typed + forced).forced) == (typed, forced)


@given(st.text(max_size=40))
def test_nothing_is_lost(line: str) -> None:
    """The pieces of a line are the line, and indentation alone is left to the model."""
    line = line.replace("\n", "").replace("\r", "")
    found = heal(line)
    assert found.typed + found.forced + found.left == line
    assert not (found.left and (found.typed or found.forced))


def test_an_empty_line_is_left_to_the_model() -> None:
    """Indentation is not forced: the model writes its own, and its text is aligned."""
    assert [heal(line).left for line in ("", "    ", "\t")] == ["", "    ", "\t"]


VOCABULARY = Vocabulary(
    [(piece, number) for number, piece in enumerate([b"t", b"to", b"tot", b"total", b"o", b"\xff"])]
)


def test_lookup() -> None:
    """Tokens that begin with a text are one range; those that end inside it are its own beginnings."""
    assert sorted(VOCABULARY.beyond(b"to")) == [1, 2, 3]
    assert VOCABULARY.inside(b"tota") == [(b"t", 0), (b"to", 1), (b"tot", 2)]
    assert list(VOCABULARY.beyond(b"\xff")) == [5]
    assert list(VOCABULARY.beyond(b"x")) == []
    assert VOCABULARY.inside(b"x") == []


@given(st.lists(st.binary(min_size=1, max_size=3), unique=True), st.binary(min_size=1, max_size=4))
def test_lookup_finds_all(pieces: list[bytes], text: bytes) -> None:
    """The look-up finds what a scan of all tokens finds."""
    vocabulary = Vocabulary([(piece, number) for number, piece in enumerate(pieces)])
    assert {pieces[token] for token in vocabulary.beyond(text)} == {one for one in pieces if one.startswith(text)}
    shorter = {one for one in pieces if text.startswith(one) and one != text}
    assert {piece for piece, _ in vocabulary.inside(text)} <= shorter


def test_only_the_tokenizers_own_token_ends_inside() -> None:
    """By the rule `own` one token may end inside the forced text, and any may reach beyond it."""
    cases: list[tuple[Rule, set[int]]] = [("own", {2, 3}), ("likeliest", {0, 1, 2, 3})]
    for rule, expected in cases:
        forced = Forced("tota", VOCABULARY, lambda text: [2], rule)
        assert set(forced.allowed()) == expected
