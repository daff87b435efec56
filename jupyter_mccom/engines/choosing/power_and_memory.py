"""Under which conditions this machine runs now: on battery or not, and how much memory is free."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from .memory import free_bytes, limit_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The conditions at one moment."""

    on_battery: bool
    free_bytes: int
    total_bytes: int
    """Memory of the machine, or of the container."""


class PowerAndMemory(Protocol):
    """Tells the conditions of a machine."""

    def read(self) -> Reading:
        """The conditions now. May block for some milliseconds."""
        ...


class ThisMachine:
    """The PowerAndMemory of the machine that runs this."""

    def read(self) -> Reading:
        """The conditions now. A machine without a battery, or one that cannot tell, runs on mains."""
        return Reading(on_battery=_on_battery(), free_bytes=free_bytes(), total_bytes=limit_bytes())


def _on_battery() -> bool:
    import psutil

    battery = None
    with suppress(AttributeError, OSError, NotImplementedError, RuntimeError):  # systems that do not know batteries
        battery = psutil.sensors_battery()
    return battery is not None and battery.power_plugged is False
