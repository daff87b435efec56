"""What followed the same tokens before, in the prompt or in the answer: a draft that the model's own reading gives.

Prompt lookup decoding (A. Saxena, 2023), on token ids. Knows no model and no text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

SIZES = (3, 2)
"""Tokens that must be the same, the most first. By 40 answers of the 0.5B to notebook statements: 3 or 2 give 186 right
tokens in 463 drafted ones, 3 alone 173 in 377, 4 to 1 202 in 653, of 345 that were written."""
MOST = 16
"""Tokens of a draft."""
_TYPE = "i"
_WIDTH = array(_TYPE).itemsize


class Lookup:
    """Tokens that were read and written so far."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._ids = array(_TYPE, ids)
        self._bytes = bytearray(self._ids.tobytes())

    def add(self, token: int) -> None:
        """The model wrote `token`."""
        self._ids.append(token)
        self._bytes += self._ids[-1:].tobytes()

    def following(self) -> list[int]:
        """At most MOST tokens that stood behind the nearest place that ends like all that was read; may be empty."""
        for size in SIZES:
            behind = self._behind(size)
            if behind:
                return self._ids[behind : behind + MOST].tolist()
        return []

    def _behind(self, size: int) -> int:
        """Where the nearest earlier place with the last `size` tokens ends; 0 without one."""
        tail = self._bytes[-size * _WIDTH :]
        at = self._bytes.rfind(tail, 0, -_WIDTH)
        while at % _WIDTH and at >= 0:  # inside a token
            at = self._bytes.rfind(tail, 0, at + len(tail) - 1)
        return at // _WIDTH + size if at >= 0 else 0
