"""A Clock for tests: real monotonic time, a fixed date."""

from __future__ import annotations

import time


class FixedDate:
    """Satisfies protocols.Clock."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def unix_s(self) -> float:
        """Always the same moment."""
        return 1_700_000_000.0
