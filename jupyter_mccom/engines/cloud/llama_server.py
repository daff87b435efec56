"""A llama.cpp server elsewhere: raw prompts, probabilities, and drafts by seeding its n-gram pool.

The pool of `ngram-mod` is shared by all slots and takes every prompt it sees (engines.md A, "back door"): a request
that ends in the draft and asks for no token makes the draft known. The model checks what the pool proposes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import render
from ..llama_server import DRAFT_MATCH
from .base import CloudEngine, CloudModel, prob_of

_TAIL_CHARS = 200
"""Of the prompt, enough for DRAFT_MATCH tokens."""


class LlamaServer(CloudEngine):
    """`seeds`: the server runs `ngram-mod` with two slots."""

    def __init__(self, model: CloudModel, *, seeds: bool) -> None:
        super().__init__(model)
        self._seeds = seeds
        self.skills = Skills(probs=True, infill=True, checks_draft=seeds)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine. Raises CloudError."""
        text = render(prompt, self._model.fim, "standard")
        seeded = self._seeds and bool(draft)
        if seeded:
            await self._seed(text, draft)
        body = {
            "prompt": text, "n_predict": max_tokens, "temperature": 0, "n_probs": 1, "cache_prompt": True,
            "stream": True, "timings_per_token": True,
        } | ({"id_slot": 0} if self._seeds else {})  # fmt: skip
        stream = self._client.stream("/completion", body)
        first, offered, accepted = True, 0, 0
        async with aclosing(stream):
            async for event in stream:
                timings = event.get("timings") or {}
                offered, accepted = timings.get("draft_n", offered), timings.get("draft_n_accepted", accepted)
                for token in _tokens(event, first=first):
                    first = False
                    yield token
        if seeded:
            yield Token(text="", prob=None, n_evaluated=0, check=DraftCheck(offered=offered, accepted=accepted))

    async def _seed(self, text: str, draft: str) -> None:
        tail, ids = await asyncio.gather(self._ids(text[-_TAIL_CHARS:]), self._ids(draft))
        body = {"prompt": [*tail[-(DRAFT_MATCH - 1) :], *ids], "n_predict": 0, "id_slot": 1, "cache_prompt": False}
        await self._client.post("/completion", body)

    async def _ids(self, text: str) -> list[int]:
        body = {"content": text, "add_special": False, "parse_special": True}
        ids: list[int] = (await self._client.post("/tokenize", body)).get("tokens", [])
        return ids


def _tokens(event: Mapping[str, Any], *, first: bool) -> list[Token]:
    """An event's tokens; one that completes a character may bring those that began it.

    Tokens of a checked draft come without probabilities.
    """
    found = event.get("completion_probabilities") or []
    if not found:
        return [Token(text=event["content"], prob=None, from_draft=True)] if event.get("content") else []
    n_evaluated = int((event.get("timings") or {}).get("prompt_n", 1)) if first else 1
    texts = ["" for _ in found[:-1]] + [str(event.get("content", ""))] if found else []
    return [
        Token(text=text, prob=prob_of(item.get("logprob")), n_evaluated=1 if number else n_evaluated)
        for number, (text, item) in enumerate(zip(texts, found, strict=True))
    ]
