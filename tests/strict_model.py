"""A model that knows one text by heart, played by a real HTTP server in every dialect, and strict about tokens.

It goes on only where a token ends: where a prompt ends inside one, it writes nonsense, as models do. A draft is taken
as far as its tokens are the ones that it writes. It keeps all that it is asked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal, TypeAlias

from jupyter_mccom.models.catalog import QWEN_FIM
from tests.cloud_server import CloudServer, Piece, answer, events, json_answer, serving
from tests.provider_rules import Rules

Heeds: TypeAlias = Literal["heeds", "ignores", "refuses"]
"""What the server does with a grammar or a regular expression."""
NONSENSE = "¿"
NAME = "qwen2.5-coder:0.5b"
_END = "<|endoftext|>"
_MARKERS = (QWEN_FIM.prefix, QWEN_FIM.suffix, QWEN_FIM.middle, _END)
_TOKENS = re.compile(
    "|".join(map(re.escape, _MARKERS)) + r"|[^\w\r\n]?[^\W\d_]+|_[^\W\d_]+|\d{1,3}| ?(?:[^\w\s]|_)+|\s*\n|\s+(?!\S)|\s",
)


class StrictModel:
    """`text` is what it knows; a prompt is a beginning of it."""

    def __init__(self, text: str, heeds: Heeds = "heeds") -> None:
        self._text = text
        self._heeds = heeds
        self._pieces: list[str] = []
        self._seeded: list[int] = []

    def ids(self, text: str) -> list[int]:
        """Tokens of a text; each new piece becomes the next one of the vocabulary."""
        found = _TOKENS.findall(text)
        assert "".join(found) == text
        self._pieces += [piece for piece in dict.fromkeys(found) if piece not in self._pieces]
        return [self._pieces.index(piece) for piece in found]

    def decoded(self, prompt: object) -> str:
        """A prompt that is given as text, as several or as tokens."""
        if isinstance(prompt, str):
            return prompt
        assert isinstance(prompt, list)
        return "".join(one if isinstance(one, str) else self._pieces[one] for one in prompt)

    def written(self, before: str, forced: str = "") -> list[str]:
        """The rest of the line as tokens, behind a prompt with or without markers."""
        before = left_of(before)
        if not self._text.startswith(before):
            return [NONSENSE]
        pieces = _TOKENS.findall(self._text)
        ends = [len("".join(pieces[:n])) for n in range(len(pieces) + 1)]
        if len(before) not in ends:
            return [forced + NONSENSE]
        rest = "".join(pieces[ends.index(len(before)) :])
        line = _TOKENS.findall(rest.partition("\n")[0])
        if not rest.startswith(forced):
            return [forced, NONSENSE]
        return line

    def reply(self, path: str, body: dict[str, Any]) -> Sequence[Piece]:
        """What its server answers."""
        if path == "/tokenize":
            asked = body.get("content", body.get("prompt"))
            tokens = [self.ids(one) for one in asked] if isinstance(asked, list) else self.ids(str(asked))
            return json_answer({"tokens": tokens})
        if path == "/api/show":
            return json_answer({"capabilities": ["completion", *(["insert"] if "insert" in str(body) else [])]})
        path = path.partition("?")[0]
        rule = rule_in(body)
        forced = forced_by(rule) if rule else ""
        if forced and self._heeds == "refuses":
            return json_answer({"error": {"message": "no grammars here"}}, status="400 Bad Request")
        forced = forced if self._heeds == "heeds" else ""
        answers = {
            "/completion": self._llama,
            "/v1/completions": self._completions,
            "/generate": self._sglang,
            "/completions": self._speculation,
            "/beta/completions": self._speculation,
            "/fim/completions": self._speculation,
            "/api/generate": self._ollama,
            "/api/chat": self._ollama_chat,
            "/messages": self._messages,
        }
        if path.endswith("/chat/completions"):
            return self._chat(body, forced)
        if path.endswith(":streamGenerateContent"):
            return self._generate_content(body)
        return answers[path](body, forced) if path in answers else json_answer({}, status="404 Not Found")

    def _llama(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        if body["n_predict"] == 0:
            self._seeded = list(body["prompt"])
            return json_answer({"content": ""})
        pieces = self.written(self.decoded(body["prompt"]), forced)[: body["n_predict"]]
        drafted = self._drafted(self.ids(self.decoded(body["prompt"])))
        n_true = _n_same(drafted, self.ids("".join(pieces)))
        timings = {"prompt_n": 9, "draft_n": len(drafted), "draft_n_accepted": n_true}
        told: list[object] = []
        for number, piece in enumerate(pieces):
            item = _llama_told(self.ids(piece)[0], piece)
            probs = {} if number < n_true else {"completion_probabilities": [item]}
            told.append({"content": piece, "stop": False, "timings": timings} | probs)
        return answer(events(*told, {"content": "", "stop": True, "timings": timings}, done=False))

    def _drafted(self, prompt: list[int]) -> list[int]:
        """What stands behind the prompt's last five tokens in what was seeded."""
        at = next((n for n in range(len(self._seeded)) if self._seeded[n : n + 5] == prompt[-5:]), None)
        seeded, self._seeded = self._seeded, []
        return seeded[at + 5 :] if at is not None else []

    def _completions(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        if "prompt_logprobs" not in body:
            pieces = self.written(self.decoded(body["prompt"]), forced)[: body["max_tokens"]]
            return answer(events(*_choices(pieces)))
        told: list[object] = [None]
        ids = self.ids(body["prompt"]) if isinstance(body["prompt"], str) else body["prompt"]
        for before, own, best in self._argmax(ids):
            del before
            entry = {str(own): {"logprob": -4.0, "rank": 9, "decoded_token": self._pieces[own]}}
            told.append(entry | {str(best): {"logprob": -0.1, "rank": 1, "decoded_token": self._pieces[best]}})
        after = self.written(self.decoded(body["prompt"]))[:1]
        choice = {
            "index": 0,
            "text": "".join(after),
            "token_ids": self.ids("".join(after)) or [-1],
            "finish_reason": "length" if after else "stop",
            "prompt_logprobs": told,
            "prompt_token_ids": ids,
        }
        return json_answer({"choices": [choice]})

    def _sglang(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        ids, params = body["input_ids"] if "input_ids" in body else body["text"], body["sampling_params"]
        if not body.get("return_logprob"):
            pieces = self.written(self.decoded(ids), forced)[: params["max_new_tokens"]]
            return answer(events(*({"text": "".join(pieces[:n])} for n in range(1, len(pieces) + 2))))
        asked = self._argmax(ids)[body["logprob_start_len"] :]
        tops = [None, *([[-0.1, best, self._pieces[best]]] for _, _, best in asked)]
        owns = [[None, 0, None], *([-4.0, own, self._pieces[own]] for _, own, _ in asked)]
        after = self.written(self.decoded(ids))[:1]
        meta = {
            "input_top_logprobs": tops,
            "input_token_logprobs": owns,
            "finish_reason": {"type": "length" if after else "stop"},
        }
        return json_answer({"text": "".join(after), "output_ids": self.ids("".join(after)) or [-1], "meta_info": meta})

    def _argmax(self, ids: list[int]) -> list[tuple[str, int, int]]:
        """Behind each token but the last: the text so far, the token that stands there, and the one it would write."""
        found = []
        for number in range(1, len(ids)):
            before = self.decoded(ids[:number])
            best = (self.written(before) or [_END])[0]
            found.append((before, ids[number], self.ids(best)[0]))
        return found

    def _chat(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        line = self._line(body["messages"][-1]["content"])
        predicted = body.get("prediction", {}).get("content", "")
        n_true = len(predicted) if predicted and line.startswith(predicted) else 0
        details = {"accepted_prediction_tokens": n_true, "rejected_prediction_tokens": len(predicted) - n_true}
        deltas = [{"choices": [{"delta": {"content": piece}}]} for piece in _TOKENS.findall(line)]
        return answer(events(*deltas, {"choices": [], "usage": {"completion_tokens_details": details}}))

    def _line(self, asked: str) -> str:
        """The whole of the cursor's line, as a chat is asked for it."""
        found = re.search(r"Code above the line:\n(.*)\nLine to complete:\n(.*)$", asked, re.DOTALL)
        assert found is not None
        before = found[1] + found[2]
        if not self._text.startswith(before):
            return found[2] + NONSENSE
        return found[2] + self._text[len(before) :].partition("\n")[0]

    def _messages(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        line = self._line(body["messages"][-1]["content"])
        told: list[object] = [{"type": "message_start", "message": {"id": "m"}}, {"type": "ping"}]
        told.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        deltas = ({"type": "text_delta", "text": piece} for piece in _TOKENS.findall(line))
        told += [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
        told += [{"type": "content_block_stop", "index": 0}, {"type": "message_stop"}]
        return answer(events(*told, done=False))

    def _generate_content(self, body: dict[str, Any]) -> Sequence[Piece]:
        line = self._line(body["contents"][-1]["parts"][0]["text"])
        told = [
            {"candidates": [{"content": {"parts": [{"text": piece}], "role": "model"}, "index": 0}]}
            for piece in _TOKENS.findall(line)
        ]
        return answer(events(*told, {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {}}, done=False))

    def _ollama_chat(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        line = self._line(body["messages"][-1]["content"])
        told = [{"message": {"role": "assistant", "content": piece}, "done": False} for piece in _TOKENS.findall(line)]
        lines = [*told, {"message": {"role": "assistant", "content": ""}, "done": True}]
        return answer("".join(json.dumps(one) + "\n" for one in lines).encode())

    def _speculation(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        pieces = self.written(body["prompt"])[: body["max_tokens"]]
        drafted = self.ids(body.get("speculation", ""))
        n_true = _n_same(drafted, self.ids("".join(pieces)))
        metrics = {"speculation-prompt-tokens": str(len(drafted)), "speculation-prompt-matched-tokens": str(n_true)}
        return answer(events(*_choices(pieces), {"choices": [], "perf_metrics": metrics if drafted else None}))

    def _ollama(self, body: dict[str, Any], forced: str) -> Sequence[Piece]:
        pieces = self.written(body["prompt"])[: body["options"]["num_predict"]]
        lines = [*({"response": piece, "done": False} for piece in pieces), {"response": "", "done": True}]
        return answer("".join(json.dumps(line) + "\n" for line in lines).encode())


_MODELS: dict[str, Any] = {"object": "list", "data": [{"id": NAME, "owned_by": "somebody"}]}


@asynccontextmanager
async def playing(model: StrictModel, shape: str = "", rules: Rules | None = None) -> AsyncGenerator[CloudServer, None]:
    """Runs its server. `shape`: which of other people's local servers it says it is; a cloud has `rules` instead."""
    shapes: dict[str, dict[str, Any]] = {
        "ollama": {
            "/api/version": {"version": "0.14.2"},
            "/api/tags": {"models": [{"name": NAME}]},
            "/api/show": {"capabilities": ["completion"]},
        },
        "lm-studio": {"/v1/models": _MODELS},
        "llama.cpp": {"/v1/models": {"data": [{"id": NAME, "owned_by": "llamacpp"}]}},
    }
    fixed = shapes.get(shape, {})

    def reply(path: str, body: dict[str, Any]) -> Sequence[Piece]:
        return _coarser(json_answer(fixed[path]) if path in fixed else model.reply(path, body))

    async with serving(by=reply, objects=rules.objection if rules else None) as server:
        yield server


def _coarser(pieces: Sequence[Piece]) -> list[Piece]:
    """The same bytes in pieces of 101: it answers thousands of times."""
    whole = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    return [whole[i : i + 101] for i in range(0, len(whole), 101)]


def forced_by(text: str) -> str:
    """The text that a grammar or regular expression of ours begins with."""
    literal = re.fullmatch(r'root ::= "(.*)" \[\^\\x00\]\*', text, re.DOTALL)
    if literal:
        return re.sub(r"\\U([0-9A-F]{8})", lambda found: chr(int(found[1], 16)), literal[1])
    assert text.endswith("[\\s\\S]*")
    return re.sub(r"\\(.)", r"\1", text.removesuffix("[\\s\\S]*"), flags=re.DOTALL)


def rule_in(body: dict[str, Any]) -> str:
    """The grammar or regular expression in a body; empty where there is none."""
    places = (body, body.get("structured_outputs") or {}, body.get("sampling_params") or {})
    return next((str(rule) for place in places if (rule := place.get("grammar") or place.get("regex"))), "")


def left_of(prompt: str) -> str:
    """What stands before the cursor in a prompt, in the standard order or another."""
    if QWEN_FIM.prefix not in prompt:
        return prompt
    head, _, rest = prompt.removeprefix(QWEN_FIM.prefix).partition(QWEN_FIM.suffix)
    return head + rest.partition(QWEN_FIM.middle)[2]


def _llama_told(token: int, piece: str) -> dict[str, Any]:
    told = {"id": token, "token": piece, "bytes": list(piece.encode()), "logprob": math.log(0.6)}
    other = {"id": -1, "token": NONSENSE, "bytes": list(NONSENSE.encode()), "logprob": math.log(0.2)}
    return told | {"top_logprobs": [dict(told), other]}


def _choices(pieces: Sequence[str]) -> list[object]:
    return [{"choices": [{"index": 0, "text": text, "finish_reason": None}]} for text in [*pieces, ""]]


def _n_same(one: Sequence[int], other: Sequence[int]) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
