"""Of several streams the one that has something first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from jupyter_mccom.cascade.first_to_answer import first_to_answer


class _Stream:
    """Says `items`, the first after `first_s`; raises `error` instead of its end."""

    def __init__(self, *items: str, first_s: float = 0.0, error: Exception | None = None) -> None:
        self._items, self._first_s, self._error = items, first_s, error
        self.closed = False

    async def run(self) -> AsyncGenerator[str, None]:
        try:
            await asyncio.sleep(self._first_s)
            for item in self._items:
                yield item
            if self._error is not None:
                raise self._error
        finally:
            self.closed = True


async def _said(*streams: _Stream) -> list[str]:
    return [item async for item in first_to_answer(*(stream.run() for stream in streams))]


async def test_the_first_one_to_speak_is_heard_to_its_end_and_the_other_is_closed() -> None:
    slow, quick = _Stream("a", "b", first_s=60), _Stream("c", "d", first_s=0.01)
    assert await _said(slow, quick) == ["c", "d"]
    assert slow.closed
    assert quick.closed


async def test_of_two_at_once_it_is_the_earlier_named() -> None:
    assert await _said(_Stream("a"), _Stream("b")) == ["a"]


async def test_one_that_ends_without_a_word_is_out() -> None:
    assert await _said(_Stream(), _Stream("b", first_s=0.05)) == ["b"]
    assert await _said(_Stream(), _Stream()) == []


async def test_what_a_stream_raises_is_raised_while_none_has_spoken() -> None:
    with pytest.raises(ValueError, match="gone"):
        await _said(_Stream(error=ValueError("gone")), _Stream("b", first_s=60))
    assert await _said(_Stream("a"), _Stream(error=ValueError("gone"), first_s=0.05)) == ["a"]


async def test_cancelling_it_closes_all() -> None:
    streams = _Stream(first_s=60), _Stream(first_s=60)
    task = asyncio.create_task(_said(*streams))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(stream.closed for stream in streams)


async def test_cancelling_it_twice_closes_all_too() -> None:
    """A second key may come while the first one's cancel is still under way."""

    class Slow(_Stream):
        async def run(self) -> AsyncGenerator[str, None]:
            try:
                await asyncio.sleep(60)
                yield ""
            finally:
                await asyncio.sleep(0.05)
                self.closed = True

    streams = Slow(), Slow()
    task = asyncio.create_task(_said(*streams))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(stream.closed for stream in streams)
