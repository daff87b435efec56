"""What a server that is not ours may be. Each kind says how a prompt is put and what comes back. Adding one is a class.

Sources: llama.cpp's server README, docs.ollama.com (`/api/generate`), lmstudio.ai and platform.openai.com
(`/v1/completions`), as of November 2026.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from ...errors import PromptTooLong
from ...types import Prompt, Token
from ..fim import FimMarkers, Layout, head_of, render
from ..forced import Healing, plainly
from .llama_completion import Answer, body_of
from .server_client import Refused, ServerClient

_CHARS_A_TOKEN = 3
"""Code has 3 to 4 characters a token with the tokenizers of 2025; the lower figure keeps a prompt within its budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A model of a server."""

    client: ServerClient
    name: str
    """As its server names it."""
    fim: FimMarkers | None
    """None: not known from its name."""
    layout: Layout
    context_tokens: int

    def rendered(self, prompt: Prompt, *, heals: bool = False) -> str:
        """The prompt with the model's markers; what stands before the cursor where they are not known.

        Where nothing is healed it is in the standard order, which training did cut inside words.
        """
        return render(prompt, self.fim, self.layout if heals else "standard") if self.fim else before(prompt)


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
        """It can be forced to begin with a text."""
        ...

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """See protocols.Engine.generate."""
        ...

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text; an estimate where the server counts none."""
        ...


class LlamaServer:
    """llama.cpp's server, `jupyter mccom serve` among them."""

    words = "llama.cpp"
    probs: bool | None = True

    def __init__(self, served: Served) -> None:
        self._served = served
        self._healing = Healing()
        self.infill = served.fim is not None

    @property
    def heals(self) -> bool:
        """By its grammar."""
        return self._healing.works

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """See Kind."""
        return self._healing.written(prompt, "", lambda asked, _, heals: self._written(asked, max_tokens, heals))

    async def _written(self, prompt: Prompt, max_tokens: int, heals: bool) -> AsyncGenerator[Token, None]:
        text, answer = self._served.rendered(prompt, heals=heals), Answer(prompt.forced, max_tokens)
        body = body_of(text, forced=prompt.forced, max_tokens=max_tokens)
        events = self._served.client.stream("/completion", body, session=prompt.session)
        async with aclosing(events):
            async for event in events:
                for token in answer.tokens(event):
                    yield token
                if answer.full:
                    return
        answer.end()

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See Kind."""
        return await asyncio.gather(*(self._counted(text) for text in texts))

    async def _counted(self, text: str) -> int:
        if not text:
            return 0
        body = {"content": text, "add_special": False, "parse_special": False}
        answer = await self._served.client.post("/tokenize", body)
        return len(answer["tokens"]) if isinstance(answer, dict) and isinstance(answer.get("tokens"), list) else 0


class Ollama:
    """Raw prompts where the model's markers are known, else its own `suffix` field; `inserts`: it has one."""

    words = "Ollama"
    probs: bool | None = None
    heals = False

    def __init__(self, served: Served, *, inserts: bool) -> None:
        self._served = served
        self._inserts = inserts and served.fim is None
        self.infill = inserts or served.fim is not None

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """See Kind."""
        return plainly(prompt, "", lambda asked, draft, heals: self._written(asked, max_tokens))

    async def _written(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        fits(self._served.rendered(prompt), self._served.context_tokens)
        text: dict[str, object] = (
            {"prompt": before(prompt), "suffix": prompt.suffix}
            if self._inserts
            else {"prompt": self._served.rendered(prompt), "raw": True}
        )
        options = {"temperature": 0, "num_predict": max_tokens}
        body = {"model": self._served.name, **text, "stream": True, "logprobs": True, "options": options}
        events = self._served.client.stream("/api/generate", body, session=prompt.session)
        async with aclosing(events):
            async for event in events:
                for token in _tokens(event.get("response", ""), event.get("logprobs")):
                    self.probs = token.prob is not None
                    yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See Kind: an estimate."""
        return [estimate(text) for text in texts]


class Completions:
    """LM Studio and others of OpenAI's shape: raw prompts where markers are known, else `suffix` while it is taken."""

    words = "an OpenAI-compatible server"
    probs: bool | None = None
    heals = False

    def __init__(self, served: Served) -> None:
        self._served = served
        self._suffix = served.fim is None
        self.infill = True

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """See Kind."""
        return plainly(prompt, "", lambda asked, draft, heals: self._written(asked, max_tokens))

    async def _written(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        text = self._served.rendered(prompt)
        fits(text, self._served.context_tokens)
        body: dict[str, object] = {
            "model": self._served.name, "prompt": text, "max_tokens": max_tokens, "temperature": 0, "stream": True,
            "logprobs": 1,
        }  # fmt: skip
        try:
            async for token in self._sent(body | ({"suffix": prompt.suffix} if self._suffix else {}), prompt.session):
                yield token
        except Refused as error:
            if error.status not in (400, 422) or not self._suffix:
                raise
            self._suffix = self.infill = False
            async for token in self._sent(body, prompt.session):
                yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        """See Kind: an estimate."""
        return [estimate(text) for text in texts]

    async def _sent(self, body: Mapping[str, object], session: str) -> AsyncGenerator[Token, None]:
        events = self._served.client.stream("/v1/completions", body, session=session)
        async with aclosing(events):
            async for event in events:
                choices = event.get("choices") or [{}]
                told = (choices[0].get("logprobs") or {}).get("token_logprobs")
                items = [{"logprob": logprob} for logprob in told] if told else None
                for token in _tokens(choices[0].get("text", ""), items):
                    self.probs = token.prob is not None
                    yield token


def before(prompt: Prompt) -> str:
    """What stands before the cursor."""
    return head_of(prompt) + prompt.typed


def estimate(text: str) -> int:
    """Tokens of a text, without asking anybody."""
    return math.ceil(len(text) / _CHARS_A_TOKEN)


def fits(text: str, context_tokens: int) -> None:
    """Raises PromptTooLong: such servers cut a prompt that is too long without a word."""
    if (n_tokens := estimate(text)) > context_tokens:
        raise PromptTooLong(
            f"the prompt has {n_tokens} tokens and the server's context holds {context_tokens}; lower prompt_tokens"
        )


def _tokens(text: object, told: Sequence[Mapping[str, Any]] | None) -> list[Token]:
    """An event's tokens: the last one has its text, and those that began a character come before it without."""
    if not told:
        return [Token(text=str(text), prob=None)] if text else []
    texts = ["" for _ in told[:-1]] + [str(text)]
    return [Token(text=piece, prob=_prob(item.get("logprob"))) for piece, item in zip(texts, told, strict=True)]


def _prob(logprob: object) -> float | None:
    return min(1.0, math.exp(logprob)) if isinstance(logprob, int | float) else None


KnownModel = Callable[[str], "tuple[FimMarkers | None, Layout]"]
"""Markers and layout of a model that a server names."""
