"""The first of several awaited things that has something to bring. Knows nothing of what that is."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, TypeVar

_Item = TypeVar("_Item")


async def first_to_answer(*asked: Coroutine[Any, Any, Sequence[_Item]]) -> tuple[int, Sequence[_Item]] | None:
    """The number and the items of the one that brings any first, of two at once the earlier named; None when none does.

    Nobody is waited for any more when this returns. Raises what one raised while none had brought anything.
    """
    tasks = [asyncio.create_task(one, name="mccom first to answer") for one in asked]
    left = set(tasks)
    try:
        while left:
            await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            for number, task in enumerate(tasks):
                if task in left and task.done():
                    left.discard(task)
                    if items := task.result():
                        return number, items
        return None
    finally:
        await _ended(left)


async def _ended(tasks: Iterable[asyncio.Task[Sequence[_Item]]]) -> None:
    """Cancels them and waits for each, also where the wait is cancelled again."""
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
