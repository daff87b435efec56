"""What every cloud engine shares: its name, its client, an estimate of token counts, and that no answer can break it.

Knows nothing of providers.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...types import Prompt, Skills, Token
from ..fim import FimMarkers
from ..http import HttpClient
from .cloud_failures import CloudFailures

AskedAs: TypeAlias = Literal["", "markers", "suffix", "chat"]
"""How a prompt is put: with a family's fill-in-the-middle markers, with the text behind the cursor in a field of its
own, or as a chat; empty while that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudModel:
    """A model behind a client."""

    name: str
    client: HttpClient
    fim: FimMarkers | None
    """The markers of its family, for raw prompts; None where the name tells no family."""
    address: str = ""
    """The server's address as the person wrote it; empty for the service's own."""
    known: tuple[FimMarkers, ...] = ()
    """Markers that a server which counts tokens is asked for, where `fim` is None."""


class CloudEngine(ABC):
    """One kind of route. A subclass says in `_answer` how a prompt is asked, and what can be done with a draft."""

    def __init__(self, model: CloudModel) -> None:
        self._model = model
        self._client = model.client

    @property
    def skills(self) -> Skills:
        """The skills of a plain cloud: it reads the text after the cursor, and nothing more."""
        return Skills(probs=False, infill=True, checks_draft=False)

    @property
    def name(self) -> str:
        """The model, as its server names it."""
        return self._model.name

    @property
    @abstractmethod
    def asked_as(self) -> AskedAs:
        """How its prompts are put, for `status`."""

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`. Raises CloudError or PromptTooLong."""
        tokens = self._answer(prompt, max_tokens, draft)
        try:
            async with aclosing(tokens):
                async for token in tokens:
                    yield token
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise CloudFailures().misshapen() from error

    @abstractmethod
    def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        """The tokens of an answer."""

    async def count(self, texts: Sequence[str]) -> list[int]:
        """An estimate that needs no request, by what the server has told of earlier prompts."""
        return [self._client.chars_a_token.estimate(text) for text in texts]

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def markers_of(model: CloudModel) -> FimMarkers:
    """The markers of a model that is sent raw prompts."""
    assert model.fim is not None, "a model without markers is asked in a chat"
    return model.fim
