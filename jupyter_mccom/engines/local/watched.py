"""A stream that is watched: one that brings nothing for too long comes from a process that hangs.

For the server of the xllamacpp wheel, which tells of no progress; `connection.py` watches the process that does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import TypeVar

from ...errors import EngineHung
from .progress import LOOK_S, Progress

_Item = TypeVar("_Item")


async def watched(stream: AsyncGenerator[_Item, None], progress: Progress) -> AsyncGenerator[_Item, None]:
    """The items of a stream. Raises EngineHung when none comes for as long as `progress` says; closing closes it."""
    async with aclosing(stream):
        while True:
            own_s = progress.now_s()
            item = asyncio.create_task(_next(stream), name="mccom watched")
            try:
                await _wait(item, own_s, progress)
                found = item.result()
            except StopAsyncIteration:
                return
            finally:
                item.cancel()  # a stream is closed only where nobody waits for it
                await asyncio.wait({item})
            progress.made(own_s)
            yield found[0]


async def in_time(work: Awaitable[_Item], progress: Progress) -> _Item:
    """One answer, watched as a stream is."""

    async def once() -> AsyncGenerator[_Item, None]:
        yield await work

    async with aclosing(watched(once(), progress)) as found:
        return await anext(found)


async def _wait(item: asyncio.Task[tuple[_Item]], own_s: float, progress: Progress) -> None:
    with progress.waiting():
        while not item.done():
            if (left_s := progress.left_s(own_s)) <= 0:
                progress.hung()
                silent_s = progress.now_s() - own_s
                raise EngineHung(f"the model's process hung ({silent_s:.0f} s without a token); it starts again now")
            await asyncio.wait({item}, timeout=min(LOOK_S, left_s))


async def _next(stream: AsyncGenerator[_Item, None]) -> tuple[_Item]:
    return (await anext(stream),)
