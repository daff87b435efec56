"""One request's way to a suggestion as plain state: what the tiers wrote, what is shown so far, who waits for it.

The tiers and the gates write into it (`escalation.py`), requests read it (`Follower`): its own, and each later one that
agrees with what was typed since. It outlives the request that began it for as long as somebody waits. Knows nothing of
engines.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..protocols import Clock
from ..types import CompletionRequest, DraftCheck, Features, Generation, Hit, Origin, Route, Suggestion, Trace
from .line import Line, forced
from .route import confidence, features_of
from .writing import LocalText, Writing

_GRACE_S = 0.3
"""An answer that nobody waits for goes on this long: the next key is on its way (a quick typist's gap is 0.1 s)."""


class RunningAnswer:
    """The state of one answer. `start` gives it the work that fills it."""

    def __init__(
        self,
        request: CompletionRequest,
        line: Line,
        ahead: Mapping[CompletionRequest, LocalText],
        *,
        clock: Clock,
        latency_budget_s: float,
    ) -> None:
        self.request = request
        self.line = line
        """The memory of the cursor's line."""
        self.ahead = ahead
        """Answers given in advance for the document."""
        self.forced = forced(request, line)
        """The route's reason where the person's action decides it."""
        self.suggestion_id = secrets.token_hex(8)
        line.ids.add(self.suggestion_id)
        self.taken = False
        """A suggestion was taken right here, and nothing was typed since."""
        self.writing: Writing | None = None
        """Where an engine writes now."""
        self.route = Route(to="nothing", reason="low")
        """The route under which text is shown before it is whole."""
        self.local_text = ""
        self.from_context = ""
        """Text of the context that was shown before a model answered; empty: none."""
        self.begun = ""
        """Text at the cursor behind which the engine writes now."""
        self.parses = True
        self.hits: tuple[Hit, ...] = ()
        """Context that stood in the last engine's prompt."""
        self.trouble = ""
        """Why the cloud failed, one line."""
        self.shown: list[Suggestion] = []
        """All suggestions so far."""
        self.news = asyncio.Event()
        """Set when there is more text, shown or not, and at the end."""
        self.noted = False
        """Its final suggestion is in the record."""
        self.forgotten = False
        """The person had everything forgotten: it ends as it is, and is in no record."""
        self._task: asyncio.Task[None] | None = None
        self._n_waiting = 0
        self._clock = clock
        self._unix_s = clock.unix_s()
        self._start_s = self._lap_s = clock.now_s()
        self.deadline_s = self._start_s + min(request.deadline_s, latency_budget_s)
        """On the clock's monotonic seconds."""
        self._cloud_s: float | None = None
        self._stage_s: dict[str, float] = {}
        self._generations: dict[str, Generation] = {}

    # its life

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work`, which fills it; what was shown before is dropped. Needs a running event loop."""
        self.shown = []
        self._task = asyncio.create_task(work, name=f"mccom answer {self.request.id}")
        self._task.add_done_callback(self._landed)
        return self._task

    @property
    def over(self) -> bool:
        """Nothing is shown any more."""
        return self._task is None or self._task.done()

    def check(self) -> None:
        """Raises what its work raised."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Within, somebody waits for it. It ends soon after the last one has gone."""
        self._n_waiting += 1
        try:
            yield
        finally:
            self._n_waiting -= 1
            if not self.over:
                asyncio.get_running_loop().call_later(_GRACE_S, self._end_unless_awaited)

    def cancel(self) -> None:
        """Ends it; the model is free soon after."""
        if self._task is not None:
            self._task.cancel()

    async def aclose(self) -> None:
        """Ends it and waits until the model is free."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def _landed(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # read, so that an answer that nobody waits for may fail silently
        self.news.set()

    def _end_unless_awaited(self) -> None:
        if not self._n_waiting:
            self.cancel()

    # what the tiers write

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.deadline_s - self._clock.now_s()

    @property
    def written(self) -> str:
        """The text of the engine that writes now, so far, shown or not."""
        return self.begun + (self.writing.text if self.writing else "")

    def show(self, suggestion: Suggestion) -> None:
        """Gives a suggestion to all who wait."""
        self.shown.append(suggestion)
        self.news.set()

    def asks_cloud(self) -> None:
        """Marks the start of the cloud call."""
        self._cloud_s = self._clock.now_s()

    @property
    def cloud_silent_s(self) -> float:
        """Seconds since the cloud was asked, while it has written nothing; else 0."""
        return 0.0 if self._cloud_s is None or self.written else self._clock.now_s() - self._cloud_s

    @property
    def confidence(self) -> float | None:
        """The confidence of the local text; None where there is none."""
        local = self._generations.get("local")
        return confidence(local.tokens) if local else None

    def lap(self, stage: str) -> None:
        """Ends a stage."""
        now_s = self._clock.now_s()
        self._stage_s[stage] = now_s - self._lap_s
        self._lap_s = now_s

    def took(self, stage: str, generation: Generation) -> None:
        """Ends the stage of an engine."""
        self._generations[stage] = generation
        self.lap(stage)

    def wrote(self, text: str, *, parses: bool) -> None:
        """Takes the local text, trimmed, and whether the cell holds with it."""
        self.local_text, self.parses = text, parses

    # what comes of it

    @property
    def features(self) -> Features | None:
        """The local text's; None where there is none, or no probabilities, or the context wrote its beginning."""
        local = None if self.from_context else self._generations.get("local")
        return features_of(local.tokens, self.local_text, self.parses) if local else None

    def suggestion(self, text: str, route: Route, *, origin: Origin = "local", final: bool = True) -> Suggestion:
        """An answer of this request: always the same suggestion."""
        return Suggestion(
            suggestion_id=self.suggestion_id,
            request_id=self.request.id,
            text=text,
            origin=origin,
            route=route,
            final=final,
        )

    def trace(self, suggestion: Suggestion) -> Trace:
        """The trace of this request."""
        request = self.request
        local = self._generations.get("local")
        finished = local is not None and local.stop not in ("hopeless", "late")
        return Trace(
            request_id=request.id,
            suggestion_id=suggestion.suggestion_id,
            document=request.document,
            cell_id=request.cell_id,
            language=request.language,
            trigger=request.trigger,
            started_s=self._unix_s,
            route=suggestion.route,
            origin=suggestion.origin,
            text=suggestion.text,
            generations=tuple(self._generations.values()),
            features=self.features if finished else None,
            draft=self._draft(),
            trouble=self.trouble,
            hits=self.hits,
            stage_s={**self._stage_s, "total": self._clock.now_s() - self._start_s},
        )

    def _draft(self) -> DraftCheck | None:
        last = self._generations.get("cloud") or self._generations.get("local")
        checks = [token.check for token in last.tokens if token.check is not None] if last else []
        return checks[-1] if checks else None
