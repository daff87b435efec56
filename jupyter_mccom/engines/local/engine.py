"""The Engine over a model in a child process, by llama.h or MLX: streams tokens with probabilities, has drafts checked.

Where the child answers by HTTP instead, because llama.h cannot be used there, it is asked as `llamacpp.py` asks.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from ...errors import EngineError
from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import PromptFormat
from ..llamacpp import LlamaCppEngine
from ..token_counts import Counts
from .connection import ask
from .host import Address, Host

SCHEME = "tcp://"
"""Of the address of a child that answers as `owner.py` does."""


class DirectEngine:
    """One model's, over its process."""

    def __init__(self, *, name: str, host: Host, reads: PromptFormat) -> None:
        self._server = LlamaCppEngine(name=name, host=host, reads=reads)
        self._name = name
        self._host = host
        self._reads = reads
        self._counts = Counts(self._counted)
        self._direct = True

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
        """Drafts are checked, unless the child turned out to be the server."""
        if not self._direct:
            return self._server.skills
        return Skills(probs=True, infill=self._reads.infill, checks_draft=True, heals=True)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine. Each token says what became of a draft so far."""
        async with self._host.lease() as address:
            tokens = (
                self._generated(address, prompt, max_tokens, draft)
                if self._is_direct(address)
                else self._server.generate(prompt, max_tokens=max_tokens)
            )
            async with aclosing(tokens):
                async for token in tokens:
                    yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See protocols.Engine; counts are kept a text."""
        return await self._counts.of(texts)

    async def aclose(self) -> None:
        """See protocols.Engine."""
        await self._server.aclose()

    def _is_direct(self, address: Address) -> bool:
        self._direct = address.url.startswith(SCHEME)
        return self._direct

    async def _generated(
        self, address: Address, prompt: Prompt, max_tokens: int, draft: str
    ) -> AsyncGenerator[Token, None]:
        await self._probe(address)
        said: dict[str, object] = {"ask": "generate", "max_tokens": max_tokens, "draft": draft}
        said |= {"prompt": self._reads.render(prompt), "forced": prompt.forced}
        async with aclosing(_asked(address, said)) as lines:
            async for line in lines:
                if "end" in line:
                    return
                yield _token(line)
        raise EngineError("the model's process ended while it wrote; the next key starts it again")

    async def _probe(self, address: Address) -> None:
        await self._reads.probe(lambda names: _count(address, names, special=True))

    async def _counted(self, texts: Sequence[str]) -> list[int]:
        async with self._host.lease() as address:
            if not self._is_direct(address):
                return await self._server.count(texts)
            await self._probe(address)
            return await _count(address, texts, special=False)


async def _count(address: Address, texts: Sequence[str], *, special: bool) -> list[int]:
    async with aclosing(_asked(address, {"ask": "count", "texts": list(texts), "special": special})) as lines:
        counts: list[int] = [found async for line in lines for found in line["counts"]]
    return counts


def _asked(address: Address, said: Mapping[str, object]) -> AsyncGenerator[dict[str, Any], None]:
    host, _, port = address.url.removeprefix(SCHEME).rpartition(":")
    return ask(host, int(port), {"key": address.key, **said})


def _token(line: Mapping[str, Any]) -> Token:
    check = DraftCheck(**line["check"]) if line["check"] else None
    return Token(**{**line, "check": check})
