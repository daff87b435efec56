"""Keeps one process: started when first needed, watched, started again with a growing pause, ended when it is idle.

The process may die at any time; whoever asks next gets a new one. Knows nothing of what the process does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from ..errors import MCComError

State: TypeAlias = Literal["asleep", "loading", "ready", "trouble"]
_MAX_BACK_OFF_S = 60.0
_HEALTHY_S = 30.0
"""A process that lived this long starts the back-off anew."""


class Running(Protocol):
    """One run of the process."""

    @property
    def exited(self) -> asyncio.Future[None]: ...

    async def stop(self) -> None: ...

    def last_words(self) -> str: ...


RunningT = TypeVar("RunningT", bound=Running)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The errors of one kind of process."""

    ended: Callable[[str], MCComError]
    """The process died. Given its last words."""
    resting: Callable[[str, float], MCComError]
    """It is started again after a pause. Given what went wrong, and the seconds that are left of the pause."""
    stopped: Callable[[], MCComError]
    """It was closed while somebody waited for it."""
    fault: Callable[[Exception], MCComError]
    """It could not be started, for a reason that nobody has foreseen."""


class Supervisor(Generic[RunningT]):
    """One process at most. `start` may raise MCComError; whoever waits is told of any other error too.

    With `restarts` a process that died is started again by itself, else when it is asked for.
    """

    def __init__(
        self,
        start: Callable[[], Awaitable[RunningT]],
        words: Words,
        *,
        restarts: bool,
        idle_unload_s: float = 0,
        given_up: tuple[type[MCComError], ...] = (),
    ) -> None:
        """`idle_unload_s` 0 is never. After an error of `start` that is one of `given_up` no pause follows."""
        self._begin = start
        self._words = words
        self._restarts = restarts
        self._idle_unload_s = idle_unload_s
        self._given_up = given_up
        self._state: State = "asleep"
        self._trouble: MCComError | None = None
        self._failures = 0
        self._retry_s = 0.0
        self._leases = 0
        self._used_s = self._began_s = 0.0
        self._run: RunningT | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    @property
    def state(self) -> State:
        """`asleep`: no process; `trouble`: it failed and starts again after a pause."""
        return self._state

    @property
    def trouble(self) -> str:
        """Why the last start or run failed; empty when it did not, and where the process was given up."""
        return str(self._trouble) if self._state == "trouble" else ""

    @property
    def run(self) -> RunningT | None:
        """The process that runs; None without one."""
        return self._run

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[RunningT, None]:
        """The process, started if need be; it is not unloaded meanwhile.

        Raises what `start` raises, the `resting` error between failure and restart, `stopped` when closed meanwhile.
        """
        self._leases += 1
        try:
            yield await self._ready()
        finally:
            self._leases -= 1
            self._used_s = _now_s()

    async def aclose(self) -> None:
        """Ends the process; `lease` may start it again."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
            self._keeper = None
        await self._become("asleep")

    async def restart(self) -> None:
        """Ends the process and every pause: whoever asks next gets a new process at once."""
        await self.aclose()
        self._failures, self._retry_s = 0, 0.0

    async def _ready(self) -> RunningT:
        if self._run is not None and self._run.exited.done():  # its callbacks come next
            self._died(self._run)
        if self._state == "asleep" and self._keeper is not None:  # it is being unloaded: the next one comes after it
            await asyncio.wait({self._keeper})
        kept = self._keeper is not None and not self._keeper.done()
        pause_s = max(0.0, self._retry_s - _now_s())
        if self._state == "trouble" and (kept or pause_s):
            raise self._words.resting(self.trouble, pause_s)
        if not kept:
            self._state, self._trouble = "loading", None
            self._keeper = asyncio.create_task(self._watch(), name="mccom supervisor")
        async with self._changed:
            await self._changed.wait_for(lambda: self._state != "loading")
        if self._trouble is not None:
            raise self._trouble
        if self._run is None:
            raise self._words.stopped()
        return self._run

    async def _watch(self) -> None:
        try:
            await self._keep()
        except Exception:  # a fault of ours: whoever waits is not to wait for ever
            await self._become("asleep")
            raise

    async def _keep(self) -> None:
        while True:
            try:
                run = await self._begin()
            except self._given_up as error:
                await self._become("asleep", error)
                return
            except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
                self._failed(lived_s=0.0)
                await self._become("trouble", error if isinstance(error, MCComError) else self._words.fault(error))
            else:
                if await self._unloaded(run):
                    return
            if not self._restarts:
                return
            await asyncio.sleep(self._retry_s - _now_s())
            await self._become("loading")

    async def _unloaded(self, run: RunningT) -> bool:
        """Waits for the end of a run: False when the process died, True when it was unloaded for being idle."""
        self._run, self._used_s = run, _now_s()
        self._began_s = self._used_s
        run.exited.add_done_callback(lambda _: self._died(run))
        try:
            await self._become("ready")
            while not run.exited.done():
                await asyncio.wait({run.exited}, timeout=self._idle_left_s())
                if not run.exited.done() and self._idle_left_s() == 0:
                    await self._become("asleep")
                    return True
        finally:
            if self._run is run:
                self._run = None
            await asyncio.shield(run.stop())
        async with self._changed:
            self._changed.notify_all()
        return False

    def _died(self, run: RunningT) -> None:
        """The process ended and nobody ended it: whoever asks from now on finds the state that follows."""
        if self._run is not run:
            return
        self._run = None
        self._failed(lived_s=_now_s() - self._began_s)
        if self._failures > 1 or not self._restarts:
            self._state, self._trouble = "trouble", self._words.ended(run.last_words())
        else:
            self._state = "loading"
        if not self._restarts:
            self._keeper = None

    def _failed(self, *, lived_s: float) -> None:
        """The pause after a failure: none after the first, then 1, 2, 4 … seconds."""
        self._failures = 1 if lived_s > _HEALTHY_S else self._failures + 1
        back_off_s = 0.0 if self._failures <= 1 else min(_MAX_BACK_OFF_S, 2.0 ** (self._failures - 2))
        self._retry_s = _now_s() + back_off_s

    def _idle_left_s(self) -> float | None:
        if self._idle_unload_s == 0:
            return None
        if self._leases:
            return self._idle_unload_s
        return max(0.0, self._used_s + self._idle_unload_s - _now_s())

    async def _become(self, state: State, trouble: MCComError | None = None) -> None:
        async with self._changed:
            self._state, self._trouble = state, trouble
            self._changed.notify_all()


def _now_s() -> float:
    return asyncio.get_running_loop().time()
