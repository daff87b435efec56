"""How long a model's process may say nothing before it counts as hung.

A process tells of its progress at least once a batch. Ten times the longest silence that it was heard to break is too
long, from 15 s to 25 s: a request waits for 30 s. The bound doubles, up to a minute, each time that it was not enough,
so that a machine which is slower than that gets its answer in the end. The first word ends that: the silence before it
is known then, and a process that hangs for once makes nobody wait for longer at the next.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

_LEAST_S = 15.0
_MOST_S = 25.0
_LONGEST_S = 60.0
_TIMES = 10.0
_MARGIN = 1.5
"""Where a process broke a silence of more than `_MOST_S`, the bound is so many times that silence: it did not hang."""

LOOK_S = 1.0
"""Seconds between two looks at the clock, at most, of one who waits."""
_ASLEEP_S = 3.0
"""In a longer time without a look this process itself was stopped, as in a laptop that sleeps."""


class Progress:
    """What is known of one model's process. Short waits that were given up count together: a person types on."""

    def __init__(self, least_s: float = _LEAST_S) -> None:
        self._usual_s = self._least_s = least_s
        self._slowest_s = 0.0
        self._n_waiting = 0
        self._vain_s = 0.0
        """Waits that ended without a word since the last one."""
        self._since_s = 0.0
        """Since when somebody waits now."""
        self._looked_s = 0.0
        self._asleep_s = 0.0

    def now_s(self) -> float:
        """Seconds on a clock that never goes back, and stands while this process is stopped and somebody waits."""
        real_s = self._real_s()
        gap_s, self._looked_s = real_s - self._looked_s, real_s
        if self._n_waiting and gap_s > _ASLEEP_S:
            self._asleep_s += gap_s - LOOK_S
        return real_s - self._asleep_s

    _real_s = staticmethod(time.monotonic)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Somebody waits for an answer meanwhile."""
        if not self._n_waiting:
            self._since_s = self.now_s()
        self._n_waiting += 1
        try:
            yield
        finally:
            now_s = self.now_s()
            self._n_waiting -= 1
            if not self._n_waiting:
                self._vain_s += now_s - self._since_s

    def left_s(self, own_s: float) -> float:
        """Seconds until one who waits, and heard nothing since `own_s`, knows that it hangs; 0 or less: it does."""
        now_s = self.now_s()
        silent_s = max(self._vain_s + now_s - self._since_s, now_s - own_s)
        slow_s = min(_MOST_S, _TIMES * self._slowest_s) if self._slowest_s < _MOST_S else _MARGIN * self._slowest_s
        return max(self._least_s, slow_s) - silent_s

    def made(self, own_s: float) -> None:
        """The process said something to one who had heard nothing since `own_s`."""
        now_s = self.now_s()
        self._slowest_s = max(self._slowest_s, now_s - own_s)
        self._vain_s, self._since_s = 0.0, now_s
        self._least_s = self._usual_s

    def hung(self) -> None:
        """It was too long: the process that comes next may take twice the time for its first word."""
        self._least_s = min(_LONGEST_S, 2 * self._least_s)
        self._vain_s, self._since_s = 0.0, self.now_s()
