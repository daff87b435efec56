"""What a server that somebody else runs as the local tier may be: the seam of its kinds, and what they share."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ...errors import PromptTooLong
from ...types import Prompt, Token
from ..fim import FimMarkers, Layout, PromptFormat
from ..http import HttpClient
from ..token_counts import estimate
from .json_answers import prob_of

KnownModel: TypeAlias = Callable[[str], "tuple[FimMarkers | None, Layout]"]
"""Markers and layout of a model that a server names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A model of a server."""

    client: HttpClient
    name: str
    """The name that its server uses."""
    reads: PromptFormat
    context_tokens: int

    def fitting(self, prompt: Prompt) -> str:
        """The prompt as text, which nothing is forced behind.

        Raises PromptTooLong: such servers cut a prompt that is too long without a word.
        """
        text = self.reads.render(prompt, heals=False)
        if (n_tokens := estimate(text)) > self.context_tokens:
            raise PromptTooLong(
                f"the prompt has {n_tokens} tokens and the server's context holds {self.context_tokens}; "
                "the next one is shorter, prompt_tokens sets the length",
                fits=self.context_tokens / n_tokens,
            )
        return text


class Kind(Protocol):
    """One kind of server, with a model."""

    words: str
    """What it is, for people."""
    probs: bool | None
    """Its tokens carry probabilities; None until its first answer tells."""
    infill: bool
    """The text after the cursor is used."""

    @property
    def heals(self) -> bool:
        """True when the answer can be forced to begin with a text."""
        ...

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`."""
        ...

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text; an estimate where the server counts none."""
        ...


def tokens_of(text: object, told: Sequence[Mapping[str, Any]] | None) -> list[Token]:
    """An event's tokens: the last one has its text, and those that began a character come before it without."""
    if not told:
        return [Token(text=str(text), prob=None)] if text else []
    texts = ["" for _ in told[:-1]] + [str(text)]
    return [Token(text=piece, prob=prob_of(item.get("logprob"))) for piece, item in zip(texts, told, strict=True)]
