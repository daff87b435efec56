"""A llama.cpp server, wherever it runs: raw prompts, probabilities, text forced by a grammar, drafts by seeding.

The pool of `ngram-mod` is shared by all slots and takes every prompt it sees: a request
that ends in the draft and asks for no token makes the draft known. The model checks what the pool proposes.

Asked by `/completion` with a prompt of our own making; `/infill` clips to the batch size.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import TypeAlias

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import before, render
from ..forced import Healing
from ..http import HttpClient, routing
from .cloud_engine import AskedAs, CloudEngine, CloudModel, markers_of
from .json_answers import found_at, number_of, telling
from .llama_completion import DRAFT_MATCH, LlamaAnswer, body_of

_TAIL_CHARS = 200
"""Last characters of the prompt, enough for DRAFT_MATCH tokens."""
Render: TypeAlias = Callable[[Prompt, bool], str]
"""The prompt as text, given whether the rest of it is forced."""


class LlamaServer:
    """One server, asked over `client`. An `own_server.Kind`. `infill`: `render` uses the text after the cursor."""

    words = "llama.cpp"
    probs: bool | None = True

    def __init__(self, client: HttpClient, render: Render, *, infill: bool, seeds: bool = False) -> None:
        """`seeds`: the server runs `ngram-mod` with two slots."""
        self._client = client
        self._render = render
        self._seeds = seeds
        self._healing = Healing()
        self.infill = infill

    @property
    def heals(self) -> bool:
        """True: a grammar forces the start of the answer."""
        return self._healing.works

    def stream(self, prompt: Prompt, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams tokens, as `protocols.Engine.generate`; `draft` is ignored but where the server is seeded."""
        return self._healing.written(
            prompt, draft, lambda asked, its_draft, heals: self._written(asked, max_tokens, its_draft, heals)
        )

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text."""
        return await self.lengths(texts, special=False)

    async def lengths(self, texts: Sequence[str], *, special: bool) -> list[int]:
        """Tokens in each text; with `special` markers in it are one token each."""
        found = await asyncio.gather(*(self._ids(text, special=special) for text in texts))
        return [len(ids) for ids in found]

    async def aclose(self) -> None:
        """Closes the connections; the server goes on."""
        await self._client.aclose()

    async def _written(self, prompt: Prompt, max_tokens: int, draft: str, heals: bool) -> AsyncGenerator[Token, None]:
        text = self._render(prompt, heals)
        seeded = self._seeds and bool(draft)
        if seeded:
            await self._seed(text, draft)
        body = body_of(text, forced=prompt.forced, max_tokens=max_tokens) | ({"id_slot": 0} if self._seeds else {})
        stream = self._client.stream("/completion", body, headers=routing(prompt.session))
        answer = LlamaAnswer(prompt.forced, max_tokens, drafted=self._seeds)
        offered = accepted = n_given = 0
        async with aclosing(telling(stream, "content")) as events:
            async for event in events:
                timings = found_at(event, "timings")
                offered = number_of(timings, "draft_n") or offered
                accepted = number_of(timings, "draft_n_accepted") or accepted
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
        tail, ids = await asyncio.gather(self._ids(text[-_TAIL_CHARS:], special=True), self._ids(draft, special=True))
        body = {"prompt": [*tail[-(DRAFT_MATCH - 1) :], *ids], "n_predict": 0, "id_slot": 1, "cache_prompt": False}
        await self._client.post("/completion", body)

    async def _ids(self, text: str, *, special: bool) -> list[int]:
        if not text:
            return []
        body = {"content": text, "add_special": False, "parse_special": special}
        ids = (await self._client.post("/tokenize", body)).get("tokens")
        return ids if isinstance(ids, list) else []


class LlamaServerCloud(CloudEngine):
    """A llama.cpp server as the cloud, for a model whose markers are known. `seeds` as for LlamaServer."""

    asked_as: AskedAs = "markers"

    def __init__(self, model: CloudModel, *, seeds: bool) -> None:
        super().__init__(model)
        self._seeds = seeds
        fim = markers_of(model)
        self._server = LlamaServer(
            model.client, lambda prompt, _: render(prompt, fim, "standard"), infill=True, seeds=seeds
        )

    @property
    def skills(self) -> Skills:
        """Text is forced by a grammar."""
        return Skills(probs=True, infill=True, checks_draft=self._seeds, heals=self._server.heals)

    def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        return self._server.stream(prompt, max_tokens, draft)


def marker_lengths(client: HttpClient) -> Callable[[Sequence[str]], Awaitable[list[int]]]:
    """Counts tokens on a llama.cpp server; markers count as one."""
    asked = LlamaServer(client, lambda prompt, _: before(prompt), infill=False)
    return lambda texts: asked.lengths(texts, special=True)
