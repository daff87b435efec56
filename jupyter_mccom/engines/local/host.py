"""The process of one model: started when first needed, watched, restarted with a growing pause, unloaded when idle."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from math import ceil

from ...errors import EngineBusy, EngineError, ModelMissing
from ...process.supervisor import State, Supervisor, Words
from .child import Child
from .progress import Progress

_READY_S = 120.0
_GONE_S = 5.0
"""A process that is killed is gone in milliseconds, unless a disk holds it."""
_WORDS = Words(
    ended=lambda last_words: EngineBusy(f"the model's process ended ({last_words})"),
    resting=lambda trouble, pause_s: EngineBusy(
        f"{trouble} (it is tried again in {ceil(pause_s)} s; at once with %mccom restart)", retry_after_s=pause_s
    ),
    stopped=lambda: EngineBusy("the model was stopped while it was asked; the next key starts it again"),
    fault=lambda error: EngineError(f"the model's process cannot be started ({error!r}); please report it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the child listens, and its key."""

    url: str
    key: str


def default_threads() -> int:
    """Physical cores - 1, at least 1: a second busy thread beside a kernel cost 60-97 % when measured."""
    import psutil

    physical = psutil.cpu_count(logical=False) or 2
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else physical
    return max(1, min(physical, allowed) - 1)


def threads_for(asked: int) -> int:
    """CPU threads for a model: as many as are asked for, and no more than there are; 0 asks for the default."""
    return min(asked, os.cpu_count() or 1) if asked else default_threads()


class Host:
    """One child process at most; `settings` is called in a thread at each start and may raise MCComError."""

    def __init__(self, module: str, settings: Callable[[], Mapping[str, object]], *, idle_unload_s: float) -> None:
        self._module = module
        self._settings = settings
        self._key = ""
        self.progress = Progress()
        """Of the process that runs."""
        self._supervisor = Supervisor(
            self._start, _WORDS, restarts=True, idle_unload_s=idle_unload_s, given_up=(ModelMissing,)
        )

    def another(self, **changed: object) -> Host:
        """One more process of the same model, with some of its settings changed."""
        return Host(self._module, lambda: {**self._settings(), **changed}, idle_unload_s=0)

    @property
    def state(self) -> State:
        """`asleep`: no process; `trouble`: it failed and starts again after a pause."""
        return self._supervisor.state

    @property
    def trouble(self) -> str:
        """Why the last start or run failed; empty when it did not, and where the model is only missing."""
        return self._supervisor.trouble

    @property
    def note(self) -> str:
        """What a person should know of how the model runs; empty where there is nothing, and without a process."""
        child = self._supervisor.run
        return child.note if child else ""

    @property
    def pid(self) -> int | None:
        """Process id of the child, None without one."""
        child = self._supervisor.run
        return child.pid if child else None

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Address, None]:
        """The child's address, started if need be; the child is not unloaded meanwhile.

        Raises EngineBusy between failure and restart or when closed meanwhile, ModelError or EngineError when the
        start fails.
        """
        async with self._supervisor.lease() as child:
            yield Address(url=child.address, key=self._key)

    async def kill(self) -> None:
        """Ends the child at once, because it hangs; it starts again by itself, and nobody gets the dying one."""
        child = self._supervisor.run
        if child is not None:
            child.kill()
            await asyncio.wait({child.exited}, timeout=_GONE_S)

    async def restart(self) -> None:
        """Ends the child, or the pause after its last failure: `lease` starts the next one at once."""
        await self._supervisor.restart()

    async def aclose(self) -> None:
        """Ends the child; `lease` may start it again."""
        await self._supervisor.aclose()

    async def _start(self) -> Child:
        settings = await asyncio.to_thread(self._settings)
        self._key = secrets.token_urlsafe(32)
        return await Child.start(self._module, {**settings, "key": self._key}, ready_s=_READY_S)
