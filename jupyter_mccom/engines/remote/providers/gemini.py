"""Google Gemini by `streamGenerateContent` (`generate_content.py`, which names the source of its shape).

Thinking is as little as a model documents: 2.5 Flash none, 2.5 Pro 128 tokens, later ones by a level.
"""

from __future__ import annotations

import re

from ..generate_content import GenerateContent
from ..json_answers import texts_in
from .provider import Provider

_LEAST_THINKING = 128
"""Tokens that 2.5 Pro thinks at least."""
_ROOM = 1024
"""Tokens of room for a model that cannot leave thinking."""


def fields(model: str, max_tokens: int) -> dict[str, object]:
    """The `generationConfig` of a model for an answer of so many tokens."""
    found: dict[str, object] = {"temperature": 0, "maxOutputTokens": max_tokens}
    generation = re.search(r"gemini-(\d+)(?:\.(\d+))?", model)
    version = (int(generation[1]), int(generation[2] or 0)) if generation else (0, 0)
    if version >= (3, 0):
        level = "LOW" if "pro" in model else "MINIMAL"
        return {"maxOutputTokens": max_tokens + _ROOM, "thinkingConfig": {"thinkingLevel": level}}
    if version >= (2, 5):
        budget = _LEAST_THINKING if "pro" in model else 0
        return found | {"maxOutputTokens": max_tokens + budget, "thinkingConfig": {"thinkingBudget": budget}}
    return found


GEMINI = Provider(
    id="gemini",
    name="Google Gemini",
    url="https://generativelanguage.googleapis.com/v1beta",
    models_path="/models?pageSize=1000",
    example_model="gemini-2.5-flash",
    engine=lambda model: GenerateContent(model, fields),
    key_headers=lambda key: {"x-goog-api-key": key} if key else {},
    model_names=lambda answer: [name.removeprefix("models/") for name in texts_in(answer, "models", "name")],
)
