"""How many tokens texts have, kept for texts that come again: most of a prompt does at each key.

Keeps digests, no text: forgetting what a person wrote leaves nothing here.
"""

from __future__ import annotations

import hashlib
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

_KEPT = 4096
CHARS_A_TOKEN = 3
"""Code has 3 to 4 characters a token with the tokenizers of 2025; the lower figure keeps a prompt within its budget."""


def estimate(text: str) -> int:
    """Tokens of a text, without asking anybody."""
    return math.ceil(len(text) / CHARS_A_TOKEN)


class Counts:
    """`ask` counts texts that are new, in order."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[list[int]]]) -> None:
        self._ask = ask
        self._kept: OrderedDict[bytes, int] = OrderedDict()

    async def of(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, in order. Raises as `ask` does."""
        digests = {text: _digest(text) for text in texts}
        known = {text: self._kept[digest] for text, digest in digests.items() if digest in self._kept}
        new = [text for text in digests if text not in known]
        if new:
            asked = dict(zip(new, await self._ask(new), strict=True))  # meanwhile others may drop what is kept
            known |= asked
            self._kept.update((digests[text], n_tokens) for text, n_tokens in asked.items())
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return [known[text] for text in texts]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
