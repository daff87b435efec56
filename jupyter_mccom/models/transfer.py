"""One pull under way: what is fetched, where its bytes are gathered, and how to speak with who asked for it.

Knows nothing of where the bytes come from.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from ..errors import ModelError
from .catalog import Model

Progress: TypeAlias = Callable[[int, int], None]
"""Called with bytes done and bytes in all; never goes back."""
PIECE_BYTES = 1 << 20
_REPORT_EVERY_S = 0.1


class PullCancelled(ModelError):
    """The person ended the download; what arrived is kept for the next one."""


@dataclass(slots=True, kw_only=True)
class Transfer:
    """The progress of one download. Used by one thread."""

    model: Model
    staging: Path
    """The folder of unfinished files; it outlives a broken pull."""
    progress: Progress
    cancelled: Callable[[], bool]
    note: Callable[[str], None]
    """Takes one line that a person may want to read."""
    _furthest: int = field(default=0, init=False)
    _reported_s: float = field(default=float("-inf"), init=False)

    def check(self) -> None:
        """Raises PullCancelled when the person ended the download."""
        if self.cancelled():
            model_id = self.model.id
            raise PullCancelled(
                f"the download of {model_id} was cancelled; to continue, run: jupyter mccom pull {model_id}"
            )

    def report(self, done_bytes: int = 0) -> None:
        """Tells the progress, at most ten times a second, but always the end. Raises PullCancelled.

        Less than before, or nothing, tells the furthest again: a sign of life.
        """
        self.check()
        total = self.model.n_bytes
        done = max(self._furthest, min(done_bytes, total))
        ended = self._furthest < done == total
        self._furthest = done
        now = time.monotonic()
        if ended or now - self._reported_s >= _REPORT_EVERY_S:
            self._reported_s = now
            self.progress(done, total)

    def pause(self, seconds: float) -> None:
        """Waits. Raises PullCancelled."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.report()
            time.sleep(_REPORT_EVERY_S)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
