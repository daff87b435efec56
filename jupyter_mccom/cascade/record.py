"""What is kept of requests for later: one Trace each, totals, how suggestions ended; what is learnt from goes on.

In memory and bounded. Knows nothing of models, files, documents, or of how a suggestion is painted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from ..agreement import Agreement
from ..protocols import Recorder
from ..types import Generation, Outcome, Suggestion, Survival, Trace

_TRACES_KEPT = 1000
_Value = TypeVar("_Value")
_DAY_S = 86_400
_REJECTIONS = ("rejected", "dismissed")
_MARKERS_IN_A_ROW = 3
"""One may come where there is nothing to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts since the start of this process."""

    requests: int = 0
    again: int = 0
    """Requests answered from the last suggestion, with no model call."""
    cloud: int = 0
    """Requests for which the cloud was asked, also where something else was typed before its text was whole."""
    shown: int = 0
    accepted: int = 0


class Journal:
    """The record of all documents; `keep_traces` False keeps the totals and no trace."""

    def __init__(self, *, keep_traces: bool = True, recorder: Recorder | None = None) -> None:
        self.keep_traces = keep_traces
        """Holds for the requests to come."""
        self.recorder = recorder
        """Is given what is to be learnt from, while traces are kept."""
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._ended: OrderedDict[str, Outcome] = OrderedDict()
        """Outcomes by suggestion. One may come before its trace: a text is taken while its last line is written."""
        self._totals = Totals()
        self._saved = (0, 0)
        """Newest day (UTC), and how many calls fewer were made than a cloud alone would have made."""
        self._cloud_trouble = ""
        self._only_markers = ("", 0)
        """The local engine that wrote markers instead of code, and how often in a row."""

    @property
    def totals(self) -> Totals:
        """Counts so far."""
        return self._totals

    def calls_saved(self, unix_s: float) -> int:
        """Calls of that day (UTC) that a cloud alone would have made at the same requests, less those made."""
        day, n_saved = self._saved
        return n_saved if day == int(unix_s // _DAY_S) else 0

    @property
    def cloud_trouble(self) -> str:
        """Why the newest cloud call failed; empty when it did not."""
        return self._cloud_trouble

    @property
    def without_infill(self) -> str:
        """The local engine whose newest answers were markers instead of code; empty: none."""
        engine, n_answers = self._only_markers
        return engine if n_answers >= _MARKERS_IN_A_ROW else ""

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Kept traces, oldest first."""
        return tuple(self._traces.values())

    def ended(self, suggestion_id: str) -> bool:
        """The outcome of this suggestion is known."""
        return suggestion_id in self._ended

    def note(self, suggestion: Suggestion, trace: Trace, *, local_text: str = "") -> bool:
        """Takes a final suggestion, its trace, and what the local model wrote, shown or not.

        True when the local text went to the recorder: then it is also to be told what the person leaves on the line.
        """
        if trace.trouble or "cloud" in trace.stage_s:
            self._cloud_trouble = trace.trouble
        if "local" in trace.stage_s:
            self._note_markers(trace.generations[0])
        ended = self._ended.get(trace.suggestion_id) if suggestion.origin != "again" else None
        if self.keep_traces:
            self._traces[trace.request_id] = trace if ended is None else replace(trace, outcome=ended)
            _bound(self._traces, _TRACES_KEPT)
        self._count(suggestion, trace)
        learns = self.keep_traces and self.recorder is not None and trace.features is not None and bool(local_text)
        if learns:
            self._record(trace)
            if ended is not None:
                self._record(ended)
        return learns

    def would_ask(self, unix_s: float) -> None:
        """A cloud alone would make a call now: there is a new answer to write, and it may be asked."""
        self._save(unix_s, 1)

    def asked_ahead(self, trace: Trace) -> None:
        """Takes a call of the cloud that was made in advance and served no request."""
        self._totals = replace(self._totals, cloud=self._totals.cloud + 1)
        self._save(trace.started_s, -1)
        if self.keep_traces:
            self._traces[trace.request_id] = trace
            _bound(self._traces, _TRACES_KEPT)

    def left(self, agreements: Iterable[Agreement]) -> None:
        """Takes what a person left on a line, against what the local model wrote there."""
        for agreement in agreements:
            self._record(agreement)
            trace = self._of(agreement.suggestion_id)
            if trace is not None and trace.outcome is not None and trace.outcome.kind in _REJECTIONS:
                self._traces[trace.request_id] = replace(trace, instead=agreement.left)

    def report(self, outcome: Outcome) -> None:
        """Takes how a suggestion ended; the first report on a suggestion counts, so that it may be sent twice."""
        if outcome.suggestion_id in self._ended:
            return
        self._ended[outcome.suggestion_id] = outcome
        _bound(self._ended, _TRACES_KEPT)
        self._totals = replace(self._totals, accepted=self._totals.accepted + (outcome.kind == "accepted"))
        self._record(outcome)
        trace = self._of(outcome.suggestion_id)
        if trace is not None:
            self._traces[trace.request_id] = replace(trace, outcome=outcome)

    def survived(self, survival: Survival) -> None:
        """Takes how much of an accepted text is still there."""
        self._record(survival)

    def forget(self) -> None:
        """Drops every trace that is in memory. Only assigns, so that any thread may call it."""
        self._traces = OrderedDict()

    def _note_markers(self, local: Generation) -> None:
        engine, n_answers = self._only_markers
        before = n_answers if engine == local.engine else 0
        self._only_markers = (local.engine, before + 1 if local.stop == "marker" else 0)

    def _count(self, suggestion: Suggestion, trace: Trace) -> None:
        again = suggestion.origin == "again"
        asked = not again and "cloud" in trace.stage_s
        self._save(trace.started_s, -int(asked))
        self._totals = replace(
            self._totals,
            requests=self._totals.requests + 1,
            again=self._totals.again + again,
            cloud=self._totals.cloud + asked,
            shown=self._totals.shown + (bool(suggestion.text) and not again),
        )

    def _save(self, unix_s: float, n_calls: int) -> None:
        self._saved = (int(unix_s // _DAY_S), self.calls_saved(unix_s) + n_calls)

    def _of(self, suggestion_id: str) -> Trace | None:
        """The trace of the request that made the suggestion, if it is kept."""
        made = (trace for trace in reversed(self._traces.values()) if trace.origin != "again")
        return next((trace for trace in made if trace.suggestion_id == suggestion_id), None)

    def _record(self, event: Trace | Outcome | Survival | Agreement) -> None:
        if self.recorder is not None and self.keep_traces:
            self.recorder.keep(event)


def _bound(kept: OrderedDict[str, _Value], limit: int) -> None:
    while len(kept) > limit:
        kept.popitem(last=False)
