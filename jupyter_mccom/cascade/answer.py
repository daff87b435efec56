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
from dataclasses import InitVar, dataclass, field, replace
from typing import Any

from ..protocols import Clock
from ..types import CompletionRequest, DraftCheck, Features, Generation, Hit, Origin, Reason, Route, Suggestion, Trace
from .line import Line, forced
from .route import confidence, features_of
from .writing import LocalText, Writing

_GRACE_S = 0.3
"""An answer that nobody waits for goes on this long: the next key is on its way (a quick typist's gap is 0.1 s)."""


@dataclass(eq=False, kw_only=True)
class RunningAnswer:
    """The state of one answer. `start` gives it the work that fills it."""

    request: CompletionRequest
    line: Line
    """The memory of the cursor's line."""
    ahead: Mapping[CompletionRequest, LocalText]
    """Answers given in advance for the document."""
    clock: Clock
    latency_budget_s: InitVar[float]
    forced: Reason | None = field(init=False)
    """The route's reason where the person's action decides it."""
    deadline_s: float = field(init=False)
    """On the clock's monotonic seconds."""
    suggestion_id: str = field(default_factory=lambda: secrets.token_hex(8))
    taken: bool = False
    """A suggestion was taken right here, and nothing was typed since."""
    writing: Writing | None = None
    """Where an engine writes now."""
    route: Route = Route(to="nothing", reason="low")  # noqa: RUF009 - frozen
    """The cloud's route, once that is asked."""
    local_text: str = ""
    from_context: str = ""
    """Text of the context that was shown before a model answered; empty: none."""
    begun: str = ""
    """Text at the cursor behind which the engine writes now."""
    hopeless: bool = False
    """The local text was cut off after its first tokens: it is neither a draft nor a query."""
    parses: bool = True
    """The cell holds with the local text."""
    withheld: bool = False
    """The local text has made-up names: it is not shown in the cloud's stead either."""
    hits: tuple[Hit, ...] = ()
    """Context that stood in the last engine's prompt."""
    stays_here: bool = False
    """Its document must not go to the cloud, or it is not known whether it may."""
    trouble: str = ""
    """Why the cloud failed, one line."""
    hedged: str = ""
    """Local text that is shown because the cloud is silent; empty: none is."""
    shown: list[Suggestion] = field(default_factory=list)
    """All suggestions so far."""
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is more text, shown or not, and at the end."""
    noted: bool = False
    """Its final suggestion is in the record."""
    forgotten: bool = False
    """The person had everything forgotten: it ends as it is, and is in no record."""
    _task: asyncio.Task[None] | None = None
    _n_waiting: int = 0
    _cloud_s: float | None = None
    _local_s: float | None = None
    _stage_s: dict[str, float] = field(default_factory=dict)
    _generations: dict[str, Generation] = field(default_factory=dict)

    def __post_init__(self, latency_budget_s: float) -> None:
        self.forced = forced(self.request, self.line)
        self.line.ids.add(self.suggestion_id)
        self._unix_s = self.clock.unix_s()
        self._start_s = self._lap_s = self.clock.now_s()
        self.deadline_s = self._start_s + min(self.request.deadline_s, latency_budget_s)

    # its life

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work`, which fills it; what was shown before is dropped. Needs a running event loop."""
        self.shown = []
        self._task = asyncio.create_task(work, name=f"mccom answer {self.request.id}")
        self._task.add_done_callback(self._landed)
        return self._task

    @property
    def over(self) -> bool:
        """True once nothing more will be shown."""
        return self._task is None or self._task.done()

    def check(self) -> None:
        """Raises what its work raised."""
        if self._task is not None and self._task.done() and not self._task.cancelled():
            self._task.result()

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Marks a request as waiting. The answer ends soon after the last request has left."""
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
        return self.deadline_s - self.clock.now_s()

    @property
    def proposes(self) -> bool:
        """Nobody has asked or typed: it is a proposal for an empty cell."""
        return self.forced is None and self.request.trigger == "typing" and self.request.in_empty_cell

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
        self._cloud_s = self.clock.now_s()

    def asks_nobody(self) -> None:
        """The call is not its own after all."""
        self._cloud_s = None

    @property
    def cloud_silent_s(self) -> float:
        """Seconds since the cloud was asked, while it has written nothing; else 0."""
        return 0.0 if self._cloud_s is None or self.written else self.clock.now_s() - self._cloud_s

    @property
    def asked_cloud(self) -> bool:
        """The cloud was asked for it."""
        return self._cloud_s is not None

    @property
    def holds_local(self) -> bool:
        """Local text is shown in the cloud's stead, and nothing of the cloud is yet."""
        return bool(self.hedged) and self.shown[-1].origin == "local"

    @property
    def confidence(self) -> float | None:
        """The confidence of the local text; None where there is none."""
        local = self._generations.get("local")
        return confidence(local.tokens) if local else None

    @property
    def local_draft(self) -> str:
        """The local text as a draft, with the blank that the model wrote first, where that is not shown."""
        local = self._generations.get("local")
        if self.hopeless or not self.local_text:
            return ""
        raw = local.text if local is not None and not self.from_context else ""
        blank = raw[: len(raw) - len(raw.lstrip(" \t"))]
        healed = self.request.prefix[-1:] in " \t" and self.request.prefix != ""
        return self.local_text if healed or self.local_text.startswith(blank) else blank + self.local_text

    def lap(self, stage: str) -> None:
        """Ends a stage."""
        now_s = self.clock.now_s()
        self._stage_s[stage] = now_s - self._lap_s
        self._lap_s = now_s

    def took(self, stage: str, generation: Generation) -> None:
        """Ends the stage of an engine. Its wait for the model is a stage of its own, where there was one."""
        self._generations[stage] = generation
        if waited_s := sum(token.waited_s for token in generation.tokens):
            self._stage_s["wait"] = waited_s
            self._lap_s += waited_s
        self.lap(stage)

    def took_over(self, other: RunningAnswer) -> None:
        """Takes the cloud's run of another answer as its own."""
        if generation := other._generations.get("cloud"):
            self.took("cloud", generation)
        self.hits, self.trouble = other.hits, other.trouble

    def wrote(self, text: str, *, parses: bool) -> None:
        """Takes the local text, trimmed, and whether the cell holds with it."""
        self.local_text, self.parses = text, parses
        self._local_s = self.clock.now_s()

    @property
    def local_held_s(self) -> float:
        """Seconds since the local text was whole; 0 while it is not."""
        return 0.0 if self._local_s is None else self.clock.now_s() - self._local_s

    # what comes of it

    @property
    def features(self) -> Features | None:
        """The features of the local text; None without probabilities, or where the context wrote its start."""
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

    def cut_off(self) -> Suggestion:
        """What is shown of an answer that ends before its text is whole; it may be empty. The local text is whole."""
        if self.holds_local:
            return replace(self.shown[-1], final=True)
        return self.shown[-1] if self.shown else self.suggestion("", self.route, origin="cloud", final=False)

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
            stage_s={**self._stage_s, "total": self.clock.now_s() - self._start_s},
        )

    def _draft(self) -> DraftCheck | None:
        last = self._generations.get("cloud") or self._generations.get("local")
        checks = [token.check for token in last.tokens if token.check is not None] if last else []
        return checks[-1] if checks else None
