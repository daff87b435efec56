"""Mistral: Codestral by the fill-in-the-middle route, which takes no draft; any other model in a chat, with one.

Source: `fimcompletionstreamrequest` and `chatcompletionstreamrequest` of PyPI's mistralai 3.7, November 2026.
"""

from __future__ import annotations

from ....types import Prompt
from ..chat_completions import Asked, ChatCompletions
from ..cloud_engine import CloudEngine, CloudModel
from ..text_completions import TextCompletions
from .provider import Provider


def _infills(model: str) -> bool:
    return "codestral" in model


def _fim_fields(prompt: Prompt, max_tokens: int, draft: str) -> dict[str, object]:
    found: dict[str, object] = {"max_tokens": max_tokens, "temperature": 0}
    return found | ({"prompt_cache_key": prompt.session} if prompt.session else {})


def _chat_fields(asked: Asked) -> dict[str, object]:
    found: dict[str, object] = {"max_tokens": asked.max_tokens, "temperature": 0}
    return found | ({"prediction": {"type": "content", "content": asked.prediction}} if asked.prediction else {})


def _engine(model: CloudModel) -> CloudEngine:
    if _infills(model.name):
        return TextCompletions(model, _fim_fields, markers=None, path="/fim/completions")
    return ChatCompletions(model, _chat_fields, predicts=True)


MISTRAL = Provider(
    id="mistral",
    name="Mistral",
    url="https://api.mistral.ai/v1",
    models_path="/models",
    example_model="codestral-latest",
    draft="prediction",
    drafts=lambda model: not _infills(model),
    engine=_engine,
)
