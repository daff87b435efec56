"""Anthropic's `/messages`: its own request and server-sent events.

Source: the types of PyPI's anthropic 2.14 (`message_create_params`, `raw_message_stream_event`) and
docs.anthropic.com (API, versions), November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from ...types import Prompt, Token
from .chat_text import SYSTEM, ChatText, most_tokens_of, turns
from .cloud_engine import AskedAs, CloudEngine, CloudModel
from .json_answers import telling, text_of
from .optional_fields import OptionalFields


class Messages(CloudEngine):
    """`fields`: the optional fields for a model."""

    asked_as: AskedAs = "chat"

    def __init__(self, model: CloudModel, fields: Callable[[str], dict[str, object]]) -> None:
        super().__init__(model)
        self._fields = fields(model.name)
        self._optional = OptionalFields()

    async def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        body = {
            "model": self.name,
            "max_tokens": most_tokens_of(prompt, max_tokens),
            "system": SYSTEM,
            "messages": [{"role": role, "content": said} for role, said in turns(prompt)],
            "stream": True,
        }
        events = self._optional.answered(lambda kept: self._client.stream("/messages", body | kept), self._fields)
        text = ChatText(prompt)
        async with aclosing(telling(events, "type")) as told:
            async for event in told:
                if text_of(event, "type") == "message_stop":
                    break
                new = text.add(text_of(event, "delta", "text"))
                if new:
                    yield Token(text=new, prob=None)
        yield Token(text=text.rest(), prob=None, n_evaluated=0)
