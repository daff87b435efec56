"""The one model download that a server may have under way, run in a thread. Knows nothing of HTTP."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import MCComError
from ..models.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PullProgress:
    """Progress of the running download."""

    model: str
    done_bytes: int
    total_bytes: int


class Pulls:
    """Starts, reports and cancels a download; a second start while one runs changes nothing."""

    def __init__(self, store: Callable[[], Store], arrived: Callable[[], None] = lambda: None) -> None:
        """`store` is asked at each download, since settings change. `arrived` is called after each that went well."""
        self._store = store
        self._arrived = arrived
        self._task: asyncio.Task[None] | None = None
        self._cancelled = threading.Event()
        self._progress: PullProgress | None = None
        self.trouble = ""
        """Why the last download failed; empty when it did not, and since a model answered after it."""

    @property
    def progress(self) -> PullProgress | None:
        """Progress of the download; None when none is running."""
        return self._progress

    async def start(self, model_id: str) -> None:
        """Begins a download. Raises ModelError for an unknown model."""
        store = self._store()
        total = (await asyncio.to_thread(store.wanted, model_id)).n_bytes
        if self._task is not None and not self._task.done():
            return
        self.trouble = ""
        self._cancelled.clear()
        self._progress = PullProgress(model=model_id, done_bytes=0, total_bytes=total)
        self._task = asyncio.create_task(self._pull(store, model_id), name="mccom pull")

    async def cancel(self) -> None:
        """Ends the download; what arrived is kept for the next try."""
        self._cancelled.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _pull(self, store: Store, model_id: str) -> None:
        def progress(done: int, total: int) -> None:
            self._progress = PullProgress(model=model_id, done_bytes=done, total_bytes=total)

        def note(message: str) -> None:
            """The status shows bytes; where they come from is no trouble."""

        try:
            await asyncio.to_thread(
                store.pull, model_id, progress=progress, cancelled=self._cancelled.is_set, note=note
            )
            self._arrived()
        except MCComError as error:
            self.trouble = "" if self._cancelled.is_set() else str(error)
        except Exception as error:
            self.trouble = f"the download failed ({error!r}); please report it"
            raise
        finally:
            self._progress = None
