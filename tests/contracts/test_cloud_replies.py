"""Each dialect against the replies that its documentation shows, in pieces that fall inside characters.

Sources: llama.cpp's server README, docs.vllm.ai (OpenAI-compatible server), docs.sglang.ai (native API, `/generate`),
platform.openai.com (chat streaming, predicted outputs), docs.fireworks.ai (predicted outputs), docs.mistral.ai (FIM)
and api-docs.deepseek.com (FIM, beta), as of November 2026. None was recorded from a live service.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from jupyter_mccom.engines.remote.providers.table import PROVIDERS, open_cloud
from jupyter_mccom.models.catalog import QWEN_FIM
from jupyter_mccom.types import DraftCheck, Prompt, Token
from tests.cloud_server import CloudServer, Piece, answer, events, json_answer, serving

PROMPT = Prompt(chunks=(), prefix="import os\n", typed="x = ", suffix="\ny = 2", session="s-1")
TEXT = "f('é')"


async def _tokens(dialect: str, server: CloudServer, draft: str = "", max_tokens: int = 32) -> list[Token]:
    name = {"mistral": "codestral-latest", "openai": "gpt-4.1"}.get(dialect, "big")
    engine = open_cloud(dialect, url=server.url, model=name, key=lambda: "k", fim=QWEN_FIM, connect_s=1, read_s=2)
    try:
        async with aclosing(engine.generate(PROMPT, max_tokens=max_tokens, draft=draft)) as stream:
            return [token async for token in stream]
    finally:
        await engine.aclose()


def _text(tokens: Sequence[Token]) -> str:
    return "".join(token.text for token in tokens)


def _check(tokens: Sequence[Token]) -> DraftCheck | None:
    return tokens[-1].check


def _choices(*texts: str) -> list[object]:
    return [{"choices": [{"index": 0, "text": text, "finish_reason": None}]} for text in texts]


def _deltas(*texts: str) -> list[object]:
    return [{"object": "chat.completion.chunk", "choices": [{"delta": {"content": text}}]} for text in texts]


def _llama(text: str, logprob: float = -0.1) -> object:
    told = [{"id": 1, "token": text, "logprob": logprob, "top_logprobs": []}]
    return {"content": text, "stop": False, "completion_probabilities": told, "timings": {"prompt_n": 9}}


def _lines(*values: object) -> Sequence[Piece]:
    return answer("".join(json.dumps(value) + "\n" for value in values).encode(), kind="application/x-ndjson")


PLAIN: dict[str, list[Sequence[Piece]]] = {
    "llama-server": [answer(events(_llama("f('é"), _llama("')"), {"content": "", "stop": True}, done=False))],
    "vllm": [answer(events(*_choices("f('é", "')")))],
    "sglang": [answer(events({"text": "f('é"}, {"text": TEXT}))],
    "openai": [answer(events(*_deltas("f('é", "')"), {"choices": [], "usage": {"completion_tokens": 4}}))],
    "fireworks": [answer(events(*_choices("f('é", "')")))],
    "mistral": [answer(events(*_deltas("f('é", "')")))],
    "deepseek": [answer(events(*_choices("f('é", "')")))],
    "azure": [answer(events({"choices": [], "prompt_filter_results": []}, *_deltas("f('é", "')")))],
    "openrouter": [answer(events(*_deltas("f('é", "')")))],
    "lmstudio": [answer(events(*_choices("f('é", "')")))],
    "openai-compatible": [answer(events(*_choices("f('é", "')")))],
    "ollama": [_lines({"response": "f('é", "done": False}, {"response": "')", "done": True})],
    "anthropic": [
        answer(
            events(
                {"type": "message_start", "message": {"id": "m", "content": []}},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "f('é"}},
                {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "')"}},
                {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
                {"type": "message_stop"},
                done=False,
            )
        )
    ],
    "gemini": [
        answer(
            events(
                {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}], "role": "model"}}]},
                {"candidates": [{"content": {"parts": [{"text": "f('é"}, {"text": "')"}], "role": "model"}}]},
                {"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"totalTokenCount": 9}},
                done=False,
            )
        )
    ],
}
PATHS = {
    "llama-server": "/completion",
    "vllm": "/v1/completions",
    "sglang": "/generate",
    "openai": "/chat/completions",
    "fireworks": "/completions",
    "mistral": "/fim/completions",
    "deepseek": "/beta/completions",
    "azure": "/openai/deployments/big/chat/completions?api-version=2025-04-01-preview",
    "openrouter": "/chat/completions",
    "lmstudio": "/v1/completions",
    "openai-compatible": "/completions",
    "ollama": "/api/generate",
    "anthropic": "/messages",
    "gemini": "/models/big:streamGenerateContent?alt=sse",
}
KEYS = {"azure": ("api-key", "k"), "anthropic": ("x-api-key", "k"), "gemini": ("x-goog-api-key", "k")}


@pytest.mark.parametrize("dialect", PLAIN)
async def test_streams_text_in_the_dialects_own_route(dialect: str) -> None:
    """Each dialect streams its text from its own route, with the key in its own header and temperature 0."""
    async with serving(*PLAIN[dialect]) as server:
        tokens = await _tokens(dialect, server)
    assert _text(tokens) == TEXT
    path, headers, body = server.asked[-1]
    assert path == PATHS[dialect]
    name, value = KEYS.get(dialect, ("authorization", "Bearer k"))
    assert headers[name] == value
    places = [body, *(body.get(name, {}) for name in ("sampling_params", "options", "generationConfig"))]
    assert [place["temperature"] for place in places if "temperature" in place] == (
        [] if dialect == "anthropic" else [0]
    )


def test_every_dialect_has_a_reply_here() -> None:
    """Every dialect has a reply in this file."""
    assert {name.removesuffix("-ngram-mod") for name in PROVIDERS} == set(PLAIN)


@pytest.mark.parametrize("dialect", ["mistral", "deepseek"])
async def test_services_that_take_no_draft_send_none(dialect: str) -> None:
    """Services that take no draft are sent none."""
    async with serving(*PLAIN[dialect]) as server:
        assert _text(await _tokens(dialect, server, draft="g()")) == TEXT
    body = server.asked[-1][2]
    assert (body["prompt"], body["suffix"]) == ("import os\nx =", "\ny = 2")
    assert "g()" not in str(body)


async def test_openai_is_given_the_draft_as_prediction() -> None:
    """OpenAI gets the draft as a prediction and tells what it accepted."""
    details = {"accepted_prediction_tokens": 3, "rejected_prediction_tokens": 2}
    usage = {"choices": [], "usage": {"completion_tokens_details": details}}
    async with serving(answer(events(*_deltas(TEXT), usage))) as server:
        tokens = await _tokens("openai", server, draft="f('e')")
    assert server.asked[0][2]["prediction"] == {"type": "content", "content": "x = f('e')"}
    assert _check(tokens) == DraftCheck(offered=5, accepted=3)


async def test_fireworks_is_given_the_draft_as_speculation() -> None:
    """Fireworks gets the draft as speculation and tells what it accepted."""
    metrics = {"speculation-prompt-tokens": "4", "speculation-prompt-matched-tokens": "2"}
    async with serving(answer(events(*_choices(TEXT), {"choices": [], "perf_metrics": metrics}))) as server:
        tokens = await _tokens("fireworks", server, draft="f('e')")
    assert server.asked[0][2]["speculation"] == " f('e')"
    assert _check(tokens) == DraftCheck(offered=4, accepted=2)


@pytest.mark.parametrize(
    "written",
    [
        ["```python\n", "f('é')", "\n```"],
        ["``", "`python\nf('é')\n", "``", "`"],
        ["```\nx = f('é')\n```\nThis calls f."],
        ["x = f('é')"],
        ["x", " ", "= ", "f('é')"],
        ["f('é')\n"],
        ["import os\n", "x = f('é')\n"],
        ["```py\nimport os\nx", " = f('é')\n```"],
    ],
)
async def test_a_chats_fences_and_repeated_line_are_removed(written: list[str]) -> None:
    """The fences, prose and repeated line of a chat are removed."""
    async with serving(answer(events(*_deltas(*written)))) as server:
        assert _text(await _tokens("openai", server)).rstrip("\n") == TEXT


def _vllm_check(*argmax: tuple[int, str], after: tuple[int, str]) -> list[Piece]:
    """Positions whose own token is not the argmax hold both, as `prompt_logprobs: 1` gives them; 3 is the marker."""
    told: list[object] = [
        None,
        {"2": {"logprob": -1, "rank": 1}},
        {"3": {"logprob": -1, "rank": 4, "decoded_token": "<|fim_middle|>"}},
    ]
    told += [
        {str(token): {"logprob": -0.1, "rank": 1, "decoded_token": piece}, "99": {"logprob": -3.0, "rank": 7}}
        for token, piece in argmax
    ]
    token_id, text = after
    reason = "length" if text else "stop"
    choice = {"index": 0, "text": text, "token_ids": [token_id], "finish_reason": reason, "prompt_logprobs": told}
    return json_answer({"choices": [choice | {"prompt_token_ids": [1, 2, 3, *DRAFT_IDS[: len(argmax)]]}]})


def _sglang_check(*argmax: tuple[int, str], after: tuple[int, str]) -> list[Piece]:
    tops: list[object] = [None]
    tops += [[[-0.1, token, piece]] for token, piece in argmax]
    token_id, text = after
    meta = {"input_top_logprobs": tops, "finish_reason": {"type": "length" if text else "stop"}}
    return json_answer({"text": text, "output_ids": [token_id], "meta_info": meta})


DRAFT_IDS = [5, 6]
CHECKS = {"vllm": _vllm_check, "sglang": _sglang_check}
STREAMS = {"vllm": answer(events(*_choices("('é')"))), "sglang": answer(events({"text": "('é')"}))}
ENDS = {"vllm": answer(events(*_choices(""))), "sglang": answer(events({"text": ""}))}
ASKED_BEFORE = {"vllm": [], "sglang": [json_answer({"tokens": [[1, 2, 3], [5, 6]]})]}
"""SGLang is asked for the tokens of prompt and draft; vLLM tells them."""


@pytest.mark.parametrize("dialect", CHECKS)
async def test_a_draft_that_is_the_whole_answer_takes_one_call(dialect: str) -> None:
    """A draft that is the whole answer takes one call."""
    check = CHECKS[dialect]((5, "f("), (6, "'é')"), after=(9, ""))
    async with serving(*ASKED_BEFORE[dialect], check) as server:
        tokens = await _tokens(dialect, server, draft=TEXT)
        assert len(server.asked) == len(ASKED_BEFORE[dialect]) + 1
    assert _text(tokens) == TEXT
    assert [token.from_draft for token in tokens] == [True, True, False]
    assert _check(tokens) == DraftCheck(offered=2, accepted=2, passes=1)
    assert server.asked[-1][2].get("prompt", "").endswith(" " + TEXT) or "input_ids" in server.asked[-1][2]


@pytest.mark.parametrize("dialect", CHECKS)
async def test_what_follows_a_right_draft_is_asked_for(dialect: str) -> None:
    """What follows a right draft is asked for when the answer is still read."""
    check = CHECKS[dialect]((5, "f("), (6, "'é"), after=(8, "')"))
    async with serving(*ASKED_BEFORE[dialect], check, ENDS[dialect]) as server:
        tokens = await _tokens(dialect, server, draft="f('é")
    assert _text(tokens) == TEXT
    assert [1, 2, 3, 5, 6, 8] in server.asked[-1][2].values()


@pytest.mark.parametrize("dialect", CHECKS)
async def test_a_draft_that_diverges_takes_a_second_call(dialect: str) -> None:
    """A draft that diverges gives one token more and takes a second call on the same replica."""
    check = CHECKS[dialect]((7, "f"), (6, "'é"), after=(8, "')"))
    async with serving(*ASKED_BEFORE[dialect], check, STREAMS[dialect]) as server:
        tokens = await _tokens(dialect, server, draft="g('é")
    assert _text(tokens) == TEXT
    assert _check(tokens) == DraftCheck(offered=2, accepted=0, passes=2)
    assert [1, 2, 3, 7] in server.asked[-1][2].values()
    assert server.asked[-2][1]["x-session-id"] == server.asked[-1][1]["x-session-id"] == "s-1"


@pytest.mark.parametrize("dialect", CHECKS)
async def test_a_draft_that_goes_too_far_needs_no_second_call(dialect: str) -> None:
    """A draft that goes beyond the answer needs no second call."""
    check = CHECKS[dialect]((5, TEXT), (8, "<|endoftext|>"), after=(9, "!"))
    async with serving(*ASKED_BEFORE[dialect], check) as server:
        tokens = await _tokens(dialect, server, draft="f('é') + 1")
        assert len(server.asked) == len(ASKED_BEFORE[dialect]) + 1
    assert _text(tokens) == TEXT
    assert _check(tokens) == DraftCheck(offered=2, accepted=1, passes=1)


@pytest.mark.parametrize("dialect", CHECKS)
async def test_a_draft_never_makes_an_answer_longer_than_was_asked_for(dialect: str) -> None:
    """A draft never makes an answer longer than was asked for."""
    check = CHECKS[dialect]((5, "f("), (6, "'é"), after=(8, "')"))
    async with serving(*ASKED_BEFORE[dialect], check, ENDS[dialect]) as server:
        tokens = await _tokens(dialect, server, draft="f('é", max_tokens=1)
        assert len(server.asked) == len(ASKED_BEFORE[dialect]) + 1
    assert _text(tokens) == "f("
