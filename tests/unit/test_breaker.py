"""A cloud that fails is left alone for a while, then asked once."""

from __future__ import annotations

from jupyter_mccom.cascade.breaker import Breaker


class _Clock:
    """A clock that a test moves."""

    now = 100.0

    def now_s(self) -> float:
        """Where it was moved to."""
        return self.now

    def unix_s(self) -> float:
        """The same."""
        return self.now


def _failed(breaker: Breaker, n: int) -> None:
    for _ in range(n):
        assert breaker.begin()
        breaker.failed()


def test_three_failures_in_a_row_open_it() -> None:
    """The third failure in a row begins a pause of 30 s; two with an answer between them do not count together."""
    breaker = Breaker(_Clock())
    _failed(breaker, 2)
    assert breaker.begin()
    breaker.answered()
    _failed(breaker, 2)
    assert breaker.closed
    _failed(breaker, 1)
    assert (breaker.begin(), breaker.left_s) == (False, 30)


def test_one_probe_after_each_pause_which_doubles() -> None:
    """After a pause one call goes through; each that fails doubles the next pause, up to 10 minutes."""
    clock = _Clock()
    breaker = Breaker(clock)
    _failed(breaker, 3)
    pauses = []
    for _ in range(7):
        pauses.append(breaker.left_s)
        clock.now += breaker.left_s
        assert (breaker.begin(), breaker.begin()) == (True, False)
        breaker.failed()
    assert pauses == [30, 60, 120, 240, 480, 600, 600]


def test_a_probe_that_is_answered_closes_it() -> None:
    """An answered probe lets every call through again, and the next pause is short again."""
    clock = _Clock()
    breaker = Breaker(clock)
    _failed(breaker, 3)
    clock.now += 30
    assert breaker.begin()
    breaker.answered()
    assert (breaker.closed, breaker.begin(), breaker.begin()) == (True, True, True)
    _failed(breaker, 3)
    assert breaker.left_s == 30


def test_a_probe_that_is_cut_off_says_nothing() -> None:
    """When typing cuts the probe off, the next call is the probe."""
    clock = _Clock()
    breaker = Breaker(clock)
    _failed(breaker, 3)
    clock.now += 30
    assert breaker.begin()
    breaker.given_up()
    assert (breaker.lets, breaker.closed) == (True, False)


def test_a_server_that_asks_for_a_pause_gets_it() -> None:
    """A pause that the server asks for begins at once, and is told as such."""
    breaker = Breaker(_Clock())
    assert breaker.begin()
    breaker.failed(retry_after_s=90)
    assert (breaker.lets, breaker.limited, breaker.left_s) == (False, True, 90)


def test_late_failures_of_earlier_calls_do_not_lengthen_a_pause() -> None:
    """Calls that began before the pause and fail in it change nothing."""
    breaker = Breaker(_Clock())
    assert all(breaker.begin() for _ in range(5))
    for _ in range(5):
        breaker.failed()
    assert breaker.left_s == 30
