"""The routes of vLLM and SGLang that tell the probabilities of a prompt, and what each says of a draft.

Sources: docs.vllm.ai (`entrypoints.openai.completion.protocol`, `tokenize`) and docs.sglang.ai (native API, sampling
parameters), November 2026.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ..forced import regex
from ..http import HttpClient, routing
from .cloud_engine import CloudModel, markers_of
from .json_answers import first_choice, found_at, list_at, number_of, telling, text_of

Text: TypeAlias = "str | list[int]"
"""A prompt as text, or as the server's tokens."""
BROKEN = "\ufffd"
"""Stands for a token that ends inside a character: such a token is not taken from a check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Argmax:
    """The model's argmax at one position."""

    token_id: int
    text: str
    """Empty, or a special token, at the end of the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a server says of a prompt with a draft behind it."""

    prompt_ids: list[int]
    """The prompt's tokens."""
    draft_ids: list[int]
    """The draft's tokens; empty where the server did not tell enough to check it."""
    texts: list[str]
    """One a token of the draft: its own."""
    argmax: list[Argmax]
    """One a token of the draft."""
    after: Argmax | None
    """Behind the whole draft; None where the server does not tell."""


class CheckingServer(Protocol):
    """The routes of one server."""

    async def check(self, model: str, prompt: str, draft: str, session: str) -> Checked: ...
    def write(
        self, model: str, prompt: Text, max_tokens: int, session: str, forced: str
    ) -> AsyncGenerator[str, None]: ...


class Vllm:
    """vLLM's OpenAI routes; `prompt_logprobs` cannot be streamed."""

    def __init__(self, model: CloudModel) -> None:
        self._client = model.client
        self._middle = markers_of(model).middle
        self._middle_id = -1

    async def check(self, model: str, prompt: str, draft: str, session: str) -> Checked:
        """Checks a draft, as `CheckingServer.check`: behind the last marker of the prompt's own tokens."""
        body = _completion(model, prompt + draft, 1) | {"prompt_logprobs": 1, "return_token_ids": True, "stream": False}
        answer = await self._client.post("/v1/completions", body, headers=routing(session))
        choice = first_choice(answer)
        if not choice:
            raise TypeError("no choice in the answer to a check")
        ids = _numbers(choice.get("prompt_token_ids"))
        positions = list_at(choice, "prompt_logprobs")
        n_prompt = await self._n_prompt(model, ids, positions) if len(positions) == len(ids) else 0
        if not n_prompt:
            return Checked(prompt_ids=[], draft_ids=[], texts=[], argmax=[], after=None)
        draft_ids, told = ids[n_prompt:], positions[n_prompt:]
        return Checked(
            prompt_ids=ids[:n_prompt],
            draft_ids=draft_ids,
            texts=[_own_text(position, token_id) for position, token_id in zip(told, draft_ids, strict=True)],
            argmax=[_first_ranked(position) for position in told],
            after=_after(choice.get("token_ids"), text_of(choice, "text"), choice.get("finish_reason")),
        )

    async def _n_prompt(self, model: str, ids: list[int], positions: list[object]) -> int:
        """Tokens up to the last marker; 0 where it is not found. Asked for once if no answer names it."""
        if self._middle_id < 0:
            own = (_own_text(position, token_id) for position, token_id in zip(positions, ids, strict=True))
            named = [token_id for text, token_id in zip(own, ids, strict=True) if text == self._middle]
            (self._middle_id,) = named[-1:] or await _ids(self._client, model, self._middle)
        return len(ids) - ids[::-1].index(self._middle_id) if self._middle_id in ids else 0

    async def write(
        self, model: str, prompt: Text, max_tokens: int, session: str, forced: str
    ) -> AsyncGenerator[str, None]:
        """Writes on. `structured_outputs` has taken the place of `guided_regex`; older servers ignore it."""
        body = _completion(model, prompt, max_tokens) | {"stream": True}
        body |= {"structured_outputs": {"regex": regex(forced)}} if forced else {}
        events = self._client.stream("/v1/completions", body, headers=routing(session))
        async with aclosing(telling(events, "choices")) as told:
            async for event in told:
                yield text_of(first_choice(event), "text")


class SgLang:
    """SGLang's native route, which recomputes the draft's part only; its stream repeats the whole text."""

    def __init__(self, model: CloudModel) -> None:
        self._client = model.client

    async def check(self, model: str, prompt: str, draft: str, session: str) -> Checked:
        """Checks a draft, as `CheckingServer.check`. Where the draft begins has to be asked first."""
        asked = {"model": model, "prompt": [prompt, draft], "add_special_tokens": False}
        prompt_ids, draft_ids = map(_numbers, list_at(await self._client.post("/tokenize", asked), "tokens"))
        body = {
            "input_ids": prompt_ids + draft_ids,
            "sampling_params": {"temperature": 0, "max_new_tokens": 1},
            "return_logprob": True,
            "logprob_start_len": len(prompt_ids) - 1,
            "top_logprobs_num": 1,
            "return_text_in_logprobs": True,
        }
        answer = await self._client.post("/generate", body, headers=routing(session))
        if found_at(answer, "meta_info") is None:
            raise TypeError("no meta_info in the answer to a check")
        n_draft = len(draft_ids)
        tops = [_argmax_of(top) for top in list_at(answer, "meta_info", "input_top_logprobs")[-n_draft:] if top]
        own = list_at(answer, "meta_info", "input_token_logprobs")[-n_draft:]
        reason = text_of(answer, "meta_info", "finish_reason", "type")
        return Checked(
            prompt_ids=prompt_ids,
            draft_ids=draft_ids if len(tops) == n_draft else [],
            texts=[_third(one) for one in own if one],
            argmax=tops,
            after=_after(answer.get("output_ids"), text_of(answer, "text"), reason),
        )

    async def write(
        self, model: str, prompt: Text, max_tokens: int, session: str, forced: str
    ) -> AsyncGenerator[str, None]:
        """Writes on, as `CheckingServer.write`."""
        params: dict[str, object] = {"temperature": 0, "max_new_tokens": max_tokens}
        params |= {"regex": regex(forced)} if forced else {}
        asked = {"text": prompt} if isinstance(prompt, str) else {"input_ids": prompt}
        body = {**asked, "sampling_params": params, "stream": True}
        events, n_seen = self._client.stream("/generate", body, headers=routing(session)), 0
        async with aclosing(telling(events, "text")) as told:
            async for event in told:
                text = text_of(event, "text")
                yield text[n_seen:]
                n_seen = len(text)


def lengths(model: CloudModel) -> Callable[[Sequence[str]], Awaitable[list[int]]]:
    """Counts tokens on either server; markers count as one."""

    async def counted(texts: Sequence[str]) -> list[int]:
        return [len(await _ids(model.client, model.name, text)) for text in texts]

    return counted


async def _ids(client: HttpClient, model: str, text: str) -> list[int]:
    body = {"model": model, "prompt": text, "add_special_tokens": False}
    return _numbers((await client.post("/tokenize", body)).get("tokens"))


def _completion(model: str, prompt: Text, max_tokens: int) -> dict[str, object]:
    return {"model": model, "prompt": prompt, "max_tokens": max_tokens, "temperature": 0}


def _numbers(found: object) -> list[int]:
    """A list of token ids; empty where there is none."""
    ids = found if isinstance(found, list) else []
    if not all(isinstance(one, int) and not isinstance(one, bool) for one in ids):
        raise TypeError("a token id is no number")
    return ids


def _argmax_of(top: object) -> Argmax:
    """SGLang's `[[logprob, id, text]]`."""
    first = next(iter(top), None) if isinstance(top, list) else None
    if not isinstance(first, list) or len(first) < 2:
        raise TypeError("a position has no argmax")
    return Argmax(token_id=_numbers([first[1]])[0], text=_third(first))


def _third(told: object) -> str:
    """The text of SGLang's `[logprob, id, text]`."""
    return text_of({"text": told[2]}, "text") if isinstance(told, list) and len(told) > 2 else ""


def _first_ranked(position: object) -> Argmax:
    """The entry of rank 1 of `{id: {logprob, rank, decoded_token}}`."""
    entries = position.items() if isinstance(position, dict) else ()
    for token_id, entry in entries:
        if number_of(entry, "rank") == 1:
            return Argmax(token_id=int(token_id), text=text_of(entry, "decoded_token"))
    return Argmax(token_id=-1, text=BROKEN)


def _own_text(position: object, token_id: int) -> str:
    """A token's own text; empty where it is not told."""
    return text_of(position, str(token_id), "decoded_token")


def _after(ids: object, text: str, reason: object) -> Argmax | None:
    """The one token behind the draft; None where its id is not told or it ends inside a character."""
    token_id = ids[0] if isinstance(ids, list) and ids and isinstance(ids[0], int) else -1
    if reason == "stop":
        return Argmax(token_id=token_id, text="")
    return Argmax(token_id=token_id, text=text) if token_id >= 0 and text and BROKEN not in text else None
