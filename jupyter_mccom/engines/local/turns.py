"""Who may ask a model that answers one request at a time: the newest request first, and nobody waits for long.

People look at the text of the key that they pressed last, so an older request is worth less than a newer one. A request
that is cancelled while it waits leaves at once and is never begun. One that cannot be answered in time is told so: at
once where so many newer ones wait that its turn cannot come, else when the time that its answer needs begins.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from ...errors import EngineBusy

PATIENCE_S = 4.5
"""Longest time for a turn and the answer in it. A person who waits for longer types on."""
_LEAST_WAIT_S = 1.0
"""Where an answer itself takes longer than that, its turn is waited for this long."""
_LEAST_ROOM = 2
_REMEMBERED = 8
"""The last turns, whose lengths tell how long the next ones take."""


class Turns:
    """The turns of one model. Use it in one event loop."""

    def __init__(self, patience_s: float = PATIENCE_S, *, least_wait_s: float = _LEAST_WAIT_S) -> None:
        self._patience_s = patience_s
        self._least_wait_s = least_wait_s
        self._taken = False
        self._waiting: list[asyncio.Future[None]] = []
        """Who waits, the newest at the end."""
        self._lengths_s: deque[float] = deque(maxlen=_REMEMBERED)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[float, None]:
        """The model is this request's alone meanwhile. Yields the seconds that it was waited for; 0 where it was not.

        Raises EngineBusy when its turn does not come in time.
        """
        asked_s = began_s = _now_s()
        if self._taken:
            await self._wait()
            began_s = _now_s()
        self._taken = True
        try:
            yield began_s - asked_s
        finally:
            self._lengths_s.append(min(self._patience_s, _now_s() - began_s))
            self._pass_on()

    async def _wait(self) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        self._turn_away()
        try:
            with anyio.fail_after(max(self._least_wait_s, self._patience_s - max(self._lengths_s, default=0.0))):
                await mine
        except TimeoutError:
            self._leave(mine)
            raise self._busy() from None
        except BaseException:
            self._leave(mine)
            raise

    def _turn_away(self) -> None:
        """Tells the oldest requests at once when more wait than can be answered in time."""
        room = max(_LEAST_ROOM, int(self._patience_s / self._usual_s)) if self._usual_s else len(self._waiting)
        while len(self._waiting) > room:
            oldest = self._waiting.pop(0)
            if not oldest.done():
                oldest.set_exception(self._busy())

    def _leave(self, mine: asyncio.Future[None]) -> None:
        if mine in self._waiting:
            self._waiting.remove(mine)
        elif mine.done() and not mine.cancelled() and mine.exception() is None:  # the turn came just then
            self._pass_on()

    def _pass_on(self) -> None:
        self._taken = False
        while self._waiting:
            newest = self._waiting.pop()
            if not newest.done():
                self._taken = True
                newest.set_result(None)
                return

    def _busy(self) -> EngineBusy:
        """What a request is told whose turn does not come: by how many others, and when to ask again."""
        others = "1 other request" if not self._waiting else f"{len(self._waiting) + 1} other requests"
        return EngineBusy(
            f"the model is busy with {others}; it answers a key when it is free again",
            retry_after_s=max(1.0, math.ceil(self._usual_s * (len(self._waiting) + 1))),
        )

    @property
    def _usual_s(self) -> float:
        return sum(self._lengths_s) / len(self._lengths_s) if self._lengths_s else 0.0


def _now_s() -> float:
    return asyncio.get_running_loop().time()
