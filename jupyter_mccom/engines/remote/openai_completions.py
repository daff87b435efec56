"""`/v1/completions` of LM Studio and of others that speak as OpenAI did (lmstudio.ai, platform.openai.com)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing

from ...types import Prompt, Token
from ..forced import plainly
from ..http import routing
from ..token_counts import estimate
from .own_server import Served, tokens_of
from .server_failures import Refused


class CompletionsServer:
    """Raw prompts where the model's markers are known, else `suffix` while the server takes one."""

    words = "an OpenAI-compatible server"
    probs: bool | None = None
    heals = False

    def __init__(self, served: Served) -> None:
        self._served = served
        self._suffix = not served.reads.infill
        self.infill = True

    def stream(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `Kind.stream`."""
        return plainly(prompt, "", lambda asked, draft, heals: self._written(asked, max_tokens))

    async def _written(self, prompt: Prompt, max_tokens: int) -> AsyncGenerator[Token, None]:
        text = self._served.fitting(prompt)
        body: dict[str, object] = {
            "model": self._served.name,
            "prompt": text,
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "logprobs": 1,
        }
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
        """Counts tokens, as `Kind.count`: an estimate."""
        return [estimate(text) for text in texts]

    async def _sent(self, body: Mapping[str, object], session: str) -> AsyncGenerator[Token, None]:
        events = self._served.client.stream("/v1/completions", body, headers=routing(session))
        async with aclosing(events):
            async for event in events:
                choices = event.get("choices") or [{}]
                told = (choices[0].get("logprobs") or {}).get("token_logprobs")
                items = [{"logprob": logprob} for logprob in told] if told else None
                for token in tokens_of(choices[0].get("text", ""), items):
                    self.probs = token.prob is not None
                    yield token
