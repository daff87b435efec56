"""What the status tells of a cloud: how its prompts are put, and which draft its provider documents."""

from __future__ import annotations

import pytest

from jupyter_mccom.compose import draft_words, form_words, open_cascade
from jupyter_mccom.errors import SettingsError
from jupyter_mccom.settings import MCCom


@pytest.mark.parametrize(
    ("provider", "model", "form"),
    [
        ("openai", "gpt-4.1-mini", "chat"),
        ("mistral", "codestral-latest", "suffix"),
        ("vllm", "Qwen/Qwen2.5-Coder-7B", "markers"),
        ("vllm", "unheard-of", ""),
        ("fireworks", "accounts/fireworks/models/unheard-of", "chat"),
    ],
)
async def test_how_prompts_are_put_is_told(provider: str, model: str, form: str) -> None:
    """A family that the name does not tell is not guessed: nothing is said before the server was asked."""
    opened = open_cascade(MCCom(cloud_dialect=provider, cloud_model=model, cloud_url="http://127.0.0.1:9"))
    try:
        words = form_words(opened.cascade.cloud)
    finally:
        await opened.aclose()
    assert form in words
    assert bool(words) == bool(form)


def test_a_draft_that_is_not_documented_is_not_claimed() -> None:
    """The words follow the model."""
    assert "prediction" in draft_words("openai", "gpt-4.1")
    assert draft_words("openai", "gpt-5") == "takes no draft"


async def test_a_cloud_without_a_model_is_no_cloud() -> None:
    """An empty model name is an error where the cascade is opened."""
    with pytest.raises(SettingsError, match="cloud_model"):
        open_cascade(MCCom(cloud_dialect="openai"))
