"""Whether checking a draft saves time on one server, from what its own calls took. Knows no routes.

A draft that is the whole answer takes one call, as an answer without a draft does. One that diverges takes a second:
that pays only if the tokens that were taken would have taken longer to write. So the first few drafts are checked to
find out, one answer is written without its draft if none was before, and then drafts are checked only while they pay,
and now and then one more, since a server's load changes.
"""

from __future__ import annotations

from dataclasses import dataclass

_TRIALS = 4
"""Drafts that are checked before they are judged."""
_AGAIN = 25
"""One of so many drafts is checked although they do not pay."""
_NEWEST = 0.2
"""Weight of the newest figure in a mean."""


@dataclass(slots=True)
class _Mean:
    value: float = 0.0
    n: int = 0

    def add(self, value: float) -> None:
        self.n += 1
        self.value += (value - self.value) * max(_NEWEST, 1 / self.n)


class DraftWorth:
    """The means of one server: of answers that it wrote, and of drafts that it checked."""

    def __init__(self) -> None:
        self._first_s, self._token_s = _Mean(), _Mean()
        self._check_s, self._second, self._n_taken, self._n_tokens = _Mean(), _Mean(), _Mean(), _Mean()
        self._n_asked = 0

    @property
    def pays(self) -> bool:
        """A check takes no longer than writing, on the mean; True while too few were made to tell."""
        if self._check_s.n < _TRIALS or not self._first_s.n:
            return True
        written_s = self._first_s.value + self._n_tokens.value * self._token_s.value
        rest_s = self._first_s.value + max(0.0, self._n_tokens.value - self._n_taken.value) * self._token_s.value
        return self._check_s.value + self._second.value * rest_s <= written_s

    def wanted(self) -> bool:
        """The next draft is to be checked. Ask once a draft."""
        self._n_asked += 1
        if self._check_s.n and not self._first_s.n:  # what writing takes is not known, and costs nothing to find out
            return False
        return self.pays or self._n_asked % _AGAIN == 0

    def wrote(self, first_s: float, rest_s: float, n_tokens: int) -> None:
        """A call wrote tokens: seconds until the first one, and for those behind it."""
        self._first_s.add(first_s)
        if n_tokens > 1:
            self._token_s.add(rest_s / (n_tokens - 1))

    def checked(self, check_s: float, n_taken: int, n_more: int, *, second: bool) -> None:
        """A draft was checked: how long that took, the tokens that it gave, and those of a second call if one came."""
        self._check_s.add(check_s)
        self._n_taken.add(n_taken)
        self._n_tokens.add(n_taken + n_more)
        self._second.add(second)
