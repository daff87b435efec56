"""What followed the same tokens before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.engines.lookup import MOST, SIZES, Lookup

TOKENS = st.lists(st.sampled_from([0, 1, 2, 256, 65_536, 151_642]), max_size=40)


def _searched(ids: list[int]) -> list[int]:
    """The same, place by place."""
    for size in SIZES:
        for end in range(len(ids) - 1, size - 1, -1):
            if ids[end - size : end] == ids[-size:]:
                return ids[end : end + MOST]
    return []


@given(TOKENS, TOKENS)
def test_the_nearest_place_with_most_tokens_in_common_is_found(read: list[int], written: list[int]) -> None:
    lookup = Lookup(read)
    for token in written:
        lookup.add(token)
    assert lookup.following() == _searched(read + written)


def test_three_tokens_in_common_go_before_two_that_are_nearer() -> None:
    assert Lookup([1, 2, 3, 7, 9, 2, 3, 8, 1, 2, 3]).following()[0] == 7


def test_what_was_never_read_before_is_followed_by_nothing() -> None:
    assert Lookup([1, 2, 3]).following() == Lookup([]).following() == []
