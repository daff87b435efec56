"""Of several streams the one that has something first. Knows nothing of what they carry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack
from typing import TypeVar

_Item = TypeVar("_Item")


async def first_to_answer(*streams: AsyncGenerator[_Item, None]) -> AsyncGenerator[_Item, None]:
    """All of the stream that has an item first, of two at once the earlier named; the others are closed by then.

    One that ends without any is out. Raises what a stream raised while none had spoken.
    """
    async with AsyncExitStack() as stack:
        for stream in streams:
            stack.push_async_callback(stream.aclose)
        spoken = await _first(streams)
        if spoken is None:
            return
        winner, item = spoken
        for stream in streams:
            if stream is not winner:
                await stream.aclose()
        yield item
        async for item in winner:
            yield item


async def _first(streams: tuple[AsyncGenerator[_Item, None], ...]) -> tuple[AsyncGenerator[_Item, None], _Item] | None:
    """None when all of them end first. Nobody is asked any more when this returns."""
    asked = {asyncio.create_task(_next(stream), name="mccom race"): stream for stream in streams}
    try:
        while asked:
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in asked if task.done()]:
                stream, items = asked.pop(task), task.result()
                if items:
                    return stream, items[0]
        return None
    finally:
        await _ended(asked)


async def _ended(tasks: Iterable[asyncio.Task[list[_Item]]]) -> None:
    """Cancels them and waits for each, also where the wait is cancelled again: a stream that runs cannot be closed."""
    left, again = set(tasks), None
    for task in left:
        task.cancel()
    while left:
        try:
            done, left = await asyncio.wait(left)
        except asyncio.CancelledError as error:
            again = error
            continue
        for task in done:
            if not task.cancelled():
                task.exception()  # read, since nobody waits for what it says
    if again is not None:
        raise again


async def _next(stream: AsyncGenerator[_Item, None]) -> list[_Item]:
    """Empty at its end."""
    return [item] if (item := await anext(stream, None)) is not None else []
