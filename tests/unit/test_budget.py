"""A hard stop, whatever the clock does."""

from __future__ import annotations

from jupyter_mccom.cascade.budget import Budget

DAY_S = 86400.0


class _Jumping:
    """A clock that a test moves."""

    unix = 1_700_000_000.0

    def now_s(self) -> float:
        """Seconds of the same clock."""
        return self.unix

    def unix_s(self) -> float:
        """Where it was moved to."""
        return self.unix


async def test_calls_come_back_with_the_day() -> None:
    """A new day brings the calls of a day back."""
    clock = _Jumping()
    budget = Budget(calls_a_day=2, tokens_a_day=0, clock=clock)
    assert [await budget.take() for _ in range(3)] == [True, True, False]
    assert budget.calls_left == 0
    clock.unix += DAY_S
    assert budget.calls_left == 2


async def test_a_clock_that_jumps_back_gives_nothing_twice() -> None:
    """A clock that jumps back gives no call a second time."""
    clock = _Jumping()
    budget = Budget(calls_a_day=1, tokens_a_day=0, clock=clock)
    assert await budget.take()
    clock.unix -= 3 * DAY_S
    assert not await budget.take()
    clock.unix += 3 * DAY_S
    assert not await budget.take()


async def test_a_clock_a_year_ahead_blocks_nothing_afterwards() -> None:
    """What a clock a year ahead has spent does not count once it is right again, and today's calls stay spent."""
    clock = _Jumping()
    budget = Budget(calls_a_day=2, tokens_a_day=0, clock=clock)
    assert await budget.take()
    clock.unix += 365 * DAY_S
    assert [await budget.take() for _ in range(3)] == [True, True, False]
    clock.unix -= 365 * DAY_S
    assert [await budget.take() for _ in range(2)] == [True, False]


async def test_tokens_stop_the_next_call() -> None:
    """A day's tokens stop the next call once they are used up."""
    budget = Budget(calls_a_day=0, tokens_a_day=100, clock=_Jumping())
    assert await budget.take()
    budget.spend(120)
    assert budget.spent
    assert budget.calls_left is None
