"""Fireworks: raw prompts with `speculation`, where the model's family is known, else a chat with a prediction.

Source: docs.fireworks.ai (create completion, create chat completion, predicted outputs), November 2026.
"""

from __future__ import annotations

from ....types import Prompt
from ..chat_completions import Asked, ChatCompletions
from ..cloud_engine import CloudEngine, CloudModel
from ..text_completions import TextCompletions
from .provider import Provider


def _raw_fields(prompt: Prompt, max_tokens: int, draft: str) -> dict[str, object]:
    found: dict[str, object] = {"max_tokens": max_tokens, "temperature": 0, "perf_metrics_in_response": True}
    found |= {"prompt_cache_key": prompt.session, "user": prompt.session} if prompt.session else {}
    return found | ({"speculation": draft} if draft else {})


def _chat_fields(asked: Asked) -> dict[str, object]:
    found: dict[str, object] = {"max_tokens": asked.max_tokens, "temperature": 0}
    return found | ({"prediction": {"type": "content", "content": asked.prediction}} if asked.prediction else {})


def _engine(model: CloudModel) -> CloudEngine:
    if model.fim is None:
        return ChatCompletions(model, _chat_fields, predicts=True)
    return TextCompletions(model, _raw_fields, markers=model.fim, speculates=True)


FIREWORKS = Provider(
    id="fireworks",
    name="Fireworks",
    url="https://api.fireworks.ai/inference/v1",
    models_path="/models",
    example_model="accounts/fireworks/models/qwen2p5-coder-32b-instruct",
    draft="speculation",
    engine=_engine,
)
