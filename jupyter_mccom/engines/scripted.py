"""An Engine that says what it was told: for documentation, demonstrations and tests of pure logic.

Knows nothing of models: a token is a word with the white space before it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

from ..errors import PromptTooLong
from ..types import Prompt, Skills, Token

_WORDS = re.compile(r"\s*\w+|\s*[^\w\s]|\s+$")


class ScriptedEngine:
    """Answers by `script`: a mapping from the end of the text before the cursor to what follows, or a function.

    `prob` is the probability of every token, 0..1; `token_s` the seconds a token takes.
    """

    def __init__(
        self,
        script: Mapping[str, str] | Callable[[Prompt], str],
        *,
        name: str = "scripted",
        prob: float = 0.95,
        token_s: float = 0.0,
        context_tokens: int = 4096,
    ) -> None:
        self._answer = script if callable(script) else _by_ending(script)
        self._name = name
        self._prob = prob
        self._token_s = token_s
        self._context_tokens = context_tokens

    @property
    def name(self) -> str:
        """The name that the engine was given."""
        return self._name

    @property
    def skills(self) -> Skills:
        """Drafts are ignored: the answer is known, and begins behind the forced text."""
        return Skills(probs=True, infill=True, checks_draft=False, heals=True)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`."""
        given = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced, prompt.suffix]
        n_prompt = sum(await self.count(given))
        if n_prompt > self._context_tokens:
            raise PromptTooLong(
                f"the prompt has {n_prompt} tokens and the model's context holds {self._context_tokens}; shorten it"
            )
        for number, word in enumerate(_WORDS.findall(self._answer(prompt))[:max_tokens]):
            await asyncio.sleep(self._token_s)
            yield Token(text=word, prob=self._prob, n_evaluated=1 if number else n_prompt)

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Words in each text."""
        return [len(_WORDS.findall(text)) for text in texts]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def _by_ending(script: Mapping[str, str]) -> Callable[[Prompt], str]:
    def answer(prompt: Prompt) -> str:
        before = prompt.prefix + prompt.typed + prompt.forced
        return next((text for ending, text in script.items() if before.endswith(ending)), "")

    return answer
