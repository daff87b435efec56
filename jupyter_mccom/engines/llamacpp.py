"""The Engine over a llama.cpp server in a child process: renders the prompt, streams tokens with probabilities.

Uses `/completion` with a prompt of its own making; `/infill` clips to the batch size (engines.md A).
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from ..types import Prompt, Skills, Token
from .fim import FimMarkers, Layout, head_of, render
from .host import Address, Host
from .http import JsonClient

_COUNTS_KEPT = 4096


class LlamaCppEngine:
    """`fim` None means that markers of `known` are probed for in the model; without any, only the left context is used.

    Layout `anchored` puts the typed part of the line after the middle marker, so that a key adds to the end of the
    prompt instead of moving the suffix; `standard` is the order the model was trained on.
    """

    def __init__(
        self, *, name: str, host: Host, fim: FimMarkers | None, layout: Layout, known: Sequence[FimMarkers] = ()
    ) -> None:
        self._name = name
        self._host = host
        self._fim = fim
        self._layout = layout
        self._known = tuple(known)
        self._client = JsonClient()
        self._counts: OrderedDict[str, int] = OrderedDict()

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
        return Skills(probs=True, infill=self._fim is not None, checks_draft=False)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine."""
        async with self._host.lease() as address:
            await self._probe(address)
            body = {
                "prompt": self.render(prompt),
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
        new = [text for text in dict.fromkeys(texts) if text not in self._counts]
        if new:
            async with self._host.lease() as address:
                await self._probe(address)
                found = await asyncio.gather(*(self._tokenized(address, text, special=False) for text in new))
            self._counts.update({text: len(ids) for text, ids in zip(new, found, strict=True)})
        counts = [self._counts[text] for text in texts]
        while len(self._counts) > _COUNTS_KEPT:
            self._counts.popitem(last=False)
        return counts

    async def aclose(self) -> None:
        """See protocols.Engine."""
        await self._host.aclose()
        await self._client.aclose()

    def render(self, prompt: Prompt) -> str:
        """The prompt as text; without markers only what stands before the cursor."""
        if self._fim is None:
            return head_of(prompt) + prompt.typed
        return render(prompt, self._fim, self._layout)

    async def _probe(self, address: Address) -> None:
        """Takes the first known markers that are single tokens of this model."""
        known, self._known = self._known, ()
        for markers in known if self._fim is None else ():
            names = (markers.prefix, markers.suffix, markers.middle)
            ids = await asyncio.gather(*(self._tokenized(address, name, special=True) for name in names))
            if all(len(found) == 1 for found in ids):
                self._fim = markers
                return

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
