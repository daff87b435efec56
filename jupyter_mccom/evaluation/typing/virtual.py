"""Time for a replay: models work in real time, and waiting (for a key, a reader, the network) takes none.

An event loop whose time runs with the real one while work is in flight, and jumps to its next timer when there is none.
Everything that asks the loop for time keeps it, the cascade's own timeouts too: a key that falls while a model writes
falls at its real moment, and cancels what a real key would cancel. Not for Windows, whose such loop starts no process.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from time import monotonic
from time import time as unix_time
from typing import Any, TypeVar

from ..lib.cputime import WorkClock

_Result = TypeVar("_Result")
_LOOK_S = 0.01


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs in real time until `skipping`; threads of its executor count as work by themselves."""

    def __init__(self) -> None:
        self._skipped_s = 0.0
        self._frozen_s: float | None = None
        self._n_frozen = 0
        self._n_working = 0
        self._skips = False
        self._now: Callable[[], float] = monotonic
        super().__init__(_Selector(self._skip, self._most_wait_s))

    def time(self) -> float:
        """Seconds of the clock that it follows and those skipped so far."""
        return self._now() + self._skipped_s if self._frozen_s is None else self._frozen_s

    @contextmanager
    def skipping(self, clock: Callable[[], float] = monotonic) -> Iterator[None]:
        """A block in which waiting takes no real time; work takes what `clock` says: real seconds, or a WorkClock's."""
        self._follow(clock)
        self._skips = True
        try:
            yield
        finally:
            self._skips = False
            self._follow(monotonic)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Within, something real is in flight: time runs with the real one."""
        self._part()
        self._n_working += 1
        try:
            yield
        finally:
            self._part()
            self._n_working -= 1

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within, time stands still and no timer fires: for work that a replay does not count."""
        self._frozen_s, self._n_frozen = self.time(), self._n_frozen + 1
        try:
            yield
        finally:
            self._n_frozen -= 1
            if not self._n_frozen:
                self._skipped_s = self.time() - self._now()
                self._frozen_s = None

    # the base class's own signature needs TypeVarTuple, which Python 3.10 has not
    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., _Result], *args: Any
    ) -> asyncio.Future[_Result]:
        """Runs `func` as the base class does. Virtual time waits until it is done."""
        future: asyncio.Future[_Result] = super().run_in_executor(executor, func, *args)
        working = self.working()
        working.__enter__()
        future.add_done_callback(lambda _: working.__exit__(None, None, None))
        return future

    def _part(self) -> None:
        if isinstance(self._now, WorkClock):
            self._now.part()

    def _follow(self, clock: Callable[[], float]) -> None:
        """Time goes on from where it is."""
        now_s = self.time()
        self._now = clock
        self._skipped_s = now_s - clock()

    def _most_wait_s(self, left_s: float | None) -> float | None:
        """A timer is due when the clock says so, which may not be after as many real seconds."""
        return left_s if self._now is monotonic else min(_LOOK_S, left_s or _LOOK_S)

    def _skip(self, left_s: float | None) -> bool:
        """Jumps over the time left until the next timer; False where it may not."""
        if self._n_working or not self._skips or self._frozen_s is not None or left_s is None:
            return False
        self._skipped_s += max(0.0, left_s)
        return True


class _Selector(selectors.DefaultSelector):
    """Waits for files, or has the time skipped when none is ready."""

    def __init__(
        self, skip: Callable[[float | None], bool], most_wait_s: Callable[[float | None], float | None]
    ) -> None:
        super().__init__()
        self._may_skip = skip
        self._most_wait_s = most_wait_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0 or self._may_skip(timeout):
            return ready
        return super().select(self._most_wait_s(timeout))


class VirtualClock:
    """Satisfies protocols.Clock: the loop's time."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._behind_s = unix_time() - loop.time()

    def now_s(self) -> float:
        """The loop's seconds."""
        return self._loop.time()

    def unix_s(self) -> float:
        """Seconds since 1970 on a clock that was right when this one was made."""
        return self._loop.time() + self._behind_s


def run_virtually(work: Callable[[VirtualLoop], Coroutine[Any, Any, _Result]]) -> _Result:
    """Runs `work` on a loop of its own, as asyncio.run does."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(work(loop))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
