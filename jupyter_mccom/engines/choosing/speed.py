"""How fast a model is that a person has named: seen in its answers, and kept for the next start beside `auto`'s."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from .measurements import Measurements
from .observing import Observed, Run


class Speed:
    """Figures by `model_choice.key_of`. Blocks when it is made: it reads a file."""

    def __init__(self, measurements: Measurements, clock: Callable[[], float] = time.perf_counter) -> None:
        self._measurements = measurements
        self._clock = clock
        self._figures = measurements.load()
        self._observed = Observed()

    def read_s(self, key: str) -> float | None:
        """Seconds a prompt token; None until enough was seen."""
        found = self._figures.get(key)
        return found.read_s if found else None

    def run(self, key: str) -> Run | None:
        """An answer that begins now, to be told of its tokens; None where nothing more needs to be known."""
        return None if key in self._figures else self._observed.run(key, self._clock)

    async def keep(self, key: str) -> None:
        """Keeps the figures of a model, once enough was seen."""
        found = self._observed.figures(key)
        if found is not None and key not in self._figures:
            self._figures[key] = found
            await asyncio.to_thread(self._save)

    def _save(self) -> None:
        self._measurements.save({**self._measurements.load(), **self._figures})
