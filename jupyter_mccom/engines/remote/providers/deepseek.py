"""DeepSeek: its fill-in-the-middle beta, and a chat without thinking for a model that has none.

Source: api-docs.deepseek.com (FIM completion beta; chat completion), November 2026.
"""

from __future__ import annotations

from ..chat_completions import Asked, ChatCompletions
from ..cloud_engine import CloudEngine, CloudModel
from ..text_completions import ElseChat, TextCompletions
from .provider import Provider


def _chat_fields(asked: Asked) -> dict[str, object]:
    return {"max_tokens": asked.max_tokens, "temperature": 0, "thinking": {"type": "disabled"}}


def _engine(model: CloudModel) -> CloudEngine:
    fim = TextCompletions(model, markers=None, path="/beta/completions")
    return ElseChat(fim, ChatCompletions(model, _chat_fields), model)


DEEPSEEK = Provider(
    id="deepseek",
    name="DeepSeek",
    url="https://api.deepseek.com",
    models_path="/models",
    example_model="deepseek-v4-pro",
    engine=_engine,
    base=lambda url: url.rstrip("/").removesuffix("/beta").removesuffix("/v1"),
)
