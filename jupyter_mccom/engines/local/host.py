"""Keeps one model's child process: started when first needed, watched, restarted with back-off, unloaded when idle.

The process may die at any time; whoever asks next gets a new one. Knows nothing of what the child serves.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...errors import EngineBusy, MCComError, ModelMissing
from .child import Child

State: TypeAlias = Literal["asleep", "loading", "ready", "trouble"]
_MAX_BACK_OFF_S = 60.0
_HEALTHY_S = 30.0
"""A child that lived this long starts the back-off anew."""
_READY_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the child listens, and its key."""

    url: str
    key: str


def default_threads() -> int:
    """Physical cores - 1, at least 1: a second busy thread beside a kernel cost 60-97 % (engines.md B)."""
    import psutil

    physical = psutil.cpu_count(logical=False) or 2
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed) - 1)


class Host:
    """One child process at most; `settings` is called in a thread at each start and may raise MCComError."""

    def __init__(self, module: str, settings: Callable[[], Mapping[str, object]], *, idle_unload_s: float) -> None:
        self._module = module
        self._settings = settings
        self._idle_unload_s = idle_unload_s
        self._state: State = "asleep"
        self._trouble: MCComError | None = None
        self._failures = 0
        self._leases = 0
        self._used_s = 0.0
        self._child: Child | None = None
        self._key = ""
        self._runner: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    def another(self, **changed: object) -> Host:
        """One more process of the same model, with some of its settings changed."""
        return Host(self._module, lambda: {**self._settings(), **changed}, idle_unload_s=0)

    @property
    def state(self) -> State:
        """`asleep`: no process; `trouble`: it failed and starts again after a pause."""
        return self._state

    @property
    def trouble(self) -> str:
        """Why the last start or run failed; empty when it did not, and where the model is only missing."""
        return str(self._trouble) if self._state == "trouble" else ""

    @property
    def pid(self) -> int | None:
        """Process id of the child, None without one."""
        return self._child.pid if self._child else None

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Address, None]:
        """The child's address, started if need be; the child is not unloaded meanwhile.

        Raises EngineBusy between failure and restart or when closed meanwhile, ModelError or EngineError when the
        start fails.
        """
        self._leases += 1
        try:
            yield await self._ready()
        finally:
            self._leases -= 1
            self._used_s = asyncio.get_running_loop().time()

    async def aclose(self) -> None:
        """Ends the child; `lease` may start it again."""
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.gather(self._runner, return_exceptions=True)
            self._runner = None
        await self._become("asleep")

    async def _ready(self) -> Address:
        if self._state == "trouble" and self._runner is not None and not self._runner.done():
            raise EngineBusy(f"{self.trouble} (it is tried again by itself; see `jupyter mccom status`)")
        if self._runner is None or self._runner.done():
            await self._become("loading")
            self._runner = asyncio.create_task(self._run(), name="mccom host")
        async with self._changed:
            await self._changed.wait_for(lambda: self._state != "loading")
        if self._trouble is not None:
            raise self._trouble
        if self._child is None:
            raise EngineBusy("the model was stopped while it was asked; the next key starts it again")
        return Address(url=self._child.address, key=self._key)

    async def _run(self) -> None:
        while True:
            try:
                child = await self._start()
            except ModelMissing as error:
                await self._become("asleep", error)
                return
            except MCComError as error:
                self._failures += 1
                await self._become("trouble", error)
            else:
                try:
                    if not await self._over(child):
                        return
                finally:
                    self._child = None
                    await asyncio.shield(child.stop())
                if self._failures > 1:
                    await self._become("trouble", EngineBusy(f"the model's process ended ({child.last_words()})"))
            await asyncio.sleep(self._back_off_s())
            await self._become("loading")

    async def _start(self) -> Child:
        settings = await asyncio.to_thread(self._settings)
        self._key = secrets.token_urlsafe(32)
        self._child = await Child.start(self._module, {**settings, "key": self._key}, ready_s=_READY_S)
        self._used_s = asyncio.get_running_loop().time()
        await self._become("ready")
        return self._child

    async def _over(self, child: Child) -> bool:
        """Waits for the end of a run: True when the child died, False when it was unloaded for being idle."""
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        while True:
            await asyncio.wait({child.exited}, timeout=self._idle_left_s())
            if child.exited.done():
                self._failures = 1 if loop.time() - started_s > _HEALTHY_S else self._failures + 1
                await self._become("loading")
                return True
            if self._idle_left_s() == 0:
                await self._become("asleep")
                return False

    def _idle_left_s(self) -> float | None:
        if self._idle_unload_s == 0:
            return None
        if self._leases:
            return self._idle_unload_s
        return max(0.0, self._used_s + self._idle_unload_s - asyncio.get_running_loop().time())

    def _back_off_s(self) -> float:
        return 0.0 if self._failures <= 1 else min(_MAX_BACK_OFF_S, 2.0 ** (self._failures - 2))

    async def _become(self, state: State, trouble: MCComError | None = None) -> None:
        async with self._changed:
            self._state, self._trouble = state, trouble
            self._changed.notify_all()
