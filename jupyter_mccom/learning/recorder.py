"""Owns the file of traces: everything that touches it runs on one thread, never on the event loop.

Also decides when to learn: at the start, and when enough has become known since. Knows nothing of gates: it gives a
Verdict.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ..agreement import Agreement
from ..types import Outcome
from .calibrate import BALANCED, Calibration, Prices
from .schema import Event
from .trace_file import TraceStore
from .verdict import NOTHING_KNOWN, Verdict, judge

_LEARN_EVERY = 50
"""Outcomes and finished lines between two fits; before there are enough for one, each is counted."""
_PENDING = 1000
"""Events that may wait for a slow disk; then the oldest are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The model whose texts are learnt from, and what is known of it."""

    model: str
    layout: str
    prior: Calibration
    """What the catalogue says of the model's texts."""
    prices: Prices = BALANCED
    """What the person's eagerness makes a mistake cost."""


class FileRecorder:
    """Satisfies protocols.Recorder. Call `begin` before `keep`."""

    def __init__(self, store: TraceStore, *, learn_every: int = _LEARN_EVERY) -> None:
        self._store = store
        self._learn_every = learn_every
        self._subject: Subject
        self._learnt: Callable[[Verdict], None]
        self._forgotten: Callable[[], None]
        self.verdict = NOTHING_KNOWN
        """The newest one."""
        self._n_news = 0
        self._closed = False
        self._pending: deque[Event] = deque(maxlen=_PENDING)
        self._owner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mccom traces")

    def begin(self, subject: Subject, *, learnt: Callable[[Verdict], None], forgotten: Callable[[], None]) -> None:
        """Learns of this subject from now on, and first from what is there. Both are called on the owner's thread.

        They only assign. `learnt` is given each new verdict; `forgotten` means that another process has deleted all.
        """

        def work() -> None:
            self._subject, self._learnt, self._forgotten = subject, learnt, forgotten
            self._learn()

        self._owner.submit(work)

    @property
    def trouble(self) -> str:
        """What goes wrong with the file, one line; empty when nothing does."""
        return self._store.trouble

    def keep(self, event: Event) -> None:
        """Takes one event; it is written soon, on the owner's thread."""
        if self._closed:  # the last outcomes of a page may come while the server stops
            return
        self._pending.append(event)
        if len(self._pending) == 1:
            self._owner.submit(self._write)

    async def settled(self) -> None:
        """Waits until all that was kept so far is written and learnt from."""
        await asyncio.wrap_future(self._owner.submit(lambda: None))

    async def forget(self) -> int:
        """Deletes all that is kept, here and in the file. Returns how many rows. Raises TracesError."""
        return await asyncio.wrap_future(self._owner.submit(self._forget))

    async def aclose(self) -> None:
        """Writes what waits, and closes the file. Idempotent."""
        if not self._closed:
            self._closed = True
            await asyncio.wrap_future(self._owner.submit(self._store.close))
            self._owner.shutdown(wait=False)

    def _write(self) -> None:
        events: list[Event] = []
        while self._pending:
            events.append(self._pending.popleft())
        if not events:
            return
        if self._store.write(events, self._subject.layout):
            self._forgotten()
            self._n_news = self._learn_every
        self._n_news += sum(isinstance(event, Outcome | Agreement) for event in events)
        if self._n_news >= (self._learn_every if self.verdict.gain else 1):
            self._learn()

    def _learn(self) -> None:
        self._n_news = 0
        examples = self._store.examples(self._subject.model, self._subject.layout)
        self.verdict = judge(examples, self._subject.prior, self._subject.prices)
        self._learnt(self.verdict)

    def _forget(self) -> int:
        self._pending.clear()
        n = self._store.forget()
        self._learn()
        return n
