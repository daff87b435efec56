"""Services that take the draft as text and check it themselves: `prediction` in a chat, `speculation` beside a prompt.

OpenAI and what speaks like it, and Fireworks. A chat model is asked for bare code; what it adds all the
same (a fence, the line as far as it is typed) is taken away while it streams.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import head_of, render
from ..forced import plainly
from .cloud_engine import CloudEngine
from .json_answers import first_choice, text_of

_SYSTEM = (
    "You complete code at a cursor. You are given the text before the cursor in <before> and the text after it in "
    "<after>. Answer with exactly the characters to insert at the cursor, up to the end of the statement: no "
    "explanation, no code fence, nothing that already stands before or after the cursor."
)
_FENCE = "```"


class Chat(CloudEngine):
    """A chat route with `prediction`.

    Nothing is forced on a chat. It is given the cursor's line as it stands, blanks too, for a tag follows it there. So
    the draft begins at the cursor, and what the answer repeats of the line is taken away.
    """

    @property
    def skills(self) -> Skills:
        """The service checks the draft."""
        return Skills(probs=False, infill=True, checks_draft=True)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`. Raises CloudError."""
        typed = prompt.typed + prompt.forced
        before = head_of(prompt) + typed
        asked = f"<before>{before}</before>\n<after>{prompt.suffix}</after>"
        messages = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": asked}]
        body: dict[str, object] = {
            "model": self.name,
            "messages": messages,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            "prompt_cache_key": prompt.session,
        }
        body |= {"prediction": {"type": "content", "content": draft}} if draft else {"max_tokens": max_tokens}
        stream = self._client.stream("/chat/completions", body)
        bare, check = _Bare(typed), None
        async with aclosing(stream):
            async for event in stream:
                check = _checked(event.get("usage")) or check
                text = bare.add(text_of(first_choice(event), "delta", "content"))
                if text:
                    yield Token(text=text, prob=None)
        yield Token(text=bare.rest(), prob=None, n_evaluated=0, check=check)


class Speculation(CloudEngine):
    """A completions route that takes a raw prompt and `speculation`."""

    @property
    def skills(self) -> Skills:
        """The service checks the draft."""
        return Skills(probs=False, infill=True, checks_draft=True)

    def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`. Raises CloudError."""
        return plainly(prompt, draft, lambda asked, its_draft, heals: self._written(asked, max_tokens, its_draft))

    async def _written(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        body = {
            "model": self.name,
            "prompt": render(prompt, self._model.fim, "standard"),
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "prompt_cache_key": prompt.session,
            "user": prompt.session,
            "perf_metrics_in_response": True,
        } | ({"speculation": draft} if draft else {})
        stream, check = self._client.stream("/completions", body), None
        async with aclosing(stream):
            async for event in stream:
                check = _matched(event.get("perf_metrics")) or check
                text = text_of(first_choice(event), "text")
                if text:
                    yield Token(text=text, prob=None)
        if check is not None:
            yield Token(text="", prob=None, n_evaluated=0, check=check)


class _Bare:
    """A chat's answer less its fence and a repetition of the typed line; holds back what may still be one."""

    def __init__(self, typed: str) -> None:
        self._repeats = _repeats(typed)
        self._held = ""
        self._begun = False

    def add(self, text: str) -> str:
        """What can be given out now."""
        self._held += text
        if not self._begun:
            if not self._head_is_known():
                return ""
            self._begun = True
            self._held = _without_head(self._held, self._repeats)
        cut = self._held.find(_FENCE)
        if cut >= 0:
            out, self._held = self._held[:cut].removesuffix("\n"), _FENCE
            return out
        keep = next((n for n in (3, 2, 1) if self._held.endswith(("\n" + _FENCE)[:n])), 0)
        out, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return out

    def rest(self) -> str:
        """What was held back at the end of the answer."""
        if not self._begun:
            return _without_head(self._held, self._repeats).partition(_FENCE)[0]
        return "" if self._held.startswith(_FENCE) else self._held

    def _head_is_known(self) -> bool:
        held = self._held
        if held.lstrip()[:3] == _FENCE[: len(held.lstrip()[:3])]:
            if "\n" not in held.lstrip():
                return False
            held = held.lstrip().partition("\n")[2]
        return bool(held) and not any(len(held) < len(one) and one.startswith(held) for one in self._repeats)


def _repeats(typed: str) -> list[str]:
    """What an answer may say again of the cursor's line, the longest first: the line, its half word, its last blanks.

    None of a line of blanks: they may be the indentation of a statement that the answer begins.
    """
    if not typed.strip():
        return []
    half_word = re.search(r"\w{2,}$", typed)
    blanks = typed[len(typed.rstrip(" \t")) :]
    found = {typed, typed.lstrip(" \t"), half_word[0] if half_word else "", blanks} - {""}
    return sorted(found, key=len, reverse=True)


def _without_head(text: str, repeats: list[str]) -> str:
    if text.lstrip().startswith(_FENCE):
        text = text.lstrip().partition("\n")[2]
    return text.removeprefix(next((one for one in repeats if text.startswith(one)), ""))


def _checked(usage: object) -> DraftCheck | None:
    """The draft check that OpenAI tells in `usage.completion_tokens_details`."""
    details = usage.get("completion_tokens_details") if isinstance(usage, dict) else None
    if not isinstance(details, dict) or "accepted_prediction_tokens" not in details:
        return None
    accepted = int(details["accepted_prediction_tokens"] or 0)
    return DraftCheck(offered=accepted + int(details.get("rejected_prediction_tokens") or 0), accepted=accepted)


def _matched(metrics: Mapping[str, Any] | None) -> DraftCheck | None:
    """Fireworks' `perf_metrics`."""
    if not metrics or "speculation-prompt-tokens" not in metrics:
        return None
    offered, accepted = metrics["speculation-prompt-tokens"], metrics.get("speculation-prompt-matched-tokens", 0)
    return DraftCheck(offered=int(offered), accepted=int(accepted))
