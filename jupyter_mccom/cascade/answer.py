"""What one request gathers on its way to a Suggestion and a Trace. Knows nothing of engines."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from ..protocols import Clock
from ..types import CompletionRequest, DraftCheck, Features, Generation, Hit, Origin, Reason, Route, Suggestion, Trace
from .route import confidence, features_of
from .writing import Writing


class Run:
    """One request."""

    def __init__(
        self, request: CompletionRequest, clock: Clock, latency_budget_s: float, forced: Reason | None
    ) -> None:
        self.request = request
        self.forced = forced
        """The route's reason where the person's action decides it."""
        self.suggestion_id = secrets.token_hex(8)
        self.writing: Writing | None = None
        """Where an engine writes now."""
        self.wake: Callable[[], None] = lambda: None
        """To be called when there is more text."""
        self.taken = False
        """A suggestion was taken right here, and nothing was typed since."""
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
        self._clock = clock
        self._unix_s = clock.unix_s()
        self._start_s = self._lap_s = clock.now_s()
        self.deadline_s = self._start_s + min(request.deadline_s, latency_budget_s)
        """On the clock's monotonic seconds."""
        self._cloud_s: float | None = None
        self._stage_s: dict[str, float] = {}
        self._generations: dict[str, Generation] = {}

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.deadline_s - self._clock.now_s()

    def peek(self) -> str:
        """The text of the engine that writes now, so far."""
        return self.begun + (self.writing.text if self.writing else "")

    def asks_cloud(self) -> None:
        """From here on the cloud is waited for."""
        self._cloud_s = self._clock.now_s()

    @property
    def cloud_silent_s(self) -> float:
        """Seconds since the cloud was asked, while it has written nothing; else 0."""
        return 0.0 if self._cloud_s is None or self.peek() else self._clock.now_s() - self._cloud_s

    @property
    def confidence(self) -> float | None:
        """Of the local text; None where there is none."""
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

    @property
    def features(self) -> Features | None:
        """Of the local text; None where there is none, or no probabilities, or the context wrote its beginning."""
        local = None if self.from_context else self._generations.get("local")
        return features_of(local.tokens, self.local_text, self.parses) if local else None

    def wrote(self, text: str, *, parses: bool) -> None:
        """The local text, trimmed, and whether the cell holds with it."""
        self.local_text, self.parses = text, parses

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
