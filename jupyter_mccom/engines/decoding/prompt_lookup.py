"""What followed the same tokens before, in the prompt or in the answer: a draft that the model's own reading gives.

Prompt lookup decoding (A. Saxena, 2023), on token ids. Knows no model and no text.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable

SIZE = 3
"""Tokens that must be the same. By hand on an H200, 40 answers of the 0.5B: .77 (.70–.86) of the time without a draft;
with two where there are no three .84 (.76–.94). Of four and more there are too few."""
MOST = 7
"""Tokens of a draft: a GPU evaluates up to 8 at once by quicker kernels (by hand, H200: 8 in 3.4 ms, 9 in 5.1)."""
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
        """The tokens, at most MOST, behind the nearest place that ends like all that was read; may be empty."""
        tail = self._bytes[-SIZE * _WIDTH :]
        at = self._bytes.rfind(tail, 0, -_WIDTH)
        while at % _WIDTH and at >= 0:  # inside a token
            at = self._bytes.rfind(tail, 0, at + len(tail) - 1)
        behind = at // _WIDTH + SIZE
        return self._ids[behind : behind + MOST].tolist() if at >= 0 else []
