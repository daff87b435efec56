"""Who may ask a model that answers one request at a time: the newest request first, and nobody waits for long.

People look at the text of the key that they pressed last, so an older request is worth less than a newer one. A request
that is cancelled while it waits leaves at once and is never begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from ...errors import EngineBusy

PATIENCE_S = 4.0
"""Longest wait for a turn. A person who waits for longer types on."""


class Turns:
    """The turns of one model. Use it in one event loop."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._taken = False
        self._waiting: list[asyncio.Future[None]] = []
        """Who waits, the newest at the end."""

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """The model is this request's alone meanwhile. Raises EngineBusy when its turn does not come in time."""
        if self._taken:
            await self._wait()
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self) -> None:
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            with anyio.fail_after(self._patience_s):
                await mine
        except TimeoutError:
            self._leave(mine)
            others = "1 other request" if not self._waiting else f"{len(self._waiting) + 1} other requests"
            raise EngineBusy(f"the model is busy with {others}; it answers a key when it is free again") from None
        except BaseException:
            self._leave(mine)
            raise

    def _leave(self, mine: asyncio.Future[None]) -> None:
        if mine in self._waiting:
            self._waiting.remove(mine)
        elif mine.done() and not mine.cancelled():  # the turn came just then
            self._pass_on()

    def _pass_on(self) -> None:
        self._taken = False
        while self._waiting:
            newest = self._waiting.pop()
            if not newest.done():
                self._taken = True
                newest.set_result(None)
                return
