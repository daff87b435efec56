"""What a model takes on this machine, seen in ordinary requests: nobody waits for a measurement.

Pure: it is handed tokens and a clock.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ...types import Token
from .model_choice import READ_TOKENS, Figures

_RUNS = 2
"""Runs of each sort that are needed; the best one counts, since other work only makes a run longer."""
_OPEN = 8
"""The newest runs, which may still be told tokens."""
_GAPS = 3
"""Tokens written after the first one, from which on a run tells what writing costs."""


class Observed:
    """Runs by the key of an option. The first run of a key loads the model and is not counted.

    Of older runs only those are kept that decide: a model may be asked all day and never read enough at a time.
    """

    def __init__(self) -> None:
        self._runs: dict[str, list[Run]] = {}

    def run(self, key: str, clock: Callable[[], float]) -> Run:
        """A run that begins now."""
        run = Run(clock)
        runs = self._runs.setdefault(key, [])
        runs.append(run)
        runs[1:-_OPEN] = _deciding(runs[1:-_OPEN])
        return run

    def figures(self, key: str) -> Figures | None:
        """The figures of a key; None until enough was seen."""
        counted = self._runs.get(key, [])[1:]
        reads_s = [run.read_s for run in counted if run.read_s is not None]
        writes_s = [run.write_s for run in counted if run.write_s is not None]
        if min(len(reads_s), len(writes_s)) < _RUNS:
            return None
        return Figures(read_s=min(reads_s), write_s=min(writes_s))


@dataclass(slots=True)
class Run:
    """One answer: when it was asked for, and when each token came."""

    clock: Callable[[], float]
    _times_s: list[float] = field(default_factory=list)
    _n_read: int = 0

    def __post_init__(self) -> None:
        """The answer is asked for now."""
        self._times_s.append(self.clock())

    def token(self, token: Token) -> None:
        """A token has come."""
        if len(self._times_s) == 1:
            self._n_read = token.n_evaluated
        self._times_s.append(self.clock())

    @property
    def read_s(self) -> float | None:
        """Seconds a prompt token; None where too few were read to tell."""
        if self._n_read < READ_TOKENS or len(self._times_s) == 1:
            return None
        return (self._times_s[1] - self._times_s[0]) / self._n_read

    @property
    def write_s(self) -> float | None:
        """Seconds a written token; None where too few were written to tell."""
        gaps = _gaps(self._times_s[1:])
        return statistics.median(gaps) if len(gaps) >= _GAPS else None


def _deciding(runs: Sequence[Run]) -> list[Run]:
    """Of each sort as many runs as are needed, the best ones."""
    reads = [(run.read_s, number) for number, run in enumerate(runs) if run.read_s is not None]
    writes = [(run.write_s, number) for number, run in enumerate(runs) if run.write_s is not None]
    best = {number for told in (reads, writes) for _, number in sorted(told)[:_RUNS]}
    return [runs[number] for number in sorted(best)]


def _gaps(times_s: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times_s)]
