"""Google's `models/…:streamGenerateContent`: its own request and server-sent events.

Source: the types of PyPI's google-genai 3.6 (`GenerateContentConfig`, `ThinkingConfig`) and ai.google.dev (API
reference; thinking), November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from urllib.parse import quote

from ...types import Prompt, Token
from .chat_text import SYSTEM, ChatText, most_tokens_of, turns
from .cloud_engine import AskedAs, CloudEngine, CloudModel
from .json_answers import found_at, list_at, telling, text_of
from .optional_fields import OptionalFields


class GenerateContent(CloudEngine):
    """`fields`: the optional fields of `generationConfig` for a model and its most tokens."""

    asked_as: AskedAs = "chat"

    def __init__(self, model: CloudModel, fields: Callable[[str, int], dict[str, object]]) -> None:
        super().__init__(model)
        self._fields = fields
        self._path = f"/models/{quote(model.name.removeprefix('models/'), safe='')}:streamGenerateContent?alt=sse"
        self._optional = OptionalFields()

    async def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        body = {
            "systemInstruction": {"parts": [{"text": SYSTEM}]},
            "contents": [
                {"role": "user" if role == "user" else "model", "parts": [{"text": said}]}
                for role, said in turns(prompt)
            ],
        }
        events = self._optional.answered(
            lambda kept: self._client.stream(self._path, body | {"generationConfig": kept}),
            self._fields(self.name, most_tokens_of(prompt, max_tokens)),
        )
        text = ChatText(prompt)
        async with aclosing(telling(events, "candidates", "promptFeedback")) as told:
            async for event in told:
                if new := text.add(_written(event)):
                    yield Token(text=new, prob=None)
        yield Token(text=text.rest(), prob=None, n_evaluated=0)


def _written(event: object) -> str:
    """The text of an event's first candidate, its thoughts left out."""
    first = next(iter(list_at(event, "candidates")), None)
    parts = list_at(first, "content", "parts")
    return "".join(text_of(part, "text") for part in parts if found_at(part, "thought") is not True)
