"""The seconds that processes have worked, as a clock: what they would have taken had nobody else used the machine.

On a machine that others use too, real seconds measure the others. With one thread a process's CPU time is the real time
that its work takes on a free core. Linux only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

_STALL_S = 1.0
"""Real seconds without work after which real time is taken: what is waited for then is no processor."""
_SCHEDULED = 2
"""CPUCLOCK_SCHED of linux/posix-timers.h."""


def there_is_one() -> bool:
    """True when this system tells the CPU time of another process."""
    return sys.platform == "linux"


def worked_s(pid: int) -> float:
    """Seconds of CPU time of a process so far: Linux tells nanoseconds, others hundredths."""
    if there_is_one():
        return time.clock_gettime(_clock_of(pid))
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def _clock_of(pid: int) -> int:
    return (~pid << 3) | _SCHEDULED


class WorkClock:
    """Call it: seconds that the processes `pids` and this one have worked. Raises OSError when one of them is gone.

    From one `part` to the next only the busiest of `pids` counts: others worked beside it, as on cores of their own.
    `share` of these seconds is told: 0.2 for a machine that is five times as fast.
    """

    def __init__(self, pids: Sequence[int], *, share: float = 1.0) -> None:
        self._share = share
        self._clocks = [_clock_of(pid) for pid in pids]
        self._used_s = [time.clock_gettime(clock) for clock in self._clocks]
        self._before_s = self._most_s = self._stalled_s = 0.0
        self._since_s = time.monotonic()

    def __call__(self) -> float:
        used_s, real_s = [time.clock_gettime(clock) for clock in self._clocks], time.monotonic()
        most_s = max((new - old for new, old in zip(used_s, self._used_s, strict=True)), default=0.0)
        if most_s > self._most_s:
            self._most_s, self._since_s = most_s, real_s
        elif real_s - self._since_s > _STALL_S:
            self._stalled_s += real_s - self._since_s
            self._since_s = real_s
        return self._share * (self._before_s + self._most_s + time.process_time() + self._stalled_s)

    def part(self) -> None:
        """Work begins or ends: what comes now is done after what was done so far."""
        self()
        self._before_s, self._most_s = self._before_s + self._most_s, 0.0
        self._used_s = [time.clock_gettime(clock) for clock in self._clocks]
