"""The cloud of a running server: what a person sets up holds at once, also where another server or a command did it.

One change at a time. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

from ..cloud.cloud_request import CloudRequest
from ..cloud.cloud_set_up import CloudSetUp
from ..cloud.found_servers import FoundServer, found_servers
from ..cloud.trial import Trial
from ..compose import OpenCascade, try_in_use
from ..errors import MCComError, SettingsLocked
from ..settings import MCCom
from .cloud_state import cloud_state

_LOOK_S = 2.0
"""The file is looked at this often while a page is open, which asks for the status every 15 s."""
_ATTENDED_S = 60.0
"""So long after the last question of a page, somebody is there."""
_FOUND_S = 10.0
"""So long is what was found on this machine remembered."""
Change: TypeAlias = Callable[[Mapping[str, object]], Awaitable[None]]
"""Puts settings in force, and opens the cascade anew with the cloud that is held."""
_T = TypeVar("_T")


class LiveCloud:
    """`why_not`: why no person may set up a cloud here; empty when one may.

    `change` tells the open pages, whoever changed what.
    """

    def __init__(self, set_up: CloudSetUp, *, why_not: str, opened: Callable[[], OpenCascade], change: Change) -> None:
        self._set_up = set_up
        self._why_not = why_not
        self._opened = opened
        self._change = change
        self._changing = asyncio.Lock()
        self._found: tuple[float, list[FoundServer]] = (-_FOUND_S, [])
        self._attended_s = time.monotonic()
        self._watching: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[Any]] = set()
        self._closed = False
        self._behind = False
        """Something else is set up than is in force: it could not be opened yet."""

    async def state(self) -> dict[str, Any]:
        """What `GET /mccom/cloud` answers; it holds no key."""
        await self.look()
        found = await self._servers()
        return await asyncio.to_thread(cloud_state, self._settings, self._set_up, why_not=self._why_not, found=found)

    async def models(self, request: CloudRequest) -> list[str]:
        """The names of a provider's models. Raises InputError, SettingsError or CloudError."""
        self._allowed()
        return await self._set_up.models(request)

    async def try_out(self, request: CloudRequest) -> Trial:
        """One real completion by the named cloud, or by the one in use where no provider is named. Raises so too."""
        if request.provider:
            self._allowed()
            return await self._set_up.try_out(request)
        await self.look()
        opened = self._opened()
        return await try_in_use(opened.settings, opened.cloud_key)

    async def put(self, request: CloudRequest) -> None:
        """Puts a cloud in use: naming it, with the sentence that says what leaves, is the consent to ask it.

        Requests that run keep the cloud that they began with. Raises InputError or SettingsError.
        """
        self._allowed()
        keep = await self._set_up.prepared(request)
        async with self._changing:
            await asyncio.to_thread(keep)
            await self._change({} if request.local or self._settings.use_cloud else {"use_cloud": True})

    async def remove(self, provider: str) -> None:
        """Deletes a provider's cloud and keys. Raises InputError or SettingsError."""
        self._allowed()
        async with self._changing:
            try:
                await self._set_up.remove(provider)
            finally:  # the cloud is removed also where its key could not be
                await self._change({})

    async def look(self) -> None:
        """Puts in force what another server or command of the person has set up meanwhile."""
        if self._why_not:
            return
        self.watch()
        await self._taken_over()

    def watch(self) -> None:
        """Somebody is there: looks now and then for a while, so that no page has to ask."""
        self._attended_s = time.monotonic()
        if not self._why_not and not self._closed and (self._watching is None or self._watching.done()):
            self._watching = asyncio.create_task(self._watch(), name="mccom cloud")

    def begin(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Runs a call that somebody waits for; it ends with the server at the latest."""
        call = asyncio.create_task(work, name="mccom cloud call")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return call

    async def aclose(self) -> None:
        """Ends what runs."""
        self._closed = True
        tasks = [*self._calls, *([self._watching] if self._watching else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        while time.monotonic() - self._attended_s < _ATTENDED_S:
            with suppress(MCComError):  # tried again with the next look; a status that finds a change says so
                await self._taken_over(again=True)
            await asyncio.sleep(_LOOK_S)

    async def _taken_over(self, *, again: bool = False) -> None:
        """`again`: also what was tried before in vain."""
        async with self._changing:
            if await self._set_up.changed():
                self._behind = True
            elif not (again and self._behind):
                return
            await self._change({})
            self._behind = False

    @property
    def _settings(self) -> MCCom:
        return self._opened().settings

    def _allowed(self) -> None:
        if self._why_not:
            raise SettingsLocked(self._why_not)

    async def _servers(self) -> list[FoundServer]:
        if self._why_not or not self._settings.find_servers:
            return []
        at_s, found = self._found
        if time.monotonic() - at_s > _FOUND_S:
            found = await found_servers()
            self._found = time.monotonic(), found
        return found
