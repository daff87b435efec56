"""The Engine over an MLX model in a child process: renders the prompt, streams tokens, has drafts checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from ..types import DraftCheck, Prompt, Skills, Token
from .counts import Counts
from .fim import PromptFormat
from .host import Host
from .http import JsonClient


class MlxEngine:
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
        """Drafts are checked, by a model whose cache can be cut; others ignore them."""
        return Skills(probs=True, infill=self._reads.infill, checks_draft=True)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine."""
        async with self._host.lease() as address:
            await self._reads.probe(lambda names: self._counted(names, special=True))
            body = {"prompt": self._reads.render(prompt), "max_tokens": max_tokens, "draft": draft}
            events = self._client.stream(f"{address.url}/generate", body, key=address.key)
            try:
                async for event in events:
                    if "text" in event:
                        yield _token(event)
            finally:
                await events.aclose()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See protocols.Engine; counts are kept a text."""
        return await self._counts.of(texts)

    async def aclose(self) -> None:
        """See protocols.Engine."""
        await self._host.aclose()
        await self._client.aclose()

    async def _counted(self, texts: Sequence[str], *, special: bool = False) -> list[int]:
        async with self._host.lease() as address:
            body = {"texts": list(texts), "special": special}
            answer = await self._client.post(f"{address.url}/tokenize", body, key=address.key)
        counts: list[int] = answer["counts"]
        return counts


def _token(event: Mapping[str, Any]) -> Token:
    check = event["check"]
    return Token(**{**event, "check": DraftCheck(**check) if check else None})
