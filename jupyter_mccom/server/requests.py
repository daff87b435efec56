"""What runs in the server: one completion a window and document, one warm-up, one download; all end with the server.

Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any

from ..compose import OpenCascade
from ..errors import MCComError, SettingsError
from ..types import CompletionRequest, Outcome, Suggestion, Trace
from .pulls import Pulls
from .status import status_of


class Completions:
    """Owns every task that the routes start."""

    def __init__(self, opened: OpenCascade, *, enabled: bool) -> None:
        self._opened = opened
        self._enabled = enabled
        self._pulls = Pulls(opened.store)
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._warming: asyncio.Task[None] | None = None

    def begin(self, request: CompletionRequest, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work`; an older request of the same window and document is cancelled."""
        place = (request.client, request.document)
        older = self._running.get(place)
        if older is not None:
            older.cancel()
        task = asyncio.create_task(work, name=f"mccom complete {request.id}")
        self._running[place] = task
        task.add_done_callback(lambda done: self._running.pop(place) if self._running.get(place) is done else None)
        return task

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        """See Cascade.complete. Raises SettingsError when completions are switched off."""
        if not self._enabled:
            raise SettingsError("completions are switched off on this server; ask for MCCom.enabled = True")
        async with aclosing(self._opened.cascade.complete(request)) as suggestions:
            async for suggestion in suggestions:
                yield suggestion

    def report(self, outcome: Outcome) -> None:
        """How a suggestion ended."""
        self._opened.cascade.report(outcome)

    def traces(self) -> tuple[Trace, ...]:
        """Kept traces, oldest first."""
        return self._opened.cascade.journal.traces

    def forget(self) -> None:
        """Drops the traces."""
        self._opened.cascade.journal.forget()

    def warm(self) -> None:
        """Starts loading the model, if it is here and nothing loads it yet."""
        if self._enabled and (self._warming is None or self._warming.done()):
            self._warming = asyncio.create_task(self._warm(), name="mccom warm")

    def pull(self, model_id: str | None) -> None:
        """Starts a download of the given or the configured model. Raises ModelError."""
        self._pulls.start(model_id or self._opened.model.id)

    async def cancel_pull(self) -> None:
        """Ends the download."""
        await self._pulls.cancel()

    def status(self) -> dict[str, Any]:
        """See `status_of`."""
        return status_of(
            self._opened, enabled=self._enabled, pull=self._pulls.progress, pull_trouble=self._pulls.trouble
        )

    async def aclose(self) -> None:
        """Cancels what runs and ends the model's process."""
        tasks = [*self._running.values(), *([self._warming] if self._warming else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pulls.cancel()
        await self._opened.aclose()

    async def _warm(self) -> None:
        try:
            await self._opened.warm()
        except MCComError:
            return  # the host keeps the reason, and the status shows it
