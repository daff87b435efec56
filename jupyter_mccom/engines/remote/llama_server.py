"""A llama.cpp server elsewhere: raw prompts, probabilities, and drafts by seeding its n-gram pool.

The pool of `ngram-mod` is shared by all slots and takes every prompt it sees (engines.md A, "back door"): a request
that ends in the draft and asks for no token makes the draft known. The model checks what the pool proposes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import render
from ..forced import Healing
from ..local.xllamacpp_server import DRAFT_MATCH
from .cloud_engine import CloudEngine, CloudModel
from .llama_completion import Answer, body_of

_TAIL_CHARS = 200
"""Of the prompt, enough for DRAFT_MATCH tokens."""


class LlamaServer(CloudEngine):
    """`seeds`: the server runs `ngram-mod` with two slots."""

    def __init__(self, model: CloudModel, *, seeds: bool) -> None:
        super().__init__(model)
        self._seeds = seeds
        self._healing = Healing()

    @property
    def skills(self) -> Skills:
        """Text is forced by a grammar."""
        return Skills(probs=True, infill=True, checks_draft=self._seeds, heals=self._healing.works)

    def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine. Raises CloudError."""
        return self._healing.written(
            prompt, draft, lambda asked, its_draft, heals: self._written(asked, max_tokens, its_draft)
        )

    async def _written(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        text = render(prompt, self._model.fim, "standard")
        seeded = self._seeds and bool(draft)
        if seeded:
            await self._seed(text, draft)
        body = body_of(text, forced=prompt.forced, max_tokens=max_tokens) | ({"id_slot": 0} if self._seeds else {})
        stream, answer = self._client.stream("/completion", body), Answer(prompt.forced, max_tokens, drafted=True)
        offered = accepted = n_given = 0
        async with aclosing(stream):
            async for event in stream:
                timings = event.get("timings") or {}
                offered, accepted = timings.get("draft_n", offered), timings.get("draft_n_accepted", accepted)
                for token in answer.tokens(event):
                    n_given += token.from_draft and token.forced and not token.text
                    yield token
                if answer.full:
                    break
        answer.end()
        if seeded:
            check = DraftCheck(offered=offered - n_given, accepted=accepted - n_given)
            yield Token(text="", prob=None, n_evaluated=0, check=check)

    async def _seed(self, text: str, draft: str) -> None:
        tail, ids = await asyncio.gather(self._ids(text[-_TAIL_CHARS:]), self._ids(draft))
        body = {"prompt": [*tail[-(DRAFT_MATCH - 1) :], *ids], "n_predict": 0, "id_slot": 1, "cache_prompt": False}
        await self._client.post("/completion", body)

    async def _ids(self, text: str) -> list[int]:
        body = {"content": text, "add_special": False, "parse_special": True}
        ids: list[int] = (await self._client.post("/tokenize", body)).get("tokens", [])
        return ids
