"""How many characters of code a token of somebody else's model has: learnt from what its server says of each prompt.

A guess that is too high makes prompts longer than they may be, one that is too low wastes room: until a server has told
its counts the low figure of `token_counts` holds, and what was learnt is taken from the shorter tokens seen.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from .token_counts import CHARS_A_TOKEN

_KEPT = 32
_LEAST_KNOWN = 3
"""So many prompts are to agree before anything is changed."""
_LEAST_CHARS = 1000
"""A shorter prompt is mostly instructions and markers."""
_SHORTER = 0.25
"""The quantile of the prompts that is taken."""
_LIMITS = (1.5, 4.5)
"""Outside of these a server counts something else: what was not in its cache, or words."""
_PROMPT = ("prompt", "suffix", "system", "messages", "contents", "systemInstruction")
_COUNTS = (
    ("usage", "prompt_tokens"),
    ("usageMetadata", "promptTokenCount"),
    ("message", "usage", "input_tokens"),
    ("tokens_evaluated",),
    ("prompt_eval_count",),
    ("meta_info", "prompt_tokens"),
)
"""Where OpenAI's kind, Gemini, Anthropic, llama.cpp's server, Ollama and SGLang tell the whole prompt's tokens."""
_CACHED = ("cache_read_input_tokens", "cache_creation_input_tokens")
"""Anthropic counts these apart."""


class CharsAToken:
    """What is known of one model behind one address."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=_KEPT)

    @property
    def learnt(self) -> float:
        """Characters a token."""
        if len(self._seen) < _LEAST_KNOWN:
            return CHARS_A_TOKEN
        return sorted(self._seen)[int(_SHORTER * len(self._seen))]

    def estimate(self, text: str) -> int:
        """Tokens of a text."""
        return math.ceil(len(text) / self.learnt)

    def heard(self, body: Mapping[str, object], event: Mapping[str, Any]) -> None:
        """Takes what an answer says of the prompt in `body`; most events say nothing. Raises nothing."""
        n_tokens = next((found for path in _COUNTS if (found := _number_at(event, path))), 0)
        n_chars = sum(_n_chars(body.get(name)) for name in _PROMPT) if n_tokens else 0
        if n_tokens and n_chars >= _LEAST_CHARS:
            low, high = _LIMITS
            if low <= n_chars / n_tokens <= high:
                self._seen.append(n_chars / n_tokens)


def _number_at(event: object, path: tuple[str, ...]) -> int:
    *above, name = path
    for key in above:
        event = event.get(key) if isinstance(event, dict) else None
    told = [event.get(key) for key in (name, *_CACHED)] if isinstance(event, dict) else [None]
    counts = [n if isinstance(n, int) and not isinstance(n, bool) else 0 for n in told]
    return sum(counts) if counts[0] > 0 else 0


def _n_chars(value: object) -> int:
    """Characters of the text in a part of a request; token ids are none."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(_n_chars(one) for key, one in value.items() if key != "role")
    return sum(map(_n_chars, value)) if isinstance(value, list) else 0
