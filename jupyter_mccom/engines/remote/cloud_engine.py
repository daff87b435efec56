"""What every cloud engine shares: its name, its client, an estimate of token counts. Knows nothing of dialects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ...types import Skills
from ..fim import FimMarkers
from .cloud_client import CloudClient

_CHARS_A_TOKEN = 3
"""Code has 3 to 4 characters a token with the tokenizers of 2025; the lower figure keeps a prompt within its budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudModel:
    """A model behind a client; `fim` are its markers where the dialect takes a raw prompt."""

    name: str
    client: CloudClient
    fim: FimMarkers


class CloudEngine:
    """One kind of dialect; subclasses say how a prompt is asked and what can be done with a draft."""

    def __init__(self, model: CloudModel) -> None:
        self._model = model
        self._client = model.client

    @property
    def skills(self) -> Skills:
        """Nothing but the text after the cursor."""
        return Skills(probs=False, infill=True, checks_draft=False)

    @property
    def name(self) -> str:
        """The model, as its server names it."""
        return self._model.name

    async def count(self, texts: Sequence[str]) -> list[int]:
        """An estimate that needs no request: a token for every 3 characters."""
        return [math.ceil(len(text) / _CHARS_A_TOKEN) for text in texts]

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def prob_of(logprob: object) -> float | None:
    """A probability, 0..1, from a natural logarithm; None where the server gave none."""
    return min(1.0, math.exp(logprob)) if isinstance(logprob, int | float) else None


def text_of(choice: object, *path: str) -> str:
    """The string at `path` in a JSON object; empty where there is none."""
    found = choice
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def first_choice(event: object) -> dict[str, object]:
    """`choices[0]` of an answer; empty where there is none."""
    choices = event.get("choices") if isinstance(event, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}
