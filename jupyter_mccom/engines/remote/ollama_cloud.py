"""Ollama as a cloud: raw prompts where the model's family is known, its `suffix` where the model has it, else a chat.

Source: docs.ollama.com (`/api/generate`, `/api/chat`, `/api/show`; openapi.yaml), November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ...types import Prompt, Token
from ..fim import before, render
from ..forced import plainly
from .chat_text import ChatText, messages, most_tokens_of
from .cloud_engine import AskedAs, CloudEngine, CloudModel
from .json_answers import list_at, telling, text_of
from .optional_fields import OptionalFields

_CONTEXT_TOKENS = 8192
"""Ollama cuts a prompt beyond its context without a word, and its own default may be 4096."""


class OllamaCloud(CloudEngine):
    """The form is known with the first request."""

    def __init__(self, model: CloudModel) -> None:
        super().__init__(model)
        self._form: AskedAs = "markers" if model.fim else ""
        self._optional = OptionalFields()

    @property
    def asked_as(self) -> AskedAs:
        """The form of its prompts; empty before the first request of a model whose family is not known."""
        return self._form

    async def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        if not self._form:
            shown = await self._client.post("/api/show", {"model": self.name})
            self._form = "suffix" if "insert" in list_at(shown, "capabilities") else "chat"
        if self._form == "chat":
            tokens = self._chat(prompt, most_tokens_of(prompt, max_tokens))
        else:
            tokens = plainly(prompt, "", lambda asked, _, heals: self._written(asked, max_tokens))
        async with aclosing(tokens):
            async for token in tokens:
                yield token

    async def _written(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        fim = self._model.fim
        asked: dict[str, object] = (
            {"prompt": render(prompt, fim, "standard"), "raw": True}
            if fim
            else {"prompt": before(prompt), "suffix": prompt.suffix}
        )
        body = {"model": self.name, **asked, "stream": True, "options": _options(max_tokens)}
        async with aclosing(telling(self._client.stream("/api/generate", body), "response")) as events:
            async for event in events:
                if text := text_of(event, "response"):
                    yield Token(text=text, prob=None)

    async def _chat(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        body = {"model": self.name, "messages": messages(prompt), "stream": True, "options": _options(max_tokens)}
        events = self._optional.answered(lambda kept: self._client.stream("/api/chat", body | kept), {"think": False})
        text = ChatText(prompt)
        async with aclosing(telling(events, "message")) as told:
            async for event in told:
                if new := text.add(text_of(event, "message", "content")):
                    yield Token(text=new, prob=None)
        yield Token(text=text.rest(), prob=None, n_evaluated=0)


def _options(max_tokens: int) -> dict[str, object]:
    return {"temperature": 0, "num_predict": max_tokens, "num_ctx": _CONTEXT_TOKENS}
