"""Services with a fill-in-the-middle route and no use for a draft: Mistral and DeepSeek."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from ...types import Prompt, Token
from ..fim import before
from ..forced import plainly
from .cloud_engine import CloudEngine, CloudModel
from .json_answers import first_choice, text_of


class FimService(CloudEngine):
    """`path` of the route; `keyed` services keep a document's cache by `prompt_cache_key`."""

    def __init__(self, model: CloudModel, *, path: str, keyed: bool) -> None:
        super().__init__(model)
        self._path = path
        self._keyed = keyed

    def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`; `draft` is ignored. Raises CloudError."""
        return plainly(prompt, "", lambda asked, _, heals: self._written(asked, max_tokens))

    async def _written(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        body = {
            "model": self.name,
            "prompt": before(prompt),
            "suffix": prompt.suffix,
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
        } | ({"prompt_cache_key": prompt.session} if self._keyed else {})
        stream = self._client.stream(self._path, body)
        async with aclosing(stream):
            async for event in stream:
                choice = first_choice(event)
                text = text_of(choice, "delta", "content") or text_of(choice, "text")
                if text:
                    yield Token(text=text, prob=None)
