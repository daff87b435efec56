"""The life of a suggestion: answers typing-along with no model call, takes outcomes, keeps one Trace a request.

In memory and bounded; what is to be learnt from goes on to a recorder. Knows nothing of models, files, or of how a
suggestion is painted.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TypeVar

from ..protocols import Recorder
from ..types import Agreement, CompletionRequest, Outcome, Suggestion, Survival, Trace
from .line_agreement import Hindsight
from .text.trim import without_overlap

_TRACES_KEPT = 1000
_DOCUMENTS_KEPT = 100
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_DAY_S = 86_400
_REJECTIONS = ("rejected", "dismissed")
_CLOSING = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts since the start of this process."""

    requests: int = 0
    again: int = 0
    """Requests answered from the last suggestion, with no model call."""
    cloud: int = 0
    """Requests for which the cloud was asked; all others are calls saved."""
    shown: int = 0
    accepted: int = 0


class Journal:
    """One a cascade; `keep_traces` False keeps the last suggestion of each document and nothing else."""

    def __init__(self, *, keep_traces: bool = True, recorder: Recorder | None = None) -> None:
        self.keep_traces = keep_traces
        """Of requests to come."""
        self.recorder = recorder
        """Is given what is to be learnt from, while traces are kept."""
        self._hindsight = Hindsight()
        self._last: OrderedDict[tuple[str, str], tuple[CompletionRequest, Suggestion]] = OrderedDict()
        self._traces: OrderedDict[str, Trace] = OrderedDict()
        self._ended: OrderedDict[str, None] = OrderedDict()
        """Ids of those whose outcome is known."""
        self._totals = Totals()
        self._saved = (0, 0)
        """Newest day (UTC), and its requests that needed no call."""
        self._cloud_trouble = ""

    @property
    def totals(self) -> Totals:
        """Counts so far."""
        return self._totals

    def calls_saved(self, unix_s: float) -> int:
        """Requests of that day (UTC) for which the cloud was not asked."""
        day, n_saved = self._saved
        return n_saved if day == int(unix_s // _DAY_S) else 0

    @property
    def cloud_trouble(self) -> str:
        """Why the newest cloud call failed; empty when it did not."""
        return self._cloud_trouble

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Kept traces, oldest first."""
        return tuple(self._traces.values())

    def again(self, request: CompletionRequest) -> Suggestion | None:
        """The rest of the document's last suggestion, if what was typed since agrees with it."""
        place = (request.client, request.document)
        first, shown = self._last.get(place, (None, None))
        if first is None or shown is None or first.cell_id != request.cell_id or request.trigger == "ask":
            return None
        if shown.suggestion_id in self._ended:
            return None
        return continued(first, shown, request)

    def just_taken(self, request: CompletionRequest) -> bool:
        """The document's last suggestion was accepted, and the cursor stands where it ends."""
        first, shown = self._last.get((request.client, request.document), (None, None))
        if first is None or shown is None or request.last is None or request.last.kind != "accepted":
            return False
        return first.cell_id == request.cell_id and request.prefix == first.prefix + shown.text

    def asked(self, request: CompletionRequest) -> None:
        """Takes a request before it is answered: it tells what was left on the line before."""
        for agreement in self._hindsight.left(request):
            self._record(agreement)
            trace = self._of(agreement.suggestion_id)
            if trace is not None and trace.outcome is not None and trace.outcome.kind in _REJECTIONS:
                self._traces[trace.request_id] = replace(trace, instead=agreement.left)

    def open(self, request: CompletionRequest, suggestion: Suggestion, trace: Trace, *, local_text: str = "") -> None:
        """Takes a final suggestion and its trace, and what the local model wrote, shown or not."""
        place = (request.client, request.document)
        again = suggestion.origin == "again"
        if not again:
            last = self._last
            last[place] = (request.without_cells(), suggestion)
            last.move_to_end(place)
            _bound(last, _DOCUMENTS_KEPT)
        if trace.trouble or "cloud" in trace.stage_s:
            self._cloud_trouble = trace.trouble
        if self.keep_traces:
            self._traces[trace.request_id] = trace
            _bound(self._traces, _TRACES_KEPT)
            if self.recorder is not None and trace.features is not None and local_text:
                self._record(trace)
                self._hindsight.wrote(request, trace.suggestion_id, local_text)
        asked = not again and "cloud" in trace.stage_s
        self._saved = (int(trace.started_s // _DAY_S), self.calls_saved(trace.started_s) + (not asked))
        self._totals = replace(
            self._totals,
            requests=self._totals.requests + 1,
            again=self._totals.again + again,
            cloud=self._totals.cloud + asked,
            shown=self._totals.shown + (bool(suggestion.text) and not again),
        )

    def report(self, outcome: Outcome) -> None:
        """How a suggestion ended; the first word on a suggestion counts, so that it may be said twice."""
        if outcome.suggestion_id in self._ended:
            return
        self._ended[outcome.suggestion_id] = None
        _bound(self._ended, _TRACES_KEPT)
        self._totals = replace(self._totals, accepted=self._totals.accepted + (outcome.kind == "accepted"))
        self._record(outcome)
        trace = self._of(outcome.suggestion_id)
        if trace is not None:
            self._traces[trace.request_id] = replace(trace, outcome=outcome)

    def survived(self, survival: Survival) -> None:
        """How much of an accepted text is still there."""
        self._record(survival)

    def forget(self) -> None:
        """Drops every trace and text that is in memory. Only assigns, so that any thread may call it."""
        self._traces, self._last, self._hindsight = OrderedDict(), OrderedDict(), Hindsight()

    def _of(self, suggestion_id: str) -> Trace | None:
        """The trace of the request that made the suggestion, if it is kept."""
        made = (trace for trace in reversed(self._traces.values()) if trace.origin != "again")
        return next((trace for trace in made if trace.suggestion_id == suggestion_id), None)

    def _record(self, event: Trace | Outcome | Survival | Agreement) -> None:
        if self.recorder is not None and self.keep_traces:
            self.recorder.keep(event)


def typed_since(first: CompletionRequest, request: CompletionRequest) -> str | None:
    """What was typed between two requests at one place; None when anything else was done to the cell."""
    typed = request.prefix.removeprefix(first.prefix)
    if first.cell_id != request.cell_id or not request.prefix.startswith(first.prefix):
        return None
    return typed if request.suffix in (first.suffix, _CLOSING.get(typed[-1:], "") + first.suffix) else None


def continued(first: CompletionRequest, shown: Suggestion, request: CompletionRequest) -> Suggestion | None:
    """What is left of a suggestion made for `first` after the person typed on; None when that disagrees with it."""
    typed = typed_since(first, request)
    if typed is None or not shown.text.startswith(typed) or len(typed) == len(shown.text):
        return None
    rest = shown.text[len(typed) :]
    if request.suffix != first.suffix:
        rest = without_overlap(rest, request.suffix)
    route = replace(shown.route, reason="again")
    return replace(shown, request_id=request.id, text=rest, origin="again", route=route, kept_chars=len(typed))


def _bound(kept: OrderedDict[_Key, _Value], limit: int) -> None:
    while len(kept) > limit:
        kept.popitem(last=False)
