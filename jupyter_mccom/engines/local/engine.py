"""The Engine over a model in a child process, by llama.h or MLX: streams tokens with probabilities, has drafts checked.

Where the child answers by HTTP instead, because llama.h cannot be used there, it is a llama.cpp server like any other.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from ...errors import EngineError, EngineHung
from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import PromptFormat
from ..remote.llama_server import LlamaServer
from ..token_counts import Counts
from .connection import ask
from .host import Address, Host
from .server_client import client_of
from .turns import Turns
from .watched import in_time, watched

SCHEME = "tcp://"
"""Scheme of the address of a child that answers as `model_server.py` does."""


class DirectEngine:
    """The engine of one model, over its process."""

    def __init__(self, *, name: str, host: Host, reads: PromptFormat) -> None:
        self._name = name
        self._host = host
        self._reads = reads
        self._turns = Turns()
        self._counts = Counts(self._counted)
        self._server: LlamaServer | None = None
        """The child, where it is the server of the xllamacpp wheel."""
        self._server_at: Address | None = None

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
        if self._server is not None:
            return Skills(probs=True, infill=self._reads.infill, checks_draft=False, heals=self._server.heals)
        return Skills(probs=True, infill=self._reads.infill, checks_draft=True, heals=True)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams tokens, as `protocols.Engine.generate`. Each token says what became of a draft so far.

        Raises EngineBusy when other requests keep the model for too long, EngineHung when it makes no progress.
        """
        async with self._host.lease() as address, self._turns.turn() as waited_s, self._hanging_ends():
            server = await self._found(address)
            tokens = (
                watched(server.stream(prompt, max_tokens), self._host.progress)
                if server
                else self._generated(address, prompt, max_tokens, draft)
            )
            async with aclosing(tokens):
                async for token in tokens:
                    yield replace(token, waited_s=waited_s) if waited_s else token
                    waited_s = 0.0

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Counts tokens, as `protocols.Engine.count`; counts are kept a text."""
        return await self._counts.of(texts)

    async def aclose(self) -> None:
        """Closes the engine, as `protocols.Engine.aclose`."""
        await self._host.aclose()
        await self._leave()

    async def _found(self, address: Address) -> LlamaServer | None:
        """The child as a server, None where it answers as `model_server.py` does; markers are probed for."""
        if address.url.startswith(SCHEME):
            await self._leave()
            await self._reads.probe(lambda names: self._count(address, names, special=True))
            return None
        if self._server is None or self._server_at != address:
            former, self._server_at = self._server, address
            self._server = LlamaServer(client_of(address), self._rendered, infill=False)
            if former is not None:
                await former.aclose()
        server = self._server
        await self._reads.probe(lambda names: in_time(server.lengths(names, special=True), self._host.progress))
        return server

    @asynccontextmanager
    async def _hanging_ends(self) -> AsyncGenerator[None, None]:
        """A process that makes no progress is ended; another one starts by itself."""
        try:
            yield
        except EngineHung:
            await self._host.kill()
            raise

    async def _leave(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.aclose()

    def _rendered(self, prompt: Prompt, heals: bool) -> str:
        return self._reads.render(prompt, heals=heals)

    async def _generated(
        self, address: Address, prompt: Prompt, max_tokens: int, draft: str
    ) -> AsyncGenerator[Token, None]:
        said: dict[str, object] = {"ask": "generate", "max_tokens": max_tokens, "draft": draft}
        said |= {"prompt": self._reads.render(prompt), "forced": prompt.forced}
        async with aclosing(self._asked(address, said)) as lines:
            async for line in lines:
                if "end" in line:
                    return
                yield _token(line)
        raise EngineError("the model's process ended while it wrote; the next key starts it again")

    async def _counted(self, texts: Sequence[str]) -> list[int]:
        async with self._host.lease() as address, self._hanging_ends():
            server = await self._found(address)
            if server is None:
                return await self._count(address, texts, special=False)
            return await in_time(server.count(texts), self._host.progress)

    async def _count(self, address: Address, texts: Sequence[str], *, special: bool) -> list[int]:
        said = {"ask": "count", "texts": list(texts), "special": special}
        async with aclosing(self._asked(address, said)) as lines:
            counts: list[int] = [found async for line in lines for found in line["counts"]]
        return counts

    async def _asked(self, address: Address, said: Mapping[str, object]) -> AsyncGenerator[dict[str, Any], None]:
        host, _, port = address.url.removeprefix(SCHEME).rpartition(":")
        lines = ask(host, int(port), address.key, said, progress=self._host.progress)
        async with aclosing(lines):
            async for line in lines:
                yield line


def _token(line: Mapping[str, Any]) -> Token:
    check = DraftCheck(**line["check"]) if line["check"] else None
    return Token(**{**line, "check": check})
