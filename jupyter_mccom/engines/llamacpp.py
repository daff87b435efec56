"""The Engine over a llama.cpp server in a child process: renders the prompt, streams tokens with probabilities.

Uses `/completion` with a prompt of its own making; `/infill` clips to the batch size (engines.md A).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from ..types import Prompt, Skills, Token
from .fim import PromptFormat
from .forced import Healing
from .http import JsonClient
from .local.host import Address, Host
from .remote.llama_completion import Answer, body_of
from .token_counts import Counts


class LlamaCppEngine:
    """One model's, over its process."""

    def __init__(self, *, name: str, host: Host, reads: PromptFormat) -> None:
        self._name = name
        self._host = host
        self._reads = reads
        self._client = JsonClient()
        self._counts = Counts(self._counted)
        self._healing = Healing()

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
        return Skills(probs=True, infill=self._reads.infill, checks_draft=False, heals=self._healing.works)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine; `draft` is ignored."""
        async with self._host.lease() as address:
            await self._probe(address)

            def write(asked: Prompt, draft: str, heals: bool) -> AsyncGenerator[Token, None]:
                return self._written(address, asked, max_tokens, heals)

            async with aclosing(self._healing.written(prompt, "", write)) as tokens:
                async for token in tokens:
                    yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See protocols.Engine; counts are kept a text."""
        return await self._counts.of(texts)

    async def aclose(self) -> None:
        """See protocols.Engine."""
        await self._host.aclose()
        await self._client.aclose()

    async def _written(
        self, address: Address, prompt: Prompt, max_tokens: int, heals: bool
    ) -> AsyncGenerator[Token, None]:
        text, answer = self._reads.render(prompt, heals=heals), Answer(prompt.forced, max_tokens)
        body = body_of(text, forced=prompt.forced, max_tokens=max_tokens)
        async with aclosing(self._client.stream(f"{address.url}/completion", body, key=address.key)) as events:
            async for event in events:
                for token in answer.tokens(event):
                    yield token
                if answer.full:
                    return
        answer.end()

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
