"""Anthropic: Claude by the messages route (`anthropic_messages.py`, which names the source of its shape).

Models since Opus 4.7 refuse `temperature`, and those since 5 think unless told not to (docs.anthropic.com).
"""

from __future__ import annotations

import re

from ..anthropic_messages import Messages
from .provider import Provider

_SAMPLES = re.compile(r"claude-(?:instant|2|3)|-4(?:-[0-6])?(?:-\d{8})?(?:@|$|-latest)")
_THINKS = re.compile(r"claude-[a-z]+-(?:[5-9]|4-[7-9])")


def fields(model: str) -> dict[str, object]:
    """What a model is sent beside the messages."""
    if _SAMPLES.search(model):
        return {"temperature": 0}
    return {"thinking": {"type": "disabled"}} if _THINKS.search(model) else {}


ANTHROPIC = Provider(
    id="anthropic",
    name="Anthropic",
    url="https://api.anthropic.com/v1",
    models_path="/models?limit=1000",
    example_model="claude-haiku-4-5",
    engine=lambda model: Messages(model, fields),
    key_headers=lambda key: {"anthropic-version": "2023-06-01"} | ({"x-api-key": key} if key else {}),
)
