"""The Engine over a server that somebody else runs: asks what it is when first needed, and again after it failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from ...errors import EngineError, PromptTooLong
from ...types import Prompt, Skills, Token
from ..fim import FimMarkers
from ..http import HttpClient, Key, Patience
from ..token_counts import Counts
from .detect import detect
from .own_server import Kind, KnownModel
from .server_failures import ServerFailures, Unreachable

_PATIENCE = Patience(connect_s=5.0, read_s=None, question_s=10.0)


class ServerEngine:
    """`name` empty takes the server's first model; `known` and `probed` as in `detect`."""

    def __init__(
        self,
        url: str,
        *,
        name: str,
        key: Key,
        known: KnownModel,
        probed: Sequence[FimMarkers],
        context_tokens: int,
    ) -> None:
        root = url.rstrip("/").removesuffix("/v1")  # which some people write behind it
        self._failures = ServerFailures(root)
        # llama.cpp's server may close an idle connection while it is used again; only for TLS is a new one dear
        keeps_alive = root.startswith("https:")
        self._client = HttpClient(root, key, self._failures, _PATIENCE, keeps_alive=keeps_alive, kind="local_url")
        self._asked_name = self._name = name
        self._known = known
        self._probed = probed
        self._context_tokens = context_tokens
        self._kind: Kind | None = None
        self._detecting = asyncio.Lock()
        self._counts = Counts(self._counted)
        self.trouble = ""
        """Why it did not answer the last time; empty when it did."""
        self._asked_in_vain = False
        """Its last answer failed although it can be asked what it is: only an answer ends such a trouble."""
        self.settled: Callable[[], None] = lambda: None
        """Is called when `name` has become another."""

    @property
    def name(self) -> str:
        """The model, as the server names it; the server's address until that is known."""
        return self._name or self._client.url

    @property
    def words(self) -> str:
        """What the server is, for people; empty until it was asked."""
        return self._kind.words if self._kind else ""

    @property
    def tells_probs(self) -> bool | None:
        """True when the server's tokens carry probabilities; None while that is not known."""
        return self._kind.probs if self._kind else None

    @property
    def skills(self) -> Skills:
        """The skills that are known so far: none before the server was asked."""
        kind = self._kind
        return Skills(
            probs=bool(kind and kind.probs),
            infill=bool(kind and kind.infill),
            checks_draft=False,
            heals=bool(kind and kind.heals),
        )

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`; `draft` is ignored."""
        kind = await self.found()
        try:
            async with aclosing(kind.stream(prompt, max_tokens)) as tokens:
                async for token in tokens:
                    self._answered()
                    yield token
            self._answered()
        except PromptTooLong:
            raise
        except EngineError as error:
            self._failed(error, in_vain=not isinstance(error, Unreachable))
            raise
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            strange = self._failures.strange("its answer has another shape")
            self._failed(strange, in_vain=True)
            raise strange from error

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Counts tokens, as `protocols.Engine.count`; an estimate where the server counts nothing."""
        return await self._counts.of(texts)

    async def aclose(self) -> None:
        """Closes the connections; the server goes on."""
        await self._client.aclose()

    async def found(self) -> Kind:
        """What the server is. Raises EngineError."""
        async with self._detecting:
            if self._kind is None:
                known_as = self._name
                try:
                    self._kind, self._name = await detect(
                        self._client,
                        self._asked_name,
                        known=self._known,
                        probed=self._probed,
                        context_tokens=self._context_tokens,
                    )
                except EngineError as error:
                    self._failed(error, in_vain=self._asked_in_vain and not isinstance(error, Unreachable))
                    raise
                if not self._asked_in_vain:
                    self.trouble = ""
                if self._name != known_as:
                    self.settled()
            return self._kind

    async def _counted(self, texts: Sequence[str]) -> list[int]:
        return await (await self.found()).count(texts)

    def _answered(self) -> None:
        self.trouble, self._asked_in_vain = "", False

    def _failed(self, error: EngineError, *, in_vain: bool) -> None:
        self.trouble, self._kind, self._asked_in_vain = str(error), None, in_vain
