"""Whether a machine is to be spared: on battery, or while memory is short. It never changes to and fro. Pure.

A change counts once it has lasted, and sparing ends later than it begins. After a larger model had to go, memory counts
as enough only when there is room for it again.
"""

from __future__ import annotations

from dataclasses import dataclass

from .power_and_memory import Reading

BEGIN_S, END_S = 20.0, 120.0
"""How long a condition must have held before sparing begins, and ends."""
_SHARE_LOW = 1 / 12
_MOST_LOW_BYTES = 10**9
"""Memory is short below a twelfth of it, on large machines below 1 GB; and enough again above twice as much."""
_ENOUGH = 2


class Strain:
    """Told readings in the order of time; the first one counts at once."""

    def __init__(self) -> None:
        self._battery = _Lasting()
        self._memory = _Lasting()

    @property
    def why(self) -> str:
        """Why the machine is to be spared; empty while it is not."""
        if self._battery.holds:
            return "on battery"
        return "memory is short" if self._memory.holds else ""

    def saw(self, reading: Reading, now_s: float, *, more_bytes: int = 0) -> None:
        """Takes a reading; `more_bytes`: what the larger model would take beyond the one that stands in for it."""
        self._battery.told(reading.on_battery, now_s)
        self._memory.told(self._is_short(reading, more_bytes), now_s)

    def _is_short(self, reading: Reading, more_bytes: int) -> bool:
        low = min(reading.total_bytes * _SHARE_LOW, _MOST_LOW_BYTES)
        if self._memory.holds:
            return reading.free_bytes - more_bytes < _ENOUGH * low
        return reading.free_bytes < low


@dataclass(slots=True)
class _Lasting:
    """A condition that holds once it has been told long enough, and ends so too."""

    holds: bool = False
    _told: bool = False
    _since_s: float | None = None
    """Since when it has been told as it was told last; None before the first word."""

    def told(self, value: bool, now_s: float) -> None:
        if self._since_s is None:
            self.holds = value
        if self._since_s is None or value != self._told:
            self._told, self._since_s = value, now_s
        elif now_s - self._since_s >= (BEGIN_S if value else END_S):
            self.holds = value
