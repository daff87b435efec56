"""OpenAI: chat completions; a prediction where a model takes one, and the least reasoning where one reasons.

Sources: the types of PyPI's openai 3.57 (`completion_create_params`, `reasoning_effort`); platform.openai.com
(predicted outputs: GPT-4o and 4.1, without `max_completion_tokens`; reasoning models: no `temperature`); the service's
own words on GPT-5.1, which knows `none` and not `minimal`. November 2026.
"""

from __future__ import annotations

import re

from ..chat_completions import Asked, ChatCompletions
from .provider import Provider

_PREDICTS = re.compile(r"gpt-4(o|\.1)")
_REASONS = re.compile(r"(^|/)(gpt-[5-9]|o\d)")
_THINKING_TOKENS = 2048
"""Room for what a reasoning model thinks: its limit counts that too."""


def predicts(model: str) -> bool:
    """The model's documentation lists it for predicted outputs."""
    return bool(_PREDICTS.search(model))


def effort_of(model: str) -> str:
    """The least reasoning effort that a model documents; empty where it does not reason."""
    name = model.rpartition("/")[2]
    if not _REASONS.search(name) or "chat" in name:
        return ""
    if name.startswith("o") or "codex" in name:
        return "low"
    if "pro" in name:
        return "high" if re.match(r"gpt-5-pro", name) else "medium"
    return "minimal" if re.match(r"gpt-5(-|$)", name) else "none"


def fields(asked: Asked) -> dict[str, object]:
    """What OpenAI's models are sent beside the messages."""
    found: dict[str, object] = {"stream_options": {"include_usage": True}}
    found |= {"prompt_cache_key": asked.session} if asked.session else {}
    effort = effort_of(asked.model)
    if effort:
        limit = asked.max_tokens + (0 if effort == "none" else _THINKING_TOKENS)
        return found | {"reasoning_effort": effort, "max_completion_tokens": limit}
    found |= {"temperature": 0}
    if asked.prediction:
        return found | {"prediction": {"type": "content", "content": asked.prediction}}
    return found | {"max_completion_tokens": asked.max_tokens}


OPENAI = Provider(
    id="openai",
    name="OpenAI",
    url="https://api.openai.com/v1",
    models_path="/models",
    example_model="gpt-4.1-mini",
    draft="prediction",
    drafts=predicts,
    engine=lambda model: ChatCompletions(model, fields, predicts=predicts(model.name)),
)
