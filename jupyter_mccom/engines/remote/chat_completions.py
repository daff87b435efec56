"""The wire family of OpenAI's `/chat/completions`: its request, its events, and `prediction` where a model takes it.

Nothing is forced on a chat: `chat_text.py` says what is asked and what is taken of the answer.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from ...types import DraftCheck, Prompt, Skills, Token
from ..http import routing
from .chat_text import ChatText, messages, most_tokens_of, prediction_of
from .cloud_engine import AskedAs, CloudEngine, CloudModel
from .json_answers import first_choice, found_at, number_of, telling, text_of
from .optional_fields import OptionalFields


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a provider may put into the optional fields of a request."""

    model: str
    session: str
    max_tokens: int
    prediction: str
    """The draft as the answer's text; empty where there is none or the model takes none."""


ChatFields: TypeAlias = Callable[[Asked], dict[str, object]]
"""A provider's optional fields."""


def plain_fields(asked: Asked) -> dict[str, object]:
    """The fields that every server of this family documents."""
    return {"temperature": 0, "max_tokens": asked.max_tokens}


class ChatCompletions(CloudEngine):
    """A chat route; `predicts`: the model takes a prediction."""

    asked_as: AskedAs = "chat"

    def __init__(
        self,
        model: CloudModel,
        fields: ChatFields = plain_fields,
        *,
        path: str = "/chat/completions",
        predicts: bool = False,
    ) -> None:
        super().__init__(model)
        self._fields = fields
        self._path = path
        self._predicts = predicts
        self._optional = OptionalFields()

    @property
    def skills(self) -> Skills:
        """The service checks a draft where the model takes a prediction."""
        return Skills(probs=False, infill=True, checks_draft=self._predicts)

    async def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        asked = Asked(
            model=self.name,
            session=prompt.session,
            max_tokens=most_tokens_of(prompt, max_tokens),
            prediction=prediction_of(prompt, draft) if self._predicts else "",
        )
        body = {"model": self.name, "messages": messages(prompt), "stream": True}
        events = self._optional.answered(
            lambda kept: self._client.stream(self._path, body | kept, headers=routing(prompt.session)),
            self._fields(asked),
        )
        text, check = ChatText(prompt), None
        async with aclosing(telling(events, "choices")) as told:
            async for event in told:
                check = _checked(event) or check
                if new := text.add(text_of(first_choice(event), "delta", "content")):
                    yield Token(text=new, prob=None)
        yield Token(text=text.rest(), prob=None, n_evaluated=0, check=check)


def _checked(event: object) -> DraftCheck | None:
    """The draft check that OpenAI tells in `usage.completion_tokens_details`."""
    details = found_at(event, "usage", "completion_tokens_details")
    accepted = number_of(details, "accepted_prediction_tokens")
    if accepted is None:
        return None
    return DraftCheck(offered=accepted + (number_of(details, "rejected_prediction_tokens") or 0), accepted=accepted)
