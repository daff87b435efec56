"""The circuit breaker of the cloud: after three failures in a row it is left alone for a while, then asked once.

Pure but for the clock it is given. Knows nothing of engines; the tier tells it how each call ended.
"""

from __future__ import annotations

from ..protocols import Clock

_FAILURES = 3
"""One may be chance; a third in a row hardly is."""
_FIRST_PAUSE_S = 30.0
_LONGEST_PAUSE_S = 600.0


class Breaker:
    """One for each cloud; it outlives a change of the settings that leaves the cloud as it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._n_failures = 0
        self._pause_s = _FIRST_PAUSE_S
        """How long the next pause is."""
        self._until_s: float | None = None
        """End of the pause on the clock's monotonic seconds; None: the calls go through."""
        self._probing = False
        """The one call after a pause is on its way."""
        self.limited = False
        """The pause is one that the server asked for, because there were too many calls."""

    @property
    def closed(self) -> bool:
        """True while calls go through as ever."""
        return self._until_s is None

    @property
    def lets(self) -> bool:
        """True when a call may begin now: the first one after a pause is the probe, alone."""
        return self._until_s is None or (not self._probing and self.left_s <= 0)

    @property
    def left_s(self) -> float:
        """Seconds until the probe may be sent; 0 when it may, or where there is no pause."""
        return max(0.0, self._until_s - self._clock.now_s()) if self._until_s is not None else 0.0

    def begin(self) -> bool:
        """Begins a call; False when none may. Each call that began ends with one of the three below."""
        if not self.lets:
            return False
        self._probing = self._until_s is not None
        return True

    def answered(self) -> None:
        """The call brought an answer, be it an empty one: everything is as at first."""
        self._n_failures, self._pause_s, self._until_s = 0, _FIRST_PAUSE_S, None
        self._probing = self.limited = False

    def failed(self, *, retry_after_s: float | None = None) -> None:
        """The call failed, or took too long. `retry_after_s`: the server asks for a pause, which begins at once."""
        probed, self._probing = self._probing, False
        self._n_failures += 1
        if retry_after_s is not None:
            self._pause(min(max(retry_after_s, 1.0), _LONGEST_PAUSE_S), limited=True)
        elif probed or (self.closed and self._n_failures >= _FAILURES):
            self._pause(self._pause_s, limited=False)
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)

    def given_up(self) -> None:
        """The call was cut off before anything was known of the cloud: the next one may be the probe."""
        self._probing = False

    def _pause(self, pause_s: float, *, limited: bool) -> None:
        self._until_s, self.limited = self._clock.now_s() + pause_s, limited
