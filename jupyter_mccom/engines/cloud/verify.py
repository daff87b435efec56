"""Own servers that tell the probabilities of a prompt: vLLM and SGLang check a draft in one pass (engines.md D).

The draft is sent behind the prompt. The longest run of it that is the model's own argmax is kept, and the argmax where
it ends is one token more for nothing. Only for whoever still reads then, a second call goes on from there, on the same
replica: `session` is sent as the routing key.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import render
from .base import CloudEngine, CloudModel, first_choice, text_of
from .client import CloudClient

_BROKEN = "\ufffd"
"""Stands for a token that ends inside a character: such a token is not taken from a check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The model's argmax at one position."""

    token_id: int
    text: str
    """Empty, or a special token, at the end of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a server says of a prompt with a draft behind it."""

    argmax: list[Position]
    """One a token of the draft."""
    after: Position | None
    """Behind the whole draft; None where the server does not tell."""


class Server(Protocol):
    """The routes of one server."""

    async def check(self, model: str, ids: list[int], n_draft: int, session: str) -> Checked: ...
    def write(
        self, model: str, ids: list[int], max_tokens: int, session: str
    ) -> AsyncGenerator[dict[str, Any], None]: ...
    def text_in(self, event: dict[str, Any]) -> str: ...


class Verifying(CloudEngine):
    """A server that checks drafts by prompt probabilities."""

    skills = Skills(probs=False, infill=True, checks_draft=True)

    def __init__(self, model: CloudModel, server: Server) -> None:
        super().__init__(model)
        self._server = server

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """See protocols.Engine. Raises CloudError."""
        ids = await self._ids(render(prompt, self._model.fim, "standard"))
        n_left, check = max_tokens, None
        if draft:
            draft_ids = (await self._ids(draft))[:max_tokens]
            found = await self._server.check(self.name, ids + draft_ids, len(draft_ids), prompt.session)
            kept, more = _kept(draft_ids, found)
            more = more if len(kept) < max_tokens else None
            once = DraftCheck(offered=len(draft_ids), accepted=len(kept), passes=1)
            for position in kept:
                yield Token(text=position.text, prob=None, from_draft=True, check=once)
            if more is not None:
                ends = _ends_text(more.text)
                yield Token(text="" if ends else more.text, prob=None, check=once)
                if ends:
                    return
            gained = [position.token_id for position in [*kept, *([more] if more else [])]]
            ids, n_left, check = ids + gained, max_tokens - len(gained), replace(once, passes=2)
        if n_left <= 0:
            return
        async with aclosing(self._server.write(self.name, ids, n_left, prompt.session)) as stream:
            async for event in stream:
                text = self._server.text_in(event)
                if text:
                    yield Token(text=text, prob=None, check=check)

    async def _ids(self, text: str) -> list[int]:
        body = {"model": self.name, "prompt": text, "add_special_tokens": False}
        ids: list[int] = (await self._client.post("/tokenize", body)).get("tokens", [])
        return ids


class Vllm:
    """vLLM's OpenAI routes; `prompt_logprobs` cannot be streamed."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    async def check(self, model: str, ids: list[int], n_draft: int, session: str) -> Checked:
        body = _completion(model, ids, 1) | {"prompt_logprobs": 1, "return_token_ids": True, "stream": False}
        choice = first_choice(await self._client.post("/v1/completions", body, headers=_routed(session)))
        told = choice.get("prompt_logprobs")
        positions = told[-n_draft:] if isinstance(told, list) else []
        after = _after(choice.get("token_ids"), text_of(choice, "text"), choice.get("finish_reason"))
        return Checked(argmax=[_first_ranked(position) for position in positions], after=after)

    def write(self, model: str, ids: list[int], max_tokens: int, session: str) -> AsyncGenerator[dict[str, Any], None]:
        body = _completion(model, ids, max_tokens) | {"stream": True}
        return self._client.stream("/v1/completions", body, headers=_routed(session))

    def text_in(self, event: dict[str, Any]) -> str:
        return text_of(first_choice(event), "text")


class SgLang:
    """SGLang's native route, which recomputes the draft's part only; its stream repeats the whole text."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    async def check(self, model: str, ids: list[int], n_draft: int, session: str) -> Checked:
        body = {
            "input_ids": ids, "sampling_params": {"temperature": 0, "max_new_tokens": 1},
            "return_logprob": True,
            "logprob_start_len": len(ids) - n_draft - 1, "top_logprobs_num": 1, "return_text_in_logprobs": True,
        }  # fmt: skip
        answer = await self._client.post("/generate", body, headers=_routed(session))
        meta = answer.get("meta_info") or {}
        tops = [top[0] for top in (meta.get("input_top_logprobs") or [])[-n_draft:] if top]
        argmax = [Position(token_id=int(top[1]), text=str(top[2])) for top in tops]
        reason = (meta.get("finish_reason") or {}).get("type")
        after = _after(answer.get("output_ids"), text_of(answer, "text"), reason)
        return Checked(argmax=argmax if len(argmax) == n_draft else [], after=after)

    async def write(
        self, model: str, ids: list[int], max_tokens: int, session: str
    ) -> AsyncGenerator[dict[str, Any], None]:
        params = {"temperature": 0, "max_new_tokens": max_tokens}
        body = {"input_ids": ids, "sampling_params": params, "stream": True}
        stream, n_seen = self._client.stream("/generate", body, headers=_routed(session)), 0
        async with aclosing(stream):
            async for event in stream:
                text = text_of(event, "text")
                yield {"new": text[n_seen:]}
                n_seen = len(text)

    def text_in(self, event: dict[str, Any]) -> str:
        return text_of(event, "new")


def _completion(model: str, ids: list[int], max_tokens: int) -> dict[str, object]:
    return {"model": model, "prompt": ids, "max_tokens": max_tokens, "temperature": 0}


def _routed(session: str) -> dict[str, str]:
    return {"X-Session-ID": session} if session else {}


def _first_ranked(position: object) -> Position:
    """The entry of rank 1 of `{id: {logprob, rank, decoded_token}}`."""
    entries = position.items() if isinstance(position, dict) else ()
    for token_id, entry in entries:
        if entry.get("rank") == 1:
            return Position(token_id=int(token_id), text=str(entry.get("decoded_token") or ""))
    return Position(token_id=-1, text=_BROKEN)


def _after(ids: object, text: str, reason: object) -> Position | None:
    """The one token behind the draft; None where its id is not told or it ends inside a character."""
    token_id = ids[0] if isinstance(ids, list) and ids and isinstance(ids[0], int) else -1
    if reason == "stop":
        return Position(token_id=token_id, text="")
    return Position(token_id=token_id, text=text) if token_id >= 0 and text and _BROKEN not in text else None


def _kept(draft_ids: list[int], found: Checked) -> tuple[list[Position], Position | None]:
    """The tokens of the draft that are the argmax, and the argmax where they end."""
    for number, (token_id, position) in enumerate(zip(draft_ids, found.argmax, strict=False)):
        if position.token_id != token_id or _BROKEN in position.text:
            usable = position.token_id >= 0 and _BROKEN not in position.text
            return found.argmax[:number], position if usable else None
    return (found.argmax, found.after) if len(found.argmax) == len(draft_ids) else ([], None)


def _ends_text(text: str) -> bool:
    """A special token as servers print it: `<|endoftext|>`, `</s>`; or nothing at all."""
    return not text or (text.startswith("<|") and text.endswith("|>")) or text == "</s>"
