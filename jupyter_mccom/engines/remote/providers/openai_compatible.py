"""LM Studio, and any server that speaks as OpenAI did: markers where the family is known, `suffix` else, else a chat.

Sources: lmstudio.ai (OpenAI-compatible routes); platform.openai.com (`completions`, whose `suffix` is for insertion),
November 2026. A base address includes `/v1`, as OpenAI's own libraries take it.
"""

from __future__ import annotations

from ..chat_completions import ChatCompletions
from ..cloud_engine import CloudEngine, CloudModel
from ..text_completions import ElseChat, TextCompletions
from .provider import Provider, root_of


def _engine(model: CloudModel) -> CloudEngine:
    raw = TextCompletions(model, markers=model.fim)
    return raw if model.fim else ElseChat(raw, ChatCompletions(model), model)


LMSTUDIO = Provider(
    id="lmstudio",
    name="LM Studio",
    url="http://127.0.0.1:1234/v1",
    needs_key=False,
    models_path="/models",
    example_model="qwen2.5-coder-7b-instruct",
    engine=_engine,
    base=lambda url: root_of(url) + "/v1",
)
OPENAI_COMPATIBLE = Provider(
    id="openai-compatible",
    name="OpenAI-compatible server",
    needs_key=False,
    models_path="/models",
    example_model="qwen2.5-coder-7b-instruct",
    engine=_engine,
)
