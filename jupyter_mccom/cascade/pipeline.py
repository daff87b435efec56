"""One completion from request to suggestion: start reading here.

`documents.of(request).complete(request)`: the open document (document.py) answers from its last suggestion, from its
running answer, or with a new one, for which the tiers are asked in turn (escalation.py). Local text is held until its
gates (route.py) have spoken and then given at once; cloud text streams. README.md draws it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace

from ..protocols import Clock, Retriever
from ..types import CompletionRequest, Multiline, Prompt, Suggestion
from .documents import Documents
from .engine_context import Context
from .escalation import Escalation
from .record import Journal
from .route import Gates
from .text.magics import as_written
from .tiers import CloudTier, LocalTier


class Cascade:
    """`max_tokens` bounds an answer, `latency_budget_s` a request; `hedge_s` and `asks_ahead` as in Escalation.

    `multiline` holds for a request that does not say.
    """

    def __init__(
        self,
        *,
        context: Context,
        documents: Documents,
        clock: Clock,
        gates: Gates,
        max_tokens: int,
        latency_budget_s: float,
        hedge_s: float,
        asks_ahead: bool = False,
        multiline: Multiline = "statement",
        cloud: CloudTier | None = None,
        retriever: Retriever | None = None,
    ) -> None:
        self.documents = documents
        """The open documents, of which a cascade before this one may have known."""
        self._escalation = Escalation(
            local=LocalTier(context, clock=clock, max_tokens=max_tokens),
            cloud=cloud,
            gates=gates,
            clock=clock,
            max_tokens=max_tokens,
            latency_budget_s=latency_budget_s,
            hedge_s=hedge_s,
            asks_ahead=asks_ahead,
        )
        self._retriever = retriever
        self._multiline = multiline

    @property
    def journal(self) -> Journal:
        """Totals, outcomes and traces so far."""
        return self.documents.journal

    @property
    def cloud(self) -> CloudTier | None:
        """The cloud tier; None: nothing ever leaves the machine."""
        return self._escalation.cloud

    @property
    def gates(self) -> Gates:
        """The gates of the next route. Any thread may replace them at any time."""
        return self._escalation.gates

    @gates.setter
    def gates(self, gates: Gates) -> None:
        self._escalation.gates = gates

    def complete(self, request: CompletionRequest, *, local_only: bool = False) -> AsyncGenerator[Suggestion, None]:
        """Suggestions for one position, each the full text so far; the last one is final and may be empty.

        A newer request of the same window and document ends them early, or takes them over while it agrees with them.
        Raises EngineError or ModelError when no engine can be asked; closing the iterator stops the model, unless such
        a request comes at once.
        """
        request = self._as_asked(request)
        return self.documents.of(request).complete(request, self._escalation, local_only=local_only)

    async def warm(self, request: CompletionRequest) -> None:
        """Makes the first key at a position quick. Raises as `complete` does; cancelling it frees the model."""
        await self.documents.of(request).warm(as_written(request), self._escalation)

    async def look_ahead(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        """Answers in advance where the person will be after taking `suggestion`, the final one of `request`.

        Raises as `complete` does; cancelling it frees the model.
        """
        request = self._as_asked(request)
        await self.documents.of(request).look_ahead(request, suggestion, self._escalation)

    def ask_ahead(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        """Asks the cloud in advance while `suggestion`, the final one of `request`, is read, where that is allowed.

        The call goes on beside later requests until one of them has decided what becomes of it.
        """
        request = self._as_asked(request)
        self.documents.of(request).ask_ahead(request, suggestion, self._escalation)

    async def prompt(
        self, request: CompletionRequest, *, cloud: bool = False, text: str = "", confidence: float | None = None
    ) -> Prompt:
        """The local or the cloud engine's prompt for a request; `text` and `confidence` as in Context.prompt."""
        assert not cloud or self.cloud is not None
        request = as_written(request)
        context = self.cloud.context if cloud and self.cloud else self._escalation.local.context
        return (await context.prompt(request, text=text, confidence=confidence))[0]

    def forget(self) -> None:
        """Drops all that was written and done. Any thread may call it."""
        self.documents.forget()

    async def stop(self) -> None:
        """Ends the answers that this cascade writes."""
        await self.documents.stop(self._escalation)

    async def aclose(self) -> None:
        """Ends what runs, and the engines."""
        await self.documents.aclose()
        await self._escalation.local.context.engine.aclose()
        if self.cloud is not None:
            await self.cloud.engine.aclose()
        if self._retriever is not None:
            await self._retriever.aclose()

    def _as_asked(self, request: CompletionRequest) -> CompletionRequest:
        return replace(as_written(request), multiline=request.multiline or self._multiline)
