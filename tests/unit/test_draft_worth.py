"""Whether drafts are checked on a server follows from what its own calls took."""

from __future__ import annotations

from jupyter_mccom.engines.remote.draft_worth import DraftWorth


def _worth(*, check_s: float, second: bool, n_taken: int) -> DraftWorth:
    """A server that takes 0.1 s to its first token and 0.01 s for each further one; answers have 10 tokens."""
    worth = DraftWorth()
    for _ in range(6):
        worth.wrote(first_s=0.1, rest_s=0.09, n_tokens=10)
        worth.checked(check_s, n_taken, 10 - n_taken, second=second)
    return worth


def test_the_first_drafts_are_checked_to_find_out() -> None:
    """Until a few were checked, every draft is."""
    worth = DraftWorth()
    for _ in range(4):
        assert worth.wanted()
        worth.wrote(0.01, 0.09, 10)
        worth.checked(1.0, 0, 10, second=True)
    assert not worth.wanted()


def test_right_drafts_are_compared_with_writing() -> None:
    """Where every draft was right so far, one answer is written without its draft, to know what that takes."""
    worth = DraftWorth()
    assert worth.wanted()
    worth.checked(0.05, 10, 0, second=False)
    assert not worth.wanted()
    worth.wrote(0.1, 0.09, 10)
    assert worth.wanted()


def test_right_drafts_pay() -> None:
    """A draft that is the whole answer spares its writing."""
    assert _worth(check_s=0.12, second=False, n_taken=10).wanted()


def test_wrong_drafts_do_not_pay() -> None:
    """A check that gives nothing costs a second call; one draft of 25 is checked all the same."""
    worth = _worth(check_s=0.12, second=True, n_taken=0)
    assert sum(worth.wanted() for _ in range(50)) == 2


def test_a_check_that_takes_longer_than_writing_does_not_pay() -> None:
    """As on a processor, where checking reads the whole prompt anew."""
    assert not _worth(check_s=0.5, second=False, n_taken=10).pays


def test_a_server_that_has_become_quicker_is_found_out() -> None:
    """The newest calls count most."""
    worth = _worth(check_s=0.5, second=False, n_taken=10)
    for _ in range(20):
        worth.checked(0.05, 10, 0, second=False)
    assert worth.pays
