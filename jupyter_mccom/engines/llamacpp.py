"""The Engine over a llama.cpp server in a child process: renders the prompt, streams tokens with probabilities.

Uses `/completion` with a prompt of its own making; `/infill` clips to the batch size (engines.md A).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from ..types import Prompt, Skills, Token
from .counts import Counts
from .fim import PromptFormat
from .host import Address, Host
from .http import JsonClient


class LlamaCppEngine:
    """One model's, over its process."""

    def __init__(self, *, name: str, host: Host, reads: PromptFormat) -> None:
        self._name = name
        self._host = host
        self._reads = reads
        self._client = JsonClient()
        self._counts = Counts(self._counted)

    @property
    def name(self) -> str:
        """The model's id."""
        return self._name

    @property
    def host(self) -> Host:
        """The child process, for status."""
        return self._host

    @property
    def skills(self) -> Skills:
        """Drafts are not checked: this server takes none from a client (engines.md A)."""
        return Skills(probs=True, infill=self._reads.infill, checks_draft=False)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine."""
        async with self._host.lease() as address:
            await self._probe(address)
            body = {
                "prompt": self._reads.render(prompt),
                "n_predict": max_tokens,
                "temperature": 0,
                "n_probs": 1,
                "cache_prompt": True,
                "stream": True,
                "timings_per_token": True,
            }
            events = self._client.stream(f"{address.url}/completion", body, key=address.key)
            n_seen = 0
            try:
                async for event in events:
                    for token in _tokens(event, first=n_seen == 0):
                        n_seen += 1
                        yield token
            finally:
                await events.aclose()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See protocols.Engine; counts are kept a text."""
        return await self._counts.of(texts)

    async def aclose(self) -> None:
        """See protocols.Engine."""
        await self._host.aclose()
        await self._client.aclose()

    async def _probe(self, address: Address) -> None:
        await self._reads.probe(lambda names: self._lengths(address, names, special=True))

    async def _counted(self, texts: Sequence[str]) -> list[int]:
        async with self._host.lease() as address:
            await self._probe(address)
            return await self._lengths(address, texts, special=False)

    async def _lengths(self, address: Address, texts: Sequence[str], *, special: bool) -> list[int]:
        found = await asyncio.gather(*(self._tokenized(address, text, special=special) for text in texts))
        return [len(ids) for ids in found]

    async def _tokenized(self, address: Address, text: str, *, special: bool) -> list[int]:
        if not text:
            return []
        body = {"content": text, "add_special": False, "parse_special": special}
        answer = await self._client.post(f"{address.url}/tokenize", body, key=address.key)
        tokens: list[int] = answer["tokens"]
        return tokens


def _tokens(event: Mapping[str, Any], *, first: bool) -> list[Token]:
    """An event's tokens; one that completes a character may bring those that began it."""
    found = event.get("completion_probabilities") or []
    if not found:
        return []
    n_evaluated = int(event["timings"]["prompt_n"]) if first and "timings" in event else 1
    *begun, last = found
    tokens = [Token(text="", prob=_prob(item)) for item in begun]
    tokens.append(Token(text=event["content"], prob=_prob(last)))
    tokens[0] = Token(text=tokens[0].text, prob=tokens[0].prob, n_evaluated=n_evaluated)
    return tokens


def _prob(item: Mapping[str, Any]) -> float:
    return min(1.0, math.exp(item["logprob"]))
