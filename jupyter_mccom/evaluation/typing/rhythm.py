"""How long the front end waits for a pause in typing: `completion/debounce.ts` in Python, for a replay.

Both are held to the same cases (`tests/cases/debounce.json`). Pure.
"""

from __future__ import annotations

CORE_DELAY_S = 0.075
"""JupyterLab's own, before ours (provider.ts)."""
_PAUSE_S = 1.0
_GAP_S = 0.2
_NEWEST = 0.2
_MOST_LATENCY_S = 0.5
_GAPS = 0.4


class Rhythm:
    """The gaps between keys; one for a page or a replayed statement. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self._last_s = float("-inf")
        self._gap_s = _GAP_S
        self._latency_s: float | None = None

    def key(self, now_s: float) -> None:
        """A key was typed."""
        gap_s = now_s - self._last_s
        self._last_s = now_s
        if gap_s < _PAUSE_S:
            self._gap_s += _NEWEST * (gap_s - self._gap_s)

    def answered(self, latency_s: float) -> None:
        """An answer's first text took so long."""
        latency_s = min(latency_s, _MOST_LATENCY_S)
        former_s = latency_s if self._latency_s is None else self._latency_s
        self._latency_s = former_s + _NEWEST * (latency_s - former_s)

    def wait_s(self, now_s: float, max_s: float) -> float:
        """How long to wait from now, in whole milliseconds as the page does, at most `max_s`."""
        wait_s = _GAPS * self._gap_s - (self._latency_s or 0.0) - (now_s - self._last_s)
        return round(1000 * min(max(wait_s, 0.0), max_s)) / 1000
