"""How many tokens texts have, kept for texts that come again: most of a prompt does at each key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

_KEPT = 4096


class Counts:
    """`ask` counts texts that are new, in order."""

    def __init__(self, ask: Callable[[Sequence[str]], Awaitable[list[int]]]) -> None:
        self._ask = ask
        self._kept: OrderedDict[str, int] = OrderedDict()

    async def of(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, in order. Raises as `ask` does."""
        known = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            asked = dict(zip(new, await self._ask(new), strict=True))  # meanwhile others may drop what is kept
            known |= asked
            self._kept.update(asked)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return [known[text] for text in texts]
