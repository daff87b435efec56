"""One engine's prompts: context is found, its tokens are counted, and what fits goes in. Knows no source of context."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from ..errors import EngineError, PromptTooLong
from ..protocols import N_HITS, Engine, Retriever
from ..types import CompletionRequest, Hit, Prompt
from .text.prompt import build, texts

_SHORTER, _ROOM = 0.75, 0.9
"""Shares of a prompt's length: where nothing is known of the context; of one that fits, for the model's markers."""
_LEAST_TOKENS = 128
_N_SHORT = 300
"""So many prompts are short before a long one is tried again: its server may have a longer context by then."""
_HIT_TOKENS = 48
"""A small piece of code: so many hits are asked for that they fill the room, and those that do not fit stay out."""

KeptOut: TypeAlias = Callable[[str], Awaitable[bool]]
"""Tells of a document whether its text must stay on this machine. May raise RetrievalError."""


async def none_kept_out(document: str) -> bool:
    """Lets every document go."""
    return False


class Context:
    """`n_tokens` bounds a prompt, `n_retrieved_tokens` what is retrieved in it; `allowed` says what may be in it.

    A bound that may change is asked for at each prompt. Documents of `kept_out` are in none of them.
    """

    def __init__(
        self,
        engine: Engine,
        retriever: Retriever | None,
        *,
        n_tokens: int | Callable[[], int],
        n_retrieved_tokens: int,
        allowed: Callable[[Hit], bool] = lambda hit: True,
        kept_out: KeptOut = none_kept_out,
    ) -> None:
        self.engine = engine
        """The engine whose prompts these are."""
        self._retriever = retriever
        self._n_tokens = n_tokens
        self._n_retrieved_tokens = n_retrieved_tokens
        self._n_hits = max(N_HITS, n_retrieved_tokens // _HIT_TOKENS)
        self._allowed = allowed
        self._kept_out = kept_out
        self._most: int | None = None
        """Tokens that the model's context holds, as far as it has refused more."""
        self._n_short = 0
        """Prompts that are still to be short."""

    @property
    def n_tokens(self) -> int:
        """Most tokens of a prompt."""
        n_tokens = self._n_tokens if isinstance(self._n_tokens, int) else self._n_tokens()
        return min(n_tokens, self._most) if self._most is not None and self._n_short else n_tokens

    def shorten(self, error: PromptTooLong) -> None:
        """Bounds the next prompts by what the model's context holds, which refused one; then a long one is tried."""
        share = _SHORTER if error.fits is None else min(_SHORTER, _ROOM * error.fits)
        most = max(_LEAST_TOKENS, int(share * self.n_tokens))
        guessed = error.fits is None and self._most is not None
        self._most, self._n_short = min(most, self._most or most) if guessed else most, _N_SHORT

    def allows(self, hits: Iterable[Hit]) -> bool:
        """Text that was written with these hits may stand in a prompt or a draft."""
        return all(self._allowed(hit) for hit in hits)

    async def prompt(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None
    ) -> tuple[Prompt, tuple[Hit, ...]]:
        """The prompt, and the hits that stand in it. `text` is the local model's answer: a second query.

        Raises EngineError or ModelError as the engine's count does, EngineError for a document that is kept out.
        """
        if await self._kept_out(request.document):
            raise EngineError(f"{request.document} is named in .mccomignore and its text stays here; see local_url")
        hits = await self._found(request, text, confidence)
        n_tokens = self.n_tokens
        self._n_short = max(0, self._n_short - 1)
        wanted = texts(request, n_tokens, hits)
        counted = await self.engine.count(wanted)
        session = hashlib.sha256(f"{request.client}\n{request.document}".encode()).hexdigest()[:16]
        prompt = build(
            request,
            dict(zip(wanted, counted, strict=True)),
            n_tokens,
            hits=hits,
            n_retrieved_tokens=min(self._n_retrieved_tokens, n_tokens // 2),
            session=session,
        )
        there = {(chunk.source, chunk.first_line) for chunk in prompt.chunks}
        return prompt, tuple(_text_of(hit) for hit in hits if (hit.chunk.source, hit.chunk.first_line) in there)

    async def _found(self, request: CompletionRequest, text: str, confidence: float | None) -> tuple[Hit, ...]:
        if self._retriever is None or not self._n_retrieved_tokens:
            return ()
        hits = await self._retriever.search(request, text=text, confidence=confidence, n_hits=self._n_hits)
        return tuple(hit for hit in hits if self._allowed(hit))


def _text_of(hit: Hit) -> Hit:
    """The hit as it stood in a prompt: it is kept for long."""
    return replace(hit, chunk=replace(hit.chunk, frames=())) if hit.chunk.frames else hit
