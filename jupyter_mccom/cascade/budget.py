"""How many cloud calls and tokens a day may still cost; a hard stop. Pure but for the clock it is given.

Days are UTC and only go forward, so that a clock that jumps back gives nothing twice.
"""

from __future__ import annotations

from ..protocols import Clock

_DAY_S = 86400


class Budget:
    """The daily limit of cloud calls and tokens, one for each server process. 0 means no limit."""

    def __init__(self, *, calls_a_day: int, tokens_a_day: int, clock: Clock) -> None:
        self._limits = (calls_a_day, tokens_a_day)
        self._clock = clock
        self._day = 0
        self.calls = 0
        """Calls of this day."""
        self.tokens = 0
        """Tokens of this day: of prompts and drafts by the engine's count, one for each piece of an answer."""

    def limit(self, *, calls_a_day: int, tokens_a_day: int) -> None:
        """Sets other limits; what was spent today stays spent."""
        self._limits = (calls_a_day, tokens_a_day)

    def take(self) -> bool:
        """Takes one call, if there is one left: two requests at the same moment cannot take the same."""
        if self.spent:
            return False
        self.calls += 1
        return True

    def spend(self, n_tokens: int) -> None:
        """Counts tokens of a call."""
        self.tokens += n_tokens

    @property
    def spent(self) -> bool:
        """True when no call or no token is left today."""
        day = int(self._clock.unix_s() // _DAY_S)
        if day > self._day:
            self._day, self.calls, self.tokens = day, 0, 0
        calls, tokens = self._limits
        return bool(calls and self.calls >= calls) or bool(tokens and self.tokens >= tokens)

    @property
    def calls_left(self) -> int | None:
        """Calls left today; None without a limit."""
        calls, _ = self._limits
        if not calls:
            return None
        return 0 if self.spent else calls - self.calls
