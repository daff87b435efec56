"""What followed the same tokens before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.engines.decoding.prompt_lookup import MOST, SIZE, Lookup

TOKENS = st.lists(st.sampled_from([0, 1, 2, 256, 65_536, 151_642]), max_size=40)


def _searched(ids: list[int]) -> list[int]:
    """The expected look-up, searched place by place."""
    for end in range(len(ids) - 1, SIZE - 1, -1):
        if ids[end - SIZE : end] == ids[-SIZE:]:
            return ids[end : end + MOST]
    return []


@given(TOKENS, TOKENS)
def test_the_nearest_place_with_the_same_tokens_is_found(read: list[int], written: list[int]) -> None:
    """The place found is the nearest one that ends with the same tokens."""
    lookup = Lookup(read)
    for token in written:
        lookup.add(token)
    assert lookup.following() == _searched(read + written)


def test_the_nearest_place_goes_first() -> None:
    """The nearest of several places comes first."""
    assert Lookup([1, 2, 3, 7, 1, 2, 3, 8, 2, 3, 9, 1, 2, 3]).following()[0] == 8


def test_what_was_never_read_before_is_followed_by_nothing() -> None:
    """Tokens that were never read before are followed by nothing."""
    assert Lookup([1, 2, 3]).following() == Lookup([]).following() == []
