"""What a provider's requests have beside the prompt follows from the model's name, as its documentation says."""

from __future__ import annotations

import pytest

from jupyter_mccom.engines.remote.chat_completions import Asked
from jupyter_mccom.engines.remote.providers import anthropic, gemini, openai


@pytest.mark.parametrize(
    ("model", "effort"),
    [
        ("gpt-4.1-mini", ""),
        ("gpt-4o", ""),
        ("gpt-5", "minimal"),
        ("gpt-5-mini-2025-08-07", "minimal"),
        ("gpt-5-chat-latest", ""),
        ("gpt-5-codex", "low"),
        ("gpt-5.1", "none"),
        ("gpt-5.4-mini", "none"),
        ("gpt-6", "none"),
        ("o3-mini", "low"),
        ("o4-mini", "low"),
        ("openai/gpt-5", "minimal"),
        ("ft:gpt-4.1-mini:us:1", ""),
    ],
)
def test_the_least_reasoning_of_openais_models(model: str, effort: str) -> None:
    """A reasoning model gets its least effort and no temperature, and never `max_tokens`."""
    fields = openai.fields(Asked(model=model, session="s", max_tokens=64, prediction=""))
    assert openai.effort_of(model) == effort
    assert ("temperature" in fields) == (not effort)
    assert "max_tokens" not in fields
    assert fields.get("reasoning_effort", "") == effort


def test_a_prediction_comes_without_a_limit() -> None:
    """OpenAI takes no limit beside a prediction."""
    fields = openai.fields(Asked(model="gpt-4.1", session="", max_tokens=64, prediction="x = 1"))
    assert fields["prediction"] == {"type": "content", "content": "x = 1"}
    assert not {"max_tokens", "max_completion_tokens", "prompt_cache_key"} & {*fields}


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("claude-3-5-haiku-latest", {"temperature"}),
        ("claude-haiku-4-5", {"temperature"}),
        ("claude-sonnet-4-5-20250929", {"temperature"}),
        ("claude-sonnet-4-20250514", {"temperature"}),
        ("claude-opus-4-6", {"temperature"}),
        ("claude-opus-4-7", {"thinking"}),
        ("claude-sonnet-5", {"thinking"}),
        ("claude-haiku-5-5", {"thinking"}),
        ("something-new", set()),
    ],
)
def test_claude_is_told_not_to_think_where_it_would(model: str, names: set[str]) -> None:
    """Models that refuse a temperature get none; those that think by themselves are told not to."""
    assert {*anthropic.fields(model)} == names


@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("gemini-2.0-flash", None),
        ("gemini-2.5-flash", {"thinkingBudget": 0}),
        ("models/gemini-2.5-pro", {"thinkingBudget": 128}),
        ("gemini-3-pro-preview", {"thinkingLevel": "LOW"}),
        ("gemini-3.8-flash", {"thinkingLevel": "MINIMAL"}),
        ("gemma-3", None),
    ],
)
def test_gemini_thinks_as_little_as_it_can(model: str, thinking: object) -> None:
    """Thinking is off, or at the model's least, with room for it in the limit."""
    fields = gemini.fields(model, 64)
    assert fields.get("thinkingConfig") == thinking
    assert fields["maxOutputTokens"] == 64 if thinking in (None, {"thinkingBudget": 0}) else True
