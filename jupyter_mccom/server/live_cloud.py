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
from ..compose import OpenCascade, cloud_address, cloud_name, try_in_use
from ..errors import MCComError, SettingsLocked
from ..settings import MCCom
from .status import sent

_LOOK_S = 2.0
"""The file is looked at this often while a person types."""
_FOUND_S = 10.0
"""So long is what was found on this machine remembered."""
Change: TypeAlias = Callable[[Mapping[str, object]], Awaitable[None]]
"""Puts settings in force, and opens the cascade anew with the cloud that is held."""
_T = TypeVar("_T")


class LiveCloud:
    """`why_not`: why no person may set up a cloud here; empty when one may."""

    def __init__(self, set_up: CloudSetUp, *, why_not: str, opened: Callable[[], OpenCascade], change: Change) -> None:
        self._set_up = set_up
        self._why_not = why_not
        self._opened = opened
        self._change = change
        self._changing = asyncio.Lock()
        self._found: tuple[float, list[FoundServer]] = (-_FOUND_S, [])
        self._looked_s = time.monotonic()
        self._looking: asyncio.Task[None] | None = None
        self._calls: set[asyncio.Task[Any]] = set()

    async def state(self) -> dict[str, Any]:
        """What `GET /mccom/cloud` answers; it holds no key."""
        await self.look()
        settings = self._settings
        kernel = settings.use_kernel and settings.kernel_to_cloud
        writable = self._set_up.clouds.writable
        why_not = self._why_not or ("" if writable else self._set_up.clouds.trouble)
        return {
            "cloud": _administrators(settings) if self._why_not else self._persons(),
            "may_set_up": not why_not,
            "why_not": why_not,
            "trouble": "" if self._why_not else self._set_up.trouble,
            "providers": [
                {
                    "id": provider.id,
                    "name": provider.name,
                    "url": provider.url,
                    "needs_url": not provider.url,
                    "needs_key": provider.needs_key,
                    "lists_models": bool(provider.models_path),
                    "example_model": provider.example_model,
                    "draft": provider.draft,
                }
                for provider in self._set_up.providers
            ],
            "found": [] if why_not else [_json_of(server) for server in await self._servers()],
            "consent": await asyncio.to_thread(sent, settings.cloud_prompt_tokens, kernel=kernel),
        }

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
        return await try_in_use(self._opened())

    async def put(self, request: CloudRequest) -> None:
        """Puts a cloud in use: naming it, with the sentence that says what leaves, is the consent to ask it.

        Requests that run keep the cloud that they began with. Raises InputError or SettingsError.
        """
        self._allowed()
        async with self._changing:
            await self._set_up.add(request)
            await self._change({} if self._settings.use_cloud else {"use_cloud": True})

    async def remove(self, provider: str) -> None:
        """Deletes a provider's cloud and keys. Raises InputError or SettingsError."""
        self._allowed()
        async with self._changing:
            await self._set_up.remove(provider)
            await self._change({})

    async def look(self) -> None:
        """Puts in force what another server or command of the person has set up meanwhile."""
        if self._why_not:
            return
        async with self._changing:
            self._looked_s = time.monotonic()
            if await self._set_up.changed():
                await self._change({})

    def look_soon(self) -> None:
        """Does so beside a completion, which need not wait for it."""
        idle = self._looking is None or self._looking.done()
        if idle and time.monotonic() - self._looked_s > _LOOK_S:
            self._looked_s = time.monotonic()
            self._looking = asyncio.create_task(self._look_quietly(), name="mccom cloud")

    def begin(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Runs a call that somebody waits for; it ends with the server at the latest."""
        call = asyncio.create_task(work, name="mccom cloud call")
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return call

    async def aclose(self) -> None:
        """Ends what runs."""
        tasks = [*self._calls, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_quietly(self) -> None:
        with suppress(MCComError):  # the status looks again, and says so
            await self.look()

    @property
    def _settings(self) -> MCCom:
        return self._opened().settings

    def _allowed(self) -> None:
        if self._why_not:
            raise SettingsLocked(self._why_not)

    def _persons(self) -> dict[str, Any] | None:
        held = self._set_up.held
        if held is None:
            return None
        cloud, place = held.cloud, self._set_up.place_of(held.cloud)
        named = {"provider": cloud.provider, "name": cloud_name(cloud.provider), "url": cloud.url, "model": cloud.model}
        return {**named, "has_key": place != "none", "key_place": place, "by": "person"}

    async def _servers(self) -> list[FoundServer]:
        if not self._settings.find_servers:
            return []
        at_s, found = self._found
        if time.monotonic() - at_s > _FOUND_S:
            found = await found_servers()
            self._found = time.monotonic(), found
        return found


def _administrators(settings: MCCom) -> dict[str, Any] | None:
    """The cloud that the settings name; None where they name none."""
    if not settings.cloud_dialect:
        return None
    place = "environment" if settings.cloud_key_env else "file" if settings.cloud_key_file else "none"
    return {
        "provider": settings.cloud_dialect,
        "name": cloud_name(settings.cloud_dialect),
        "url": cloud_address(settings),
        "model": settings.cloud_model,
        "has_key": place != "none",
        "key_place": place,
        "by": "administrator",
    }


def _json_of(server: FoundServer) -> dict[str, Any]:
    return {"provider": server.provider, "name": server.name, "url": server.url, "models": list(server.models)}
