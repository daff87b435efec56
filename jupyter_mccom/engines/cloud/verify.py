"""Own servers that tell the probabilities of a prompt: vLLM and SGLang check a draft in one pass (engines.md D).

The draft is sent behind the prompt. The longest run of it that is the model's own argmax is kept, and the argmax at the
divergence is one token more for nothing. Only where that does not end the answer, a second call goes on from there,
on the same replica: `session` is sent as the routing key.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import render
from .base import CloudEngine, CloudModel, first_choice, text_of
from .client import CloudClient

_BROKEN = "\ufffd"
"""Stands for a token that ends inside a character: such a token is not taken from a check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The model's argmax at one position of the draft."""

    token_id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a server says of a prompt with a draft behind it."""

    argmax: list[Position]
    """One a token of the draft."""
    text: str
    """What the model wrote after the whole draft; counts only where all of it was kept."""


class Server(Protocol):
    """The routes of one server."""

    async def check(self, model: str, ids: list[int], n_draft: int, max_tokens: int, session: str) -> Checked: ...
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
        check, n_kept = None, 0
        if draft:
            draft_ids = await self._ids(draft)
            found = await self._server.check(self.name, ids + draft_ids, len(draft_ids), max_tokens, prompt.session)
            n_kept, more = _kept(draft_ids, found)
            for position in found.argmax[:n_kept]:
                yield Token(text=position.text, prob=None, from_draft=True)
            if n_kept == len(draft_ids):
                yield Token(text=found.text, prob=None, check=_passes(draft_ids, n_kept, 1))
                return
            ids = ids + draft_ids[:n_kept]
            if more is not None:
                ends = _ends_text(more.text)
                yield Token(text="" if ends else more.text, prob=None)
                if ends:
                    yield Token(text="", prob=None, n_evaluated=0, check=_passes(draft_ids, n_kept, 1))
                    return
                ids.append(more.token_id)
            check = _passes(draft_ids, n_kept, 2)
        stream = self._server.write(self.name, ids, max_tokens - n_kept, prompt.session)
        async with aclosing(stream):
            async for event in stream:
                text = self._server.text_in(event)
                if text:
                    yield Token(text=text, prob=None)
        yield Token(text="", prob=None, n_evaluated=0, check=check)

    async def _ids(self, text: str) -> list[int]:
        body = {"model": self.name, "prompt": text, "add_special_tokens": False}
        ids: list[int] = (await self._client.post("/tokenize", body)).get("tokens", [])
        return ids


class Vllm:
    """vLLM's OpenAI routes; `prompt_logprobs` cannot be streamed."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    async def check(self, model: str, ids: list[int], n_draft: int, max_tokens: int, session: str) -> Checked:
        body = _completion(model, ids, max_tokens) | {"prompt_logprobs": 1, "stream": False}
        choice = first_choice(await self._client.post("/v1/completions", body, headers=_routed(session)))
        told = choice.get("prompt_logprobs")
        positions = told[-n_draft:] if isinstance(told, list) else []
        return Checked(argmax=[_first_ranked(position) for position in positions], text=text_of(choice, "text"))

    def write(self, model: str, ids: list[int], max_tokens: int, session: str) -> AsyncGenerator[dict[str, Any], None]:
        body = _completion(model, ids, max_tokens) | {"stream": True}
        return self._client.stream("/v1/completions", body, headers=_routed(session))

    def text_in(self, event: dict[str, Any]) -> str:
        return text_of(first_choice(event), "text")


class SgLang:
    """SGLang's native route, which recomputes the draft's part only; its stream repeats the whole text."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client

    async def check(self, model: str, ids: list[int], n_draft: int, max_tokens: int, session: str) -> Checked:
        body = {
            "input_ids": ids, "sampling_params": {"temperature": 0, "max_new_tokens": max_tokens},
            "return_logprob": True,
            "logprob_start_len": len(ids) - n_draft - 1, "top_logprobs_num": 1, "return_text_in_logprobs": True,
        }  # fmt: skip
        answer = await self._client.post("/generate", body, headers=_routed(session))
        told = (answer.get("meta_info") or {}).get("input_top_logprobs") or []
        tops = [top[0] for top in told[-n_draft:] if top]
        argmax = [Position(token_id=int(top[1]), text=str(top[2])) for top in tops]
        return Checked(argmax=argmax if len(argmax) == n_draft else [], text=text_of(answer, "text"))

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


def _kept(draft_ids: list[int], found: Checked) -> tuple[int, Position | None]:
    """How many tokens of the draft are the argmax, and the argmax where they end."""
    for number, (token_id, position) in enumerate(zip(draft_ids, found.argmax, strict=False)):
        if position.token_id != token_id or _BROKEN in position.text:
            usable = position.token_id >= 0 and _BROKEN not in position.text
            return number, position if usable else None
    return (len(draft_ids), None) if len(found.argmax) == len(draft_ids) else (0, None)


def _ends_text(text: str) -> bool:
    """A special token as servers print it: `<|endoftext|>`, `</s>`; or nothing at all."""
    return not text or (text.startswith("<|") and text.endswith("|>")) or text == "</s>"


def _passes(draft_ids: list[int], n_kept: int, passes: int) -> DraftCheck:
    return DraftCheck(offered=len(draft_ids), accepted=n_kept, passes=passes)
