"""The wire family of `/completions`: a raw prompt with a family's markers, or `suffix` in a field of its own.

OpenAI's old route as others serve it (vLLM, LM Studio, Fireworks, …), Mistral's `/fim/completions`, DeepSeek's beta.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TypeAlias

from ...errors import CloudRefused
from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import FimMarkers, before, render
from ..forced import plainly
from ..http import routing
from .cloud_engine import AskedAs, CloudEngine, CloudModel
from .json_answers import first_choice, number_of, telling, text_of
from .optional_fields import OptionalFields

TextFields: TypeAlias = Callable[[Prompt, int, str], dict[str, object]]
"""A provider's optional fields of a prompt, its most tokens and its draft."""
_NO_SUCH_ROUTE = (400, 404, 405, 422, 501)
"""HTTP statuses of a server that has no such route, or takes no `suffix` for the model."""


def plain_text_fields(prompt: Prompt, max_tokens: int, draft: str) -> dict[str, object]:
    """The fields that every server of this family documents."""
    return {"max_tokens": max_tokens, "temperature": 0}


class TextCompletions(CloudEngine):
    """A completions route; `markers` None sends the text behind the cursor as `suffix`."""

    def __init__(
        self,
        model: CloudModel,
        fields: TextFields = plain_text_fields,
        *,
        markers: FimMarkers | None,
        path: str = "/completions",
        speculates: bool = False,
    ) -> None:
        """`speculates`: the service checks a draft that it is given."""
        super().__init__(model)
        self._fields = fields
        self._markers = markers
        self._path = path
        self._speculates = speculates
        self._optional = OptionalFields()

    @property
    def skills(self) -> Skills:
        """The service checks a draft where it documents that."""
        return Skills(probs=False, infill=True, checks_draft=self._speculates)

    @property
    def asked_as(self) -> AskedAs:
        """By markers or by suffix."""
        return "suffix" if self._markers is None else "markers"

    def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        draft = draft if self._speculates else ""
        return plainly(prompt, draft, lambda asked, its_draft, heals: self._written(asked, max_tokens, its_draft))

    async def _written(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        body: dict[str, object] = {"model": self.name, "stream": True}
        if self._markers is None:
            body |= {"prompt": before(prompt), "suffix": prompt.suffix}
        else:
            body |= {"prompt": render(prompt, self._markers, "standard")}
        events = self._optional.answered(
            lambda kept: self._client.stream(self._path, body | kept, headers=routing(prompt.session)),
            self._fields(prompt, max_tokens, draft),
        )
        check = None
        async with aclosing(telling(events, "choices")) as told:
            async for event in told:
                check = _matched(event) or check
                choice = first_choice(event)
                if text := text_of(choice, "delta", "content") or text_of(choice, "text"):
                    yield Token(text=text, prob=None)
        if check is not None:
            yield Token(text="", prob=None, n_evaluated=0, check=check)


class ElseChat(CloudEngine):
    """A completions route, and a chat from when the server turned out not to have it for the model."""

    def __init__(self, first: TextCompletions, chat: CloudEngine, model: CloudModel) -> None:
        super().__init__(model)
        self._now: CloudEngine = first
        self._chat = chat

    @property
    def skills(self) -> Skills:
        """The skills of the form that is used."""
        return self._now.skills

    @property
    def asked_as(self) -> AskedAs:
        """The form that is used."""
        return self._now.asked_as

    async def _answer(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        try:
            async with aclosing(self._now.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
                async for token in tokens:
                    yield token
            return
        except CloudRefused as error:
            if error.status not in _NO_SUCH_ROUTE or self._now is self._chat:
                raise
        async with aclosing(self._chat.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
            async for token in tokens:
                self._now = self._chat
                yield token


def _matched(event: object) -> DraftCheck | None:
    """Fireworks' `perf_metrics`."""
    offered = number_of(event, "perf_metrics", "speculation-prompt-tokens")
    if offered is None:
        return None
    return DraftCheck(
        offered=offered, accepted=number_of(event, "perf_metrics", "speculation-prompt-matched-tokens") or 0
    )
