"""The large model's tier: its prompts, what may go there and what that costs. Knows no dialect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..protocols import Engine
from ..types import Prompt
from .budget import Budget
from .engine_context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """One a cascade."""

    context: Context
    budget: Budget
    kept_out: Callable[[str], bool] = lambda document: False
    """Documents whose text never leaves the machine. May raise RetrievalError."""

    @property
    def engine(self) -> Engine:
        """The one that is asked."""
        return self.context.engine

    async def spend(self, prompt: Prompt, draft: str) -> None:
        """Counts what is about to be sent. Raises as the engine's count does."""
        texts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced]
        texts += [prompt.suffix, draft]
        self.budget.spend(sum(await self.engine.count(texts)))
