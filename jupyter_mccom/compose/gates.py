"""The gates by what the catalogue says of a model, by what was learnt of it, and by what the person has set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..cascade.pipeline import Cascade
from ..cascade.route import Gates
from ..learning.calibrate import EAGERNESS, UNMEASURED, Calibration, Prices
from ..learning.recorder import FileRecorder, Subject
from ..learning.trace_file import TraceStore
from ..learning.verdict import Verdict
from ..models.catalog import Model
from ..settings import MCCom
from .forgetting import forget

_PROMPTS = "healed"
"""Examples of other prompts say nothing of today's: their figures are kept apart."""


def prompts_of(model: Model) -> str:
    """How a model's prompts are made: examples are learnt from only where it is the same."""
    return f"{model.layout}, {_PROMPTS}"


def calibration_of(model: Model) -> Calibration:
    """What the catalogue says of a model's texts, else what holds for a model that nobody has measured."""
    if not model.calibration:
        return UNMEASURED
    intercept, *weights = model.calibration
    return Calibration(intercept=intercept, weights=tuple(weights))


def prices_of(settings: MCCom) -> Prices:
    """What the person's eagerness makes a wrong text and a cloud call cost."""
    return EAGERNESS[settings.eagerness]


def recorder_of(
    cascade: Cascade, settings: MCCom, model: Model, traces: Path, former: FileRecorder | None
) -> FileRecorder:
    """The recorder of a cascade, already begun; `former` is used again where there is one."""

    def learnt(verdict: Verdict) -> None:
        cascade.gates = gates_of(settings, model, verdict)

    recorder = former or FileRecorder(TraceStore(traces))
    subject = Subject(
        model=model.family, layout=prompts_of(model), prior=calibration_of(model), prices=prices_of(settings)
    )
    recorder.begin(subject, learnt=learnt, forgotten=lambda: forget(cascade))
    return recorder


def gates_of(settings: MCCom, model: Model, verdict: Verdict | None = None) -> Gates:
    """What was learnt, else what the catalogue says of the model, at the chances of the eagerness.

    What a person sets holds: above that `route_threshold` text is shown, at or below that `show_threshold` none is; in
    an empty cell the eagerness decides.
    """
    prices = prices_of(settings)
    chance = ((verdict.calibration if verdict else None) or calibration_of(model)).chance
    sure, least = settings.route_threshold, settings.show_threshold
    gates = Gates(
        sure=prices.route_chance,
        show=prices.show_chance,
        sure_chance=chance,
        show_chance=chance,
        empty=prices.empty_chance,
    )
    if least >= 0:
        gates = replace(gates, show=least, show_chance=None)
    if sure >= 0:
        return replace(gates, sure=max(sure, least), sure_chance=None)
    return replace(gates, sure_chance=lambda of: chance(of) if of.confidence > least else 0.0)
