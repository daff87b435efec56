"""`compose.py`'s hand for what is kept and learnt: where the file lies, who owns it, whose gates it moves."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

from .cascade.pipeline import Cascade
from .cascade.route import Gates
from .learning.calibrate import EAGERNESS, Calibration, Prices, confidence_at, prior_of
from .learning.recorder import FileRecorder, Subject
from .learning.store import TraceStore, default_traces_dir
from .learning.verdict import Verdict
from .models.catalog import Model
from .settings import MCCom


def traces_file(settings: MCCom) -> Path:
    """Where a server keeps what becomes of suggestions."""
    folder = Path(settings.traces_dir).expanduser() if settings.traces_dir else default_traces_dir()
    return folder / "traces.sqlite3"


def forget_traces(path: Path) -> int:
    """Deletes all kept traces, also while servers run. Returns how many. Raises TracesError."""
    with closing(TraceStore(path)) as store:
        return store.forget()


def calibration_of(model: Model) -> Calibration:
    """What the catalogue says of a model's texts: its calibration, else its thresholds written as one."""
    if model.calibration:
        intercept, *weights = model.calibration
        return Calibration(intercept=intercept, weights=tuple(weights))
    return prior_of(model.threshold, model.show_threshold)


def prices_of(settings: MCCom) -> Prices:
    """What the person's eagerness makes a wrong text and a cloud call cost."""
    return EAGERNESS[settings.eagerness]


def recorder_of(
    cascade: Cascade, settings: MCCom, model: Model, traces: Path, former: FileRecorder | None
) -> FileRecorder:
    """Begun, `former` where there is one: it keeps what the journal tells, and gives the cascade its gates."""

    def learnt(verdict: Verdict) -> None:
        cascade.gates = gates_of(settings, model, verdict)

    recorder = former or FileRecorder(TraceStore(traces))
    subject = Subject(model=model.id, layout=model.layout, prior=calibration_of(model), prices=prices_of(settings))
    recorder.begin(subject, learnt=learnt, forgotten=cascade.forget)
    return recorder


def gates_of(settings: MCCom, model: Model, verdict: Verdict | None = None) -> Gates:
    """The thresholds of the settings, else what was learnt, else the model's own, at the chances of the eagerness.

    What a person sets holds: above that `route_threshold` text is shown, at or below that `show_threshold` none is.
    """
    prices = prices_of(settings)
    calibration = verdict.calibration if verdict else None
    if calibration is None and model.calibration:
        calibration = calibration_of(model)
    sure, least = settings.route_threshold, settings.show_threshold
    if sure < 0:
        sure = confidence_at(prices.route_chance, model.threshold, model.show_threshold)
    show = least
    if least < 0:
        show = min(confidence_at(prices.show_chance, model.threshold, model.show_threshold), sure)
    gates = Gates(sure=max(sure, show), show=show)
    if calibration is None:
        return gates
    chance = calibration.chance
    if settings.route_threshold < 0:
        gates = replace(
            gates, sure=prices.route_chance, sure_chance=lambda of: chance(of) if of.confidence > least else 0.0
        )
    return gates if least >= 0 else replace(gates, show=prices.show_chance, show_chance=chance)
