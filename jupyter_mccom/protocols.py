"""The seams: what the cascade needs of the world, and nothing more.

An implementation is proved by the contract suite of its protocol under `tests/contracts`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from .agreement import Agreement
from .types import CompletionRequest, Hit, Outcome, Prompt, Skills, Survival, Token, Trace


class Engine(Protocol):
    """Writes tokens. Closing the iterator is the only cancel; it frees the model within one token or prefill batch."""

    @property
    def name(self) -> str:
        """The model's id, as shown to people."""
        ...

    @property
    def skills(self) -> Skills:
        """What is known of it now. It may change between two requests: ask each time and keep none.

        A server's are known when it was first asked, `auto`'s change with its choice, and a server that does not heed
        forced text is found out by its answers.
        """
        ...

    def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Greedy text after `prompt.typed + prompt.forced`, ending early at the model's end of text.

        At most `max_tokens` tokens beside the forced ones. `draft` continues the same text and is advice: the output
        does not depend on it, but for ties.
        Raises EngineMissing, EngineBusy, PromptTooLong, or EngineError when the model's process dies meanwhile.
        """
        ...

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens in each text, in order. Raises as `generate` does."""
        ...

    async def aclose(self) -> None:
        """Ends the engine and all that it started. Idempotent."""
        ...


N_HITS = 5
"""As many as a local prompt has room for."""


class Retriever(Protocol):
    """Finds context for a position in the open notebook, the project and the live kernel."""

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = N_HITS
    ) -> tuple[Hit, ...]:
        """At most `n_hits` beside the kernel's, best first. `text` is the local model's answer: a second query.

        That counts by its `confidence`, 0..1.
        Where `text` names nothing but what stands near or in the first hits without it, the hits are those without it.
        Without `text` the hits do not depend on what was typed on the cursor's line, so that a key moves no prompt; but
        what the kernel holds of the objects named there does. The kernel's hit comes first; its text is empty where
        nothing that it holds is named, so that room for it stays.
        Returns soon, without the sources that are slow or fail.
        """
        ...

    async def aclose(self) -> None:
        """Ends all that was started. Idempotent."""
        ...


class Recorder(Protocol):
    """Keeps what became of suggestions, for learning."""

    def keep(self, event: Trace | Outcome | Survival | Agreement) -> None:
        """Takes one thing that happened, in order of time. Neither blocks nor raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the cloud has cost on one day (UTC)."""

    calls: int = 0
    tokens: int = 0


Payment: TypeAlias = Callable[[MutableMapping[int, Account]], bool]
"""Changes the accounts of the days, by days since 1970 (UTC). Runs on any thread."""


class Ledger(Protocol):
    """Keeps what the cloud has cost, for all who share a budget."""

    @property
    def trouble(self) -> str:
        """Why it cannot be kept, one line; empty when it can. What is spent is counted in any case."""
        ...

    def known(self) -> Mapping[int, Account]:
        """The accounts as they are known without a wait."""
        ...

    async def change(self, work: Payment) -> tuple[bool, Mapping[int, Account]]:
        """Runs `work` while nobody else changes the accounts; what it says, and the accounts then. Raises nothing."""
        ...


class Clock(Protocol):
    """A source of time, so that a replay can run faster than a person types."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        ...

    def unix_s(self) -> float:
        """Seconds since 1970."""
        ...
