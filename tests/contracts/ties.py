"""Greedy answers of one model may part where it was undecided, and nowhere else (engines.md B).

Batched, stepwise and cached evaluation round differently: measured 0.6 % argmax flips, all under 0.1 logit.
"""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_mccom.types import Token

TIE_PROB = 1 / (1 + 2.718281828**-0.1)
"""Of the better of two tokens whose logits are 0.1 apart, all others aside."""


def text_of(tokens: Sequence[Token]) -> str:
    """What was written."""
    return "".join(token.text for token in tokens)


def same_but_for_a_tie(plain: Sequence[Token], other: Sequence[Token]) -> bool:
    """The texts are equal up to a token at which the gap of the two best logits was at most 0.1."""
    text, so_far = text_of(other), ""
    for token in plain:
        so_far += token.text
        if not text.startswith(so_far):
            assert token.prob is not None
            return token.prob <= TIE_PROB
    return True
