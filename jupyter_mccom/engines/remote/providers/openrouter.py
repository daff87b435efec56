"""OpenRouter: one chat for many services' models; a prediction for those that OpenAI lists, and no reasoning.

Source: openrouter.ai/docs (API reference, parameters, reasoning tokens; `Prediction` of its SDKs), November 2026.
"""

from __future__ import annotations

from ..chat_completions import Asked, ChatCompletions
from . import openai
from .provider import Provider


def _fields(asked: Asked) -> dict[str, object]:
    found: dict[str, object] = {"temperature": 0, "max_tokens": asked.max_tokens, "reasoning": {"effort": "none"}}
    return found | ({"prediction": {"type": "content", "content": asked.prediction}} if asked.prediction else {})


OPENROUTER = Provider(
    id="openrouter",
    name="OpenRouter",
    url="https://openrouter.ai/api/v1",
    models_path="/models",
    example_model="openai/gpt-4.1-mini",
    draft="prediction",
    drafts=openai.predicts,
    engine=lambda model: ChatCompletions(model, _fields, predicts=openai.predicts(model.name)),
)
