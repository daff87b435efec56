"""Own servers that tell the probabilities of a prompt: vLLM and SGLang check a draft in one pass.

The draft is sent behind the prompt. The longest run of it that is the model's own argmax is kept, and the argmax where
it ends is one token more for nothing. Only for whoever still reads then, a second call goes on from there, on the same
replica: `session` is sent as the routing key.

Text is forced on what they write by a regular expression (their structured output). Before a draft that is checked
stands the forced text: its tokens count as given, and the one that goes beyond the cursor has to be the argmax.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ...types import DraftCheck, Prompt, Skills, Token
from ..fim import render
from ..forced import Behind, Healing, most_tokens, regex
from ..http import HttpClient, routing
from .cloud_engine import CloudEngine, CloudModel
from .json_answers import first_choice, text_of

_BROKEN = "\ufffd"
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

    texts: list[str]
    """One a token of the draft: its own."""
    argmax: list[Argmax]
    """One a token of the draft."""
    after: Argmax | None
    """Behind the whole draft; None where the server does not tell."""


class CheckingServer(Protocol):
    """The routes of one server."""

    async def check(self, model: str, ids: list[int], n_draft: int, session: str) -> Checked: ...
    def write(
        self, model: str, ids: list[int], max_tokens: int, session: str, forced: str
    ) -> AsyncGenerator[dict[str, Any], None]: ...
    def text_in(self, event: dict[str, Any]) -> str: ...


class Verifying(CloudEngine):
    """A server that checks drafts by prompt probabilities."""

    def __init__(self, model: CloudModel, server: CheckingServer) -> None:
        super().__init__(model)
        self._server = server
        self._healing = Healing()

    @property
    def skills(self) -> Skills:
        """The skills of a server that checks drafts; it forces text by structured output."""
        return Skills(probs=False, infill=True, checks_draft=True, heals=self._healing.works)

    def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams the tokens of an answer, as `protocols.Engine.generate`. Raises CloudError."""
        return self._healing.written(
            prompt, draft, lambda asked, its_draft, heals: self._written(asked, max_tokens, its_draft)
        )

    async def _written(self, prompt: Prompt, max_tokens: int, draft: str) -> AsyncGenerator[Token, None]:
        ids = await self._ids(render(prompt, self._model.fim, "standard"))
        behind, check = Behind(prompt.forced, max_tokens), None
        if draft:
            draft_ids = (await self._ids(draft))[: max_tokens + most_tokens(prompt.forced)]
            found = await self._server.check(self.name, ids + draft_ids, len(draft_ids), prompt.session)
            kept = _kept(draft_ids, found, prompt.forced, max_tokens)
            once = DraftCheck(offered=kept.n_offered, accepted=len(kept.true), passes=1)
            for text in kept.given:
                yield behind.put(Token(text=text, prob=None, check=once))
            for position in kept.true:
                yield behind.put(Token(text=position.text, prob=None, from_draft=True, check=once))
            if kept.more is not None:
                ends = _ends_text(kept.more.text)
                yield behind.put(Token(text="" if ends else kept.more.text, prob=None, check=once))
                if ends:
                    return
            ids, check = ids + kept.ids(draft_ids), replace(once, passes=2)
        if behind.n_left <= 0:
            return
        n_tokens = behind.n_left + most_tokens(behind.left)
        stream = self._server.write(self.name, ids, n_tokens, prompt.session, behind.left)
        async with aclosing(stream):
            async for event in stream:
                text = self._server.text_in(event)
                if text:
                    yield behind.put(Token(text=text, prob=None, check=check))
                if prompt.forced and behind.n_left <= 0:
                    return
        behind.end()

    async def _ids(self, text: str) -> list[int]:
        body = {"model": self.name, "prompt": text, "add_special_tokens": False}
        ids: list[int] = (await self._client.post("/tokenize", body)).get("tokens", [])
        return ids


class Vllm:
    """vLLM's OpenAI routes; `prompt_logprobs` cannot be streamed."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def check(self, model: str, ids: list[int], n_draft: int, session: str) -> Checked:
        """Checks a draft, as `CheckingServer.check`."""
        body = _completion(model, ids, 1) | {"prompt_logprobs": 1, "return_token_ids": True, "stream": False}
        choice = first_choice(await self._client.post("/v1/completions", body, headers=routing(session)))
        told = choice.get("prompt_logprobs")
        positions = told[-n_draft:] if isinstance(told, list) else []
        after = _after(choice.get("token_ids"), text_of(choice, "text"), choice.get("finish_reason"))
        texts = [_text_of(position, token_id) for position, token_id in zip(positions, ids[-n_draft:], strict=False)]
        return Checked(texts=texts, argmax=[_first_ranked(position) for position in positions], after=after)

    def write(
        self, model: str, ids: list[int], max_tokens: int, session: str, forced: str
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Writes on. `structured_outputs` has taken the place of `guided_regex`; older servers ignore it."""
        body = _completion(model, ids, max_tokens) | {"stream": True}
        body |= {"structured_outputs": {"regex": regex(forced)}} if forced else {}
        return self._client.stream("/v1/completions", body, headers=routing(session))

    def text_in(self, event: dict[str, Any]) -> str:
        return text_of(first_choice(event), "text")


class SgLang:
    """SGLang's native route, which recomputes the draft's part only; its stream repeats the whole text."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def check(self, model: str, ids: list[int], n_draft: int, session: str) -> Checked:
        body = {
            "input_ids": ids,
            "sampling_params": {"temperature": 0, "max_new_tokens": 1},
            "return_logprob": True,
            "logprob_start_len": len(ids) - n_draft - 1,
            "top_logprobs_num": 1,
            "return_text_in_logprobs": True,
        }
        answer = await self._client.post("/generate", body, headers=routing(session))
        meta = answer.get("meta_info") or {}
        tops = [top[0] for top in (meta.get("input_top_logprobs") or [])[-n_draft:] if top]
        texts = [str(one[2] or "") for one in (meta.get("input_token_logprobs") or [])[-n_draft:] if one]
        argmax = [Argmax(token_id=int(top[1]), text=str(top[2])) for top in tops]
        reason = (meta.get("finish_reason") or {}).get("type")
        after = _after(answer.get("output_ids"), text_of(answer, "text"), reason)
        return Checked(texts=texts, argmax=argmax if len(argmax) == n_draft else [], after=after)

    async def write(
        self, model: str, ids: list[int], max_tokens: int, session: str, forced: str
    ) -> AsyncGenerator[dict[str, Any], None]:
        """Writes on, as `CheckingServer.write`."""
        params: dict[str, object] = {"temperature": 0, "max_new_tokens": max_tokens}
        params |= {"regex": regex(forced)} if forced else {}
        body = {"input_ids": ids, "sampling_params": params, "stream": True}
        stream, n_seen = self._client.stream("/generate", body, headers=routing(session)), 0
        async with aclosing(stream):
            async for event in stream:
                text = text_of(event, "text")
                yield {"new": text[n_seen:]}
                n_seen = len(text)

    def text_in(self, event: dict[str, Any]) -> str:
        return text_of(event, "new")


def _completion(model: str, ids: list[int], max_tokens: int) -> dict[str, object]:
    return {"model": model, "prompt": ids, "max_tokens": max_tokens, "temperature": 0}


def _first_ranked(position: object) -> Argmax:
    """The entry of rank 1 of `{id: {logprob, rank, decoded_token}}`."""
    entries = position.items() if isinstance(position, dict) else ()
    for token_id, entry in entries:
        if entry.get("rank") == 1:
            return Argmax(token_id=int(token_id), text=str(entry.get("decoded_token") or ""))
    return Argmax(token_id=-1, text=_BROKEN)


def _text_of(position: object, token_id: int) -> str:
    """A token's own text; empty where it is not told."""
    entry = position.get(str(token_id)) if isinstance(position, dict) else None
    return str(entry.get("decoded_token") or "") if isinstance(entry, dict) else ""


def _after(ids: object, text: str, reason: object) -> Argmax | None:
    """The one token behind the draft; None where its id is not told or it ends inside a character."""
    token_id = ids[0] if isinstance(ids, list) and ids and isinstance(ids[0], int) else -1
    if reason == "stop":
        return Argmax(token_id=token_id, text="")
    return Argmax(token_id=token_id, text=text) if token_id >= 0 and text and _BROKEN not in text else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is taken of a draft that begins with the forced text."""

    given: list[str]
    """Texts of the tokens that end inside the forced text: nobody offered them."""
    n_offered: int
    true: list[Argmax]
    """The tokens behind those that are the argmax."""
    more: Argmax | None
    """The argmax where they end."""

    def ids(self, draft_ids: list[int]) -> list[int]:
        """The ids of all accepted tokens, those of the prompt left out."""
        more = [self.more.token_id] if self.more else []
        return [*draft_ids[: len(self.given)], *(position.token_id for position in self.true), *more]


def _kept(draft_ids: list[int], found: Checked, forced: str, max_tokens: int) -> _Kept:
    """What is kept of a draft; nothing where it would end inside the forced text: the masked model writes that."""
    if len(found.argmax) != len(draft_ids):
        return _Kept(given=[], n_offered=len(draft_ids), true=[], more=None)
    given = _given(draft_ids, found, forced)
    behind, argmax, left = draft_ids[len(given) :], found.argmax[len(given) :], forced[len("".join(given)) :]
    pairs = enumerate(zip(behind, argmax, strict=True))
    wrong = (number for number, (token_id, one) in pairs if one.token_id != token_id or _BROKEN in one.text)
    n_true = min(next(wrong, len(behind)), max_tokens)
    if n_true == max_tokens:
        more = None
    elif n_true == len(behind):
        more = found.after
    else:
        more = argmax[n_true] if argmax[n_true].token_id >= 0 and _BROKEN not in argmax[n_true].text else None
    true = argmax[:n_true]
    first = true[0] if true else more
    if left and not (first and first.text.startswith(left)):
        given, true, more = [], [], None
    return _Kept(given=given, n_offered=len(behind), true=true, more=more)


def _given(draft_ids: list[int], found: Checked, forced: str) -> list[str]:
    """The texts of the tokens inside the forced text, up to one where the model would have written it otherwise."""
    given: list[str] = []
    left = forced
    for token_id, text, position in zip(draft_ids, found.texts, found.argmax, strict=False):
        otherwise = (
            position.token_id != token_id
            and bool(position.text)
            and (position.text.startswith(left) or left.startswith(position.text))
        )
        if not text or not left.startswith(text) or otherwise:
            break
        given.append(text)
        left = left[len(text) :]
    return given


def _ends_text(text: str) -> bool:
    """A special token as servers print it: `<|endoftext|>`, `</s>`; or nothing at all."""
    return not text or (text.startswith("<|") and text.endswith("|>")) or text == "</s>"
