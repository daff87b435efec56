"""From keys to thresholds: a cascade, its recorder, a real file, and what is learnt from it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.compose import open_cascade
from jupyter_mccom.compose.gates import gates_of
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.learning.calibrate import BALANCED, Calibration, prior_of
from jupyter_mccom.learning.evidence import Example
from jupyter_mccom.learning.recorder import FileRecorder, Subject
from jupyter_mccom.learning.schema import Event
from jupyter_mccom.learning.trace_file import TraceStore, forget_traces
from jupyter_mccom.learning.verdict import Verdict
from jupyter_mccom.models.catalog import Model
from jupyter_mccom.server.status import status_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import (
    CompletionRequest,
    Generation,
    Outcome,
    OutcomeKind,
    Route,
    Suggestion,
    Survival,
    Token,
    Trace,
)
from tests.cascades import cascade_of, held_texts
from tests.conftest import SMALL
from tests.traced import features, population, trace

HEAD = "import numpy as np\n"
REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix=HEAD + "x = np.z", suffix=""
)
NEXT_LINE = replace(REQUEST, id="r9", prefix=HEAD + "x = np.zeros(3)\n")
PRIOR = prior_of(0.8, 0.6)
LEARNT = Verdict(calibration=Calibration(intercept=1.0, weights=(0.0,) * 4), n=200, n_right=100, gain=None)


def _store(path: Path) -> TraceStore:
    """A store with the date of `tests.clock`."""
    return TraceStore(path, now_s=lambda: 1_700_000_000.0)


def _subject(model: str = "scripted") -> Subject:
    return Subject(model=model, layout="anchored", prior=PRIOR)


@asynccontextmanager
async def _recorder(path: Path, model: str = "scripted") -> AsyncGenerator[FileRecorder, None]:
    recorder = FileRecorder(_store(path), learn_every=5)
    recorder.begin(_subject(model), learnt=lambda verdict: None, forgotten=lambda: None)
    try:
        yield recorder
    finally:
        await recorder.aclose()


def _cascade(recorder: FileRecorder, *, prob: float = 0.95, keep_traces: bool = True) -> Cascade:
    engine = ScriptedEngine({"np.z": "eros(3)\n"}, prob=prob)
    return cascade_of(engine, keep_traces=keep_traces, recorder=recorder)


async def _ask(cascade: Cascade, request: CompletionRequest) -> Suggestion:
    *_, last = [suggestion async for suggestion in cascade.complete(request)]
    return last


def _examples(path: Path) -> list[Example]:
    with closing(_store(path)) as store:
        return store.examples("scripted", "anchored")


async def _lived(path: Path, kind: OutcomeKind | None, *, prob: float = 0.95, keep_traces: bool = True) -> None:
    """A suggestion, how it ended, and the next line."""
    async with _recorder(path) as recorder:
        cascade = _cascade(recorder, prob=prob, keep_traces=keep_traces)
        shown = await _ask(cascade, REQUEST)
        if kind:
            cascade.journal.report(Outcome(suggestion_id=shown.suggestion_id, kind=kind, kept_chars=7, shown_ms=900))
        await _ask(cascade, NEXT_LINE)
        await cascade.aclose()


async def test_an_accepted_text_and_the_line_that_became_of_it(tmp_path: Path) -> None:
    """An accepted text is kept with its outcome and with the line that became of it."""
    await _lived(tmp_path / "t", "accepted")
    (found,) = _examples(tmp_path / "t")
    assert (found.outcome, found.agree_chars, found.exact_line, found.target) == ("accepted", 7, True, 1.0)
    assert (found.to, found.reason, found.features.n_chars) == ("local", "sure", 7)


async def test_a_text_that_was_held_back_is_judged_by_the_line(tmp_path: Path) -> None:
    """A text that was held back is judged by the line that was typed."""
    await _lived(tmp_path / "t", None, prob=0.3)
    (found,) = _examples(tmp_path / "t")
    assert (found.to, found.reason, found.outcome, found.target) == ("nothing", "low", None, 1.0)


async def test_keep_traces_off_writes_and_keeps_nothing(tmp_path: Path) -> None:
    """With keep_traces off nothing is written."""
    await _lived(tmp_path / "t", "accepted", keep_traces=False)
    assert os.listdir(tmp_path) == []


async def test_an_answer_cut_short_is_no_evidence(tmp_path: Path) -> None:
    """A local answer that was cut short is no evidence."""
    async with _recorder(tmp_path / "t") as recorder:
        engine, cloud = ScriptedEngine({"np.z": "eros(3)\n"}, prob=0.1), ScriptedEngine({"np.z": "eros(3)\n"})
        cascade = cascade_of(engine, cloud, recorder=recorder)
        assert (await _ask(cascade, REQUEST)).origin == "cloud"
        await _ask(cascade, NEXT_LINE)
        await cascade.aclose()
    assert _examples(tmp_path / "t") == []


async def test_survival_reaches_the_file(tmp_path: Path) -> None:
    """What survived of an accepted text reaches the file."""
    async with _recorder(tmp_path / "t") as recorder:
        cascade = _cascade(recorder)
        shown = await _ask(cascade, REQUEST)
        cascade.journal.report(Outcome(suggestion_id=shown.suggestion_id, kind="accepted", kept_chars=7, shown_ms=900))
        cascade.journal.survived(Survival(suggestion_id=shown.suggestion_id, after_s=300, kept_chars=0, of_chars=7))
        await cascade.aclose()
    (found,) = _examples(tmp_path / "t")
    assert (found.survived_300, found.target) == (0, 0.0)


async def test_each_outcome_is_counted_until_there_are_enough(tmp_path: Path) -> None:
    """Each outcome is counted until there are enough to learn from."""
    async with _recorder(tmp_path / "t") as recorder:
        cascade = _cascade(recorder)
        shown = await _ask(cascade, REQUEST)
        cascade.journal.report(Outcome(suggestion_id=shown.suggestion_id, kind="rejected", shown_ms=900))
        await recorder.settled()
        assert (recorder.verdict.calibration, recorder.verdict.n) == (None, 1)
        await cascade.aclose()


async def test_outcomes_move_the_verdict_and_forgetting_moves_it_back(tmp_path: Path) -> None:
    """Enough outcomes move the verdict, and forgetting moves it back."""
    known = population(300, lambda of, draw: of.lowest_prob > 0.6)
    async with _recorder(tmp_path / "t", model="m") as recorder:
        for each in known:
            for event in _events(each):
                recorder.keep(event)
            await asyncio.sleep(0)
        await recorder.settled()
        assert recorder.verdict.calibration is not None
        assert recorder.verdict.n > 290
    async with _recorder(tmp_path / "t", model="m") as recorder:
        await recorder.settled()
        assert recorder.verdict.calibration is not None
        assert await recorder.forget() == 300
        assert recorder.verdict.n == 0


def _events(each: Example) -> list[Event]:
    outcome = each.outcome
    assert outcome is not None
    return [
        Trace(
            request_id="r",
            suggestion_id=each.suggestion_id,
            document="d",
            cell_id="c",
            language="python",
            trigger="typing",
            started_s=1.7e9 + each.at_s,
            route=Route(to="local", reason="sure"),
            origin="local",
            text="",
            generations=(Generation(engine="m", tokens=(), stop="end", first_token_s=0, total_s=0),),
            features=each.features,
        ),
        Outcome(suggestion_id=each.suggestion_id, kind=outcome, kept_chars=each.kept_chars, shown_ms=each.shown_ms),
    ]


@pytest.mark.parametrize("keep_traces", [True, False])
async def test_forgetting_leaves_nothing_in_memory_or_in_the_file(tmp_path: Path, keep_traces: bool) -> None:
    """After forgetting no trace is left in memory or in the file."""
    await _lived(tmp_path / "t", "accepted")
    engine = ScriptedEngine({"np.z": "eros(3)\n"})
    opened = open_cascade(MCCom(model=SMALL, keep_traces=keep_traces), traces=tmp_path / "t")
    cascade = cascade_of(engine, keep_traces=keep_traces, recorder=opened.recorder)
    opened = replace(opened, cascade=cascade)
    await cascade.look_ahead(REQUEST, await _ask(cascade, REQUEST))
    await opened.forget()
    assert _examples(tmp_path / "t") == []
    assert not held_texts(cascade, "eros(3)", "np.z", but=(engine,))
    await opened.aclose()


async def test_another_process_that_forgets_empties_this_ones_memory(tmp_path: Path) -> None:
    """When another process forgets, this one forgets at its next outcome."""
    async with _recorder(tmp_path / "t") as recorder:
        cascade = _cascade(recorder)
        recorder.begin(_subject(), learnt=lambda verdict: None, forgotten=cascade.journal.forget)
        await _ask(cascade, REQUEST)
        await recorder.settled()
        forget_traces(tmp_path / "t")
        await _ask(cascade, replace(REQUEST, id="r1", cell_id="2"))
        await recorder.settled()
        assert cascade.journal.traces == ()
        await cascade.aclose()


async def test_what_comes_while_it_closes_is_dropped(tmp_path: Path) -> None:
    """An outcome behind the recorder's close is dropped."""
    async with _recorder(tmp_path / "t") as recorder:
        await recorder.aclose()
        recorder.keep(Outcome(suggestion_id="s", kind="moved"))
        await recorder.aclose()


def test_what_a_person_sets_wins_over_what_is_learnt() -> None:
    """A threshold that a person sets replaces what was learnt."""
    model = Model(id="m", file="", n_bytes=0, sha256="")
    learnt = gates_of(MCCom(), model, LEARNT)
    assert (learnt.sure, learnt.show) == (BALANCED.route_chance, BALANCED.show_chance)
    assert learnt.sure_chance is not None
    assert learnt.sure_chance(features()) > BALANCED.route_chance
    route = gates_of(MCCom(route_threshold=0.9), model, LEARNT)
    assert (route.sure, route.sure_chance, route.show) == (0.9, None, BALANCED.show_chance)
    show = gates_of(MCCom(show_threshold=0.0), model, LEARNT)
    assert (show.show, show.show_chance, show.sure) == (0.0, None, BALANCED.route_chance)


@pytest.mark.parametrize("verdict", [None, LEARNT])
def test_a_persons_show_threshold_always_holds(verdict: Verdict | None) -> None:
    """A text below a person's show_threshold is not shown, whatever was learnt."""
    gates = gates_of(MCCom(show_threshold=0.95), Model(id="m", file="", n_bytes=0, sha256=""), verdict)
    tokens = [Token(text="x", prob=prob, n_evaluated=1) for prob in (0.9, 0.9, 0.9)]
    surer = [replace(token, prob=0.96) for token in tokens]
    assert gates.route(tokens, text="xxx", parses=True, cloud="off").to == "nothing"
    assert gates.route(tokens, text="xxx", parses=True, cloud="ready").to == "cloud"
    assert gates.route(surer, text="xxx", parses=True, cloud="off").to == "local"


def test_a_persons_route_threshold_always_holds() -> None:
    """A text above a person's route_threshold is shown, whatever was learnt."""
    unlikely = replace(LEARNT, calibration=Calibration(intercept=-5.0, weights=(0.0,) * 4))
    gates = gates_of(MCCom(route_threshold=0.3), Model(id="m", file="", n_bytes=0, sha256=""), unlikely)
    tokens = [Token(text="x", prob=0.5, n_evaluated=1)] * 3
    assert not gates.hopeless(tokens)
    assert gates.route(tokens, text="xxx", parses=True, cloud="ready").to == "local"


def test_a_measured_model_brings_its_own_chance() -> None:
    """A model that was measured brings its own chance until more is learnt."""
    model = Model(id="m", file="", n_bytes=0, sha256="", calibration=(-3.0, 0.5, 0.0, 1.0, 0.0))
    gates = gates_of(MCCom(), model)
    assert (gates.sure, gates.show) == (BALANCED.route_chance, BALANCED.show_chance)
    assert gates.show_chance is not None
    sure, unsure = features(confidence=0.9), features(confidence=0.9, log_prob=-6.0)
    assert gates.show_chance(sure) > gates.show_chance(unsure)
    learnt = gates_of(MCCom(), model, LEARNT).show_chance
    assert learnt is not None
    assert learnt(unsure) > 0.7 > gates.show_chance(unsure)
    assert gates_of(MCCom(show_threshold=0.5), model).show_chance is None


async def test_a_change_of_settings_keeps_the_recorder(tmp_path: Path) -> None:
    """A change of settings keeps the recorder, unless traces are no longer kept."""
    traces = tmp_path / "t"
    first = open_cascade(MCCom(model=SMALL), traces=traces)
    second = open_cascade(MCCom(model=SMALL, route_threshold=0.9), traces=traces, former=first)
    assert second.recorder is not None
    assert second.recorder is first.recorder is second.cascade.journal.recorder
    shown = Suggestion(
        suggestion_id="s", request_id="r", text="", origin="local", route=Route(to="nothing", reason="low")
    )
    second.cascade.journal.note(shown, trace("s"))
    assert len(second.cascade.journal.traces) == 1
    off = open_cascade(MCCom(model=SMALL, keep_traces=False), traces=traces, former=second)
    assert off.cascade.journal.traces == ()
    assert off.recorder is off.cascade.journal.recorder is None
    await first.hand_over(second)
    await second.recorder.settled()
    assert second.cascade.gates.sure == 0.9
    await second.hand_over(off)
    on = open_cascade(MCCom(model=SMALL), traces=traces, former=off)
    assert on.recorder is not None
    assert on.recorder is on.cascade.journal.recorder
    await on.recorder.settled()
    await on.aclose()


async def test_status_says_what_holds_and_why(tmp_path: Path) -> None:
    """The status says which thresholds hold and why."""
    opened = open_cascade(MCCom(model=SMALL, route_threshold=0.9), traces=tmp_path / "t")
    try:
        assert opened.recorder is not None
        await opened.recorder.settled()
        learning = status_of(opened)["learning"]
        assert (learning["route"], learning["set"]) == ({"above": 0.9, "of": "confidence"}, ["route_threshold"])
        assert (learning["eagerness"], learning["n_outcomes"]) == ("balanced", 0)
        opened.cascade.gates = gates_of(MCCom(), opened.model, LEARNT)
        assert status_of(opened)["learning"]["show"] == {"above": 0.5, "of": "chance"}
    finally:
        await opened.aclose()
    assert os.listdir(tmp_path) == []
