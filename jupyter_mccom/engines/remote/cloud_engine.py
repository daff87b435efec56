"""What every cloud engine shares: its name, its client, an estimate of token counts. Knows nothing of dialects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...types import Skills
from ..fim import FimMarkers
from ..http import HttpClient


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudModel:
    """A model behind a client; `fim` are its markers where the dialect takes a raw prompt."""

    name: str
    client: HttpClient
    fim: FimMarkers


class CloudEngine:
    """One kind of dialect; subclasses say how a prompt is asked and what can be done with a draft."""

    def __init__(self, model: CloudModel) -> None:
        self._model = model
        self._client = model.client

    @property
    def skills(self) -> Skills:
        """The skills of a plain cloud: it reads the text after the cursor, and nothing more."""
        return Skills(probs=False, infill=True, checks_draft=False)

    @property
    def name(self) -> str:
        """The model, as its server names it."""
        return self._model.name

    async def count(self, texts: Sequence[str]) -> list[int]:
        """An estimate that needs no request, by what the server has told of earlier prompts."""
        return [self._client.chars_a_token.estimate(text) for text in texts]

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
