"""Ollama's `/api/generate` (docs.ollama.com, November 2026)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from ...types import Prompt, Token
from ..fim import before
from ..forced import plainly
from ..http import routing
from ..token_counts import estimate
from .own_server import Served, tokens_of


class Ollama:
    """Raw prompts where the model's markers are known, else its own `suffix` field; `inserts`: it has one."""

    words = "Ollama"
    probs: bool | None = None
    heals = False

    def __init__(self, served: Served, *, inserts: bool) -> None:
        self._served = served
        self._inserts = inserts and not served.reads.infill
        self.infill = inserts or served.reads.infill

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `Kind.stream`."""
        return plainly(prompt, "", lambda asked, draft, heals: self._written(asked, max_tokens))

    async def _written(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        raw = self._served.fitting(prompt)
        text: dict[str, object] = (
            {"prompt": before(prompt), "suffix": prompt.suffix} if self._inserts else {"prompt": raw, "raw": True}
        )
        options = {"temperature": 0, "num_predict": max_tokens}
        body = {"model": self._served.name, **text, "stream": True, "logprobs": True, "options": options}
        events = self._served.client.stream("/api/generate", body, headers=routing(prompt.session))
        async with aclosing(events):
            async for event in events:
                for token in tokens_of(event.get("response", ""), event.get("logprobs")):
                    self.probs = token.prob is not None
                    yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Counts tokens, as `Kind.count`: an estimate."""
        return [estimate(text) for text in texts]
