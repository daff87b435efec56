"""Tokens of somebody else's model are estimated by what its server tells of each prompt."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_mccom.engines.chars_a_token import CharsAToken
from jupyter_mccom.engines.fim import FimMarkers
from jupyter_mccom.engines.remote.cloud_engine import CloudModel
from jupyter_mccom.engines.remote.providers.table import PROVIDERS
from jupyter_mccom.models.catalog import QWEN_FIM
from tests.cloud_server import answer, events, serving

_CHARS = 4000
_BODY = {"model": "m" * 99, "messages": [{"role": "user", "content": "x" * _CHARS}], "max_tokens": 64}


def _heard(*told: dict[str, Any], body: dict[str, Any] = _BODY) -> CharsAToken:
    chars = CharsAToken()
    for event in told:
        for _ in range(3):
            chars.heard(body, event)
    return chars


@pytest.mark.parametrize(
    "event",
    [
        {"choices": [], "usage": {"prompt_tokens": 1000}},
        {"usageMetadata": {"promptTokenCount": 1000}},
        {"type": "message_start", "message": {"usage": {"input_tokens": 100, "cache_read_input_tokens": 900}}},
        {"content": "", "tokens_evaluated": 1000},
    ],
    ids=["openai", "gemini", "anthropic", "llama.cpp"],
)
def test_what_services_tell_is_learnt(event: dict[str, Any]) -> None:
    """Each service's own count of the prompt is learnt from."""
    assert _heard(event).learnt == 4.0
    assert _heard(event).estimate("x" * 401) == 101


def test_nothing_is_changed_before_three_prompts_agree() -> None:
    """Until three prompts were told, a token has 3 characters."""
    chars = CharsAToken()
    for _ in range(2):
        chars.heard(_BODY, {"usage": {"prompt_tokens": 1000}})
    assert chars.learnt == 3


def test_the_shorter_tokens_are_taken() -> None:
    """Of prompts that differ the ones with shorter tokens decide, so that a prompt stays within its bound."""
    told = [{"usage": {"prompt_tokens": n}} for n in (2000, 1000, 1100, 1200)]
    assert _heard(*told).learnt < 3.5


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"usage": None},
        {"usage": 7},
        {"usage": {"prompt_tokens": True}},
        {"usage": {"prompt_tokens": "9"}},
        {"usage": {"prompt_tokens": -5}},
        {"usage": {"prompt_tokens": 3}},
        {"usage": {"prompt_tokens": 100_000}},
        {"message": []},
    ],
)
def test_other_shapes_teach_nothing(event: dict[str, Any]) -> None:
    """What is no count, or counts something else, changes nothing."""
    assert _heard(event).learnt == 3


def test_token_ids_and_short_prompts_teach_nothing() -> None:
    """A prompt that was sent as ids, or is mostly instructions, changes nothing."""
    event = {"usage": {"prompt_tokens": 100}}
    assert _heard(event, body={"prompt": [1, 2, 3] * 100}).learnt == 3
    assert _heard(event, body={"prompt": "x" * 400}).learnt == 3


async def test_a_client_learns_from_its_answers() -> None:
    """An engine's counts follow what its server tells, over real HTTP."""
    from jupyter_mccom.engines.http import HttpClient, Patience
    from jupyter_mccom.engines.remote.cloud_failures import CloudFailures

    said = answer(events({"choices": [{"delta": {"content": "a"}}], "usage": {"prompt_tokens": 1000}}, done=True))
    async with serving(*[said] * 3) as server:
        patience = Patience(connect_s=1, read_s=5, question_s=5)
        client = HttpClient(server.url, lambda: "", CloudFailures(), patience, keeps_alive=False)
        engine = PROVIDERS["openai"].engine(CloudModel(name="m", client=client, fim=_markers()))
        before = await engine.count(["x" * 1200])
        for _ in range(3):
            assert [event async for event in client.stream("/v1", _BODY)]
        assert (before, await engine.count(["x" * 1200])) == ([400], [300])
        await engine.aclose()


def _markers() -> FimMarkers:
    return QWEN_FIM
