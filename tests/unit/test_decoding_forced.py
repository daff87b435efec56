"""Text that an answer is forced to begin with, through the decoding loop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_mccom.engines.decoding.constrain import Ids, Rule
from jupyter_mccom.engines.decoding.decoding import Allowed, Check, Decoding
from jupyter_mccom.types import Token
from tests.speller import ANSWER, PIECES, Speller


def text_of(tokens: Sequence[Token]) -> str:
    """What they add behind the cursor."""
    return "".join(token.text for token in tokens)


def _forced(forced: str, *, draft: str = "", rule: Rule = "own", speller: Speller | None = None) -> list[Token]:
    speller = speller or Speller()
    speller.n_prompt = 3
    decoding = Decoding(speller, Check(all_of_it=True), rule)
    return list(decoding.write("ppp", forced=forced, max_tokens=20, draft=draft, gone=lambda: False))


@pytest.mark.parametrize("forced", ["d", "de", "def", "def ", "def x", "def x😀", "def x😀 x"])
def test_forced_text_is_not_repeated(forced: str) -> None:
    """What stands behind the forced text is all that the tokens hold, wherever it ends inside a token."""
    assert forced + text_of(_forced(forced)) == ANSWER.decode()


def test_a_token_crosses_the_cursor() -> None:
    """A token that begins with typed text is marked, and says how sure the model was of how it goes on."""
    first, *others = _forced("d")
    assert (first.text, first.forced, first.prob, first.allowed_prob) == ("ef", True, 0.5, 0.9)
    assert not any(token.forced or token.allowed_prob for token in others)


def test_forced_text_against_the_models_will() -> None:
    """Typed text that the model would not write is forced all the same."""
    tokens = _forced("yy")
    assert [token.text for token in tokens if token.forced] == ["", ""]
    assert {token.prob for token in tokens if token.forced} == {0.1}


def test_forced_text_inside_a_character() -> None:
    """Two tokens that make up one typed character add nothing behind the cursor."""
    assert [token.text for token in _forced("def x😀")[:4]] == ["", "", "", ""]


def test_a_vocabulary_without_the_byte() -> None:
    """What no token can write is given to the tokenizer as it stands, and the answer goes on behind it."""

    class Lacking(Speller):
        def pieces(self) -> Iterable[tuple[bytes, int]]:
            """No token has an x."""
            return [pair for pair in super().pieces() if b"x" not in pair[0]]

    speller = Lacking()
    assert "def x" + text_of(_forced("def x", speller=speller)) == ANSWER.decode()


def test_no_end_inside_forcedtext_of() -> None:
    """Control tokens never stand for typed text: a typed `<` is no `<end>`."""
    speller = Speller()
    _forced("<", rule="likeliest", speller=speller)
    assert 0 not in speller.held


def test_the_tokenizers_own_first_token() -> None:
    """By the rule `own` a token that ends inside the forced text is the tokenizer's; by `likeliest` the model's."""

    class Splitting(Speller):
        def among(self, ids: Ids) -> Allowed:
            """The shortest piece."""
            return Allowed(token=min(ids, key=lambda token: len(PIECES[token])), prob=0.1, share=0.2)

    own, likeliest = Splitting(), Splitting()
    _forced("def", speller=own)
    _forced("def", rule="likeliest", speller=likeliest)
    assert own.held[3:4] == [1]
    assert likeliest.held[3:5] == [2, 3]


def test_a_draft_behind_forcedtext_of() -> None:
    """A draft begins at the cursor and is taken whole where it is what the model writes."""
    tokens = _forced("de", draft="f x😀 x")
    assert "de" + text_of(tokens) == ANSWER.decode()
    assert tokens[-1].check is not None
    assert tokens[-1].check.accepted == tokens[-1].check.offered == 5


def test_the_first_word_of_all() -> None:
    """The first word of a document, with nothing in front of it, is the prompt itself."""
    speller = Speller()
    decoding = Decoding(speller, Check(all_of_it=False))
    tokens = list(decoding.write("", forced="de", max_tokens=20, draft="", gone=lambda: False))
    assert speller.held[:1] == [2]
    assert tokens


def test_a_key_inside_a_word() -> None:
    """While a word is typed the prompt stays: one of its tokens is evaluated and no other."""
    speller = Speller()
    speller.n_prompt = 3
    decoding = Decoding(speller, Check(all_of_it=False))
    for forced in ("d", "de"):
        tokens = list(decoding.write("ppp", forced=forced, max_tokens=4, draft="", gone=lambda: False))
    assert tokens[0].n_evaluated == 1


TYPED = st.lists(st.sampled_from(["def", "de", "f", "x", "y", "p", " ", "\n", "😀"]), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(TYPED.map("".join), st.sampled_from(["own", "likeliest"]))
def test_typed_text_is_neither_repeated_nor_dropped(forced: str, rule: Rule) -> None:
    """Whatever was typed, the tokens begin with exactly it, and their texts are what stands behind it."""
    speller = Speller()
    tokens = _forced(forced, rule=rule, speller=speller)
    written = b"".join(PIECES[token] for token in speller.held[3:]).decode(errors="replace")
    assert (forced + text_of(tokens)).startswith(written)
    assert written.startswith(forced) or forced.startswith(written)
