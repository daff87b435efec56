"""The first of several awaited things that has something to bring."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_mccom.cascade.first_to_answer import first_to_answer


class _Slow:
    """Brings `items` after `after_s`, or raises `error`; takes `ends_s` to end when it is cancelled."""

    def __init__(self, *items: str, after_s: float = 0.0, error: Exception | None = None, ends_s: float = 0.0) -> None:
        self._items, self._after_s, self._error, self._ends_s = items, after_s, error, ends_s
        self.ended = False

    async def run(self) -> list[str]:
        try:
            await asyncio.sleep(self._after_s)
            if self._error is not None:
                raise self._error
            return list(self._items)
        finally:
            await asyncio.sleep(self._ends_s)
            self.ended = True


async def _first(*asked: _Slow) -> tuple[int, list[str]] | None:
    found = await first_to_answer(*(one.run() for one in asked))
    return (found[0], list(found[1])) if found else None


async def test_the_first_one_wins() -> None:
    """The others have ended when its items are given."""
    slow, quick = _Slow("a", after_s=60), _Slow("c", "d", after_s=0.01)
    assert await _first(slow, quick) == (1, ["c", "d"])
    assert slow.ended
    assert quick.ended


async def test_of_two_at_once_the_earlier_named() -> None:
    """Both have something: the order of the call decides."""
    assert await _first(_Slow("a"), _Slow("b")) == (0, ["a"])


async def test_one_with_nothing_is_out() -> None:
    """One that brings nothing does not win; without any there is no winner."""
    assert await _first(_Slow(), _Slow("b", after_s=0.05)) == (1, ["b"])
    assert await _first(_Slow(), _Slow()) is None


async def test_an_error_is_raised() -> None:
    """What one raises is raised while none has brought anything, and not after that."""
    with pytest.raises(ValueError, match="gone"):
        await _first(_Slow(error=ValueError("gone")), _Slow("b", after_s=60))
    assert await _first(_Slow("a"), _Slow(error=ValueError("gone"), after_s=0.05)) == (0, ["a"])


@pytest.mark.parametrize("n_cancels", [1, 2])
async def test_cancelling_ends_all(n_cancels: int) -> None:
    """Also when a second key comes while the first one's cancel is still under way."""
    asked = _Slow(after_s=60, ends_s=0.05), _Slow(after_s=60, ends_s=0.05)
    task = asyncio.create_task(_first(*asked))
    for _ in range(n_cancels):
        await asyncio.sleep(0.01)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(one.ended for one in asked)
