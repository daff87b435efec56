"""Every open document, by window and path: one bound, one `forget`, one `aclose`."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import MutableMapping, Sequence

from ..types import CompletionRequest, Hit
from .document import Document
from .escalation import Escalation
from .record import Journal

_KEPT = 100


class Documents:
    """All open documents of a server. They outlive a change of the settings, which replaces the cascade."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = journal or Journal()
        """The record of all of them."""
        self._kept: OrderedDict[tuple[str, str], Document] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, request: CompletionRequest) -> Document:
        """The document of a request in its window. The one that was asked about longest ago makes room."""
        place = (request.client, request.document)
        with self._lock:
            document = self._kept.pop(place, None) or Document(self.journal)
            self._kept[place] = document
            idle = (place for place, kept in self._kept.items() if not kept.busy and kept is not document)
            if len(self._kept) > _KEPT and (oldest := next(idle, None)):
                del self._kept[oldest]
        return document

    def held(self, request: CompletionRequest) -> MutableMapping[str, Sequence[Hit]]:
        """Where retrieval keeps the hits of the request's document, by cell."""
        return self.of(request).held

    def asking(self) -> tuple[asyncio.Task[None], ...]:
        """The requests that wait for an answer now."""
        return tuple(task for document in self._all() if (task := document.asking))

    def forget(self) -> None:
        """Drops all that was written, done and found, and every trace in memory. Any thread may call it."""
        self.journal.forget()
        with self._lock:
            for document in self._kept.values():
                document.forget()
            self._kept = OrderedDict((place, kept) for place, kept in self._kept.items() if kept.busy)

    async def stop(self, escalation: Escalation) -> None:
        """Ends the answers that one cascade's tiers write."""
        await asyncio.gather(*(document.stop(escalation) for document in self._all()))

    async def aclose(self) -> None:
        """Ends the requests, then the answers that run."""
        asking = self.asking()
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await asyncio.gather(*(document.stop() for document in self._all()))

    def _all(self) -> tuple[Document, ...]:
        with self._lock:
            return tuple(self._kept.values())
