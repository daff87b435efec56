"""A pause in which nothing is suggested unless somebody asks by hand: for some minutes, or until the server ends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

MOST_MINUTES = 24 * 60
"""A longer pause is one until the server ends."""


class Snooze:
    """The pause of one server: all its pages and `%mccom` share it. `now_s` is a monotonic clock in seconds."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._until_s = -math.inf

    @property
    def on(self) -> bool:
        """Nothing is suggested unasked now."""
        return self._now_s() < self._until_s

    def begin(self, minutes: float | None) -> None:
        """Pauses from now on; None: until the server ends. A pause that runs is replaced."""
        self._until_s = math.inf if minutes is None else self._now_s() + 60 * minutes

    def end(self) -> None:
        """Suggestions come again."""
        self._until_s = -math.inf

    def as_json(self) -> dict[str, Any] | None:
        """`{left_s: seconds}`, with null for a pause without an end; None where there is no pause."""
        if not self.on:
            return None
        return {"left_s": None if self._until_s == math.inf else round(self._until_s - self._now_s(), 1)}


def snooze_line(snooze: dict[str, Any] | None) -> str:
    """The pause in one line for a person; empty without one."""
    if snooze is None:
        return ""
    left_s = snooze["left_s"]
    how_long = "until the server restarts" if left_s is None else f"for {math.ceil(left_s / 60)} more min"
    return f"snoozed {how_long}: nothing is suggested unless you ask with Alt+\\ (%mccom snooze off ends that)"
