"""Typing along is answered from the last suggestion; each suggestion takes one outcome."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import PromptTooLong
from jupyter_mccom.types import CompletionRequest, Outcome, OutcomeKind, Suggestion
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="x = np.z", suffix=""
)


def _cascade(keep_traces: bool = True, context_tokens: int = 4096, token_s: float = 0.0) -> Cascade:
    script = {"np.z": "eros((3, 4))\n", "x = np.q": "uantile(a)\n"}
    engine = ScriptedEngine(script, context_tokens=context_tokens, token_s=token_s)
    return cascade_of(engine, keep_traces=keep_traces)


async def _ask(cascade: Cascade, request: CompletionRequest) -> Suggestion:
    *_, last = [suggestion async for suggestion in cascade.complete(request)]
    assert last.final
    return last


def _typed(text: str, *, suffix: str = "", cell_id: str = "1", client: str = "c") -> CompletionRequest:
    prefix = REQUEST.prefix + text
    return replace(REQUEST, id=f"r-{text}", prefix=prefix, suffix=suffix, cell_id=cell_id, client=client)


async def test_typing_along_continues_the_same_suggestion() -> None:
    """Typing along continues the same suggestion without a model call."""
    cascade = _cascade()
    first = await _ask(cascade, REQUEST)
    again = await _ask(cascade, _typed("eros"))
    assert (first.text, again.text) == ("eros((3, 4))", "((3, 4))")
    assert (again.origin, again.suggestion_id, again.kept_chars) == ("again", first.suggestion_id, 4)
    assert cascade.journal.traces[-1].generations == ()
    assert (cascade.journal.totals.requests, cascade.journal.totals.again) == (2, 1)


async def test_calls_saved_are_those_of_a_day() -> None:
    """The calls saved are those of one day; typing along saves none, since a cloud alone would make none either."""
    script = ScriptedEngine({"np.z": "eros((3, 4))\n"})
    cascade = cascade_of(script, script)
    await _ask(cascade, REQUEST)
    await _ask(cascade, _typed("eros"))
    today_s = cascade.journal.traces[-1].started_s
    assert (cascade.journal.calls_saved(today_s), cascade.journal.calls_saved(today_s + 86_400)) == (1, 0)


async def test_a_bracket_closed_by_the_editor_is_not_typed_twice() -> None:
    """A bracket that the editor closed is taken off the rest of the suggestion."""
    cascade = _cascade()
    await _ask(cascade, REQUEST)
    again = await _ask(cascade, _typed("eros(", suffix=")"))
    assert (again.origin, again.text) == ("again", "(3, 4)")


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, prefix="x = np.q"),
        _typed("eros", suffix="\nnew"),
        _typed("eros", cell_id="2"),
        _typed("eros", client="other window"),
        _typed("eros((3, 4))"),
        replace(_typed("eros"), trigger="ask"),
    ],
)
async def test_anything_else_asks_the_model(other: CompletionRequest) -> None:
    """Anything but typing along asks the model."""
    cascade = _cascade()
    await _ask(cascade, REQUEST)
    assert (await _ask(cascade, other)).origin == "local"


async def test_a_suggestion_that_has_ended_is_not_continued() -> None:
    """A suggestion that has its outcome is not continued."""
    cascade = _cascade()
    first = await _ask(cascade, REQUEST)
    rejected = Outcome(suggestion_id=first.suggestion_id, kind="rejected", shown_ms=900)
    assert (await _ask(cascade, replace(_typed("eros"), last=rejected))).origin == "local"
    assert cascade.journal.traces[0].outcome == rejected


class _Recorder:
    """A recorder that keeps nothing."""

    def keep(self, event: object) -> None:
        """Drops the event."""


@pytest.mark.parametrize(
    ("kind", "instead"), [("rejected", "ones(3)"), ("dismissed", "ones(3)"), ("accepted", ""), ("moved", "")]
)
async def test_what_was_typed_instead_is_known_later(kind: OutcomeKind, instead: str) -> None:
    """What was typed instead of a rejected text is known once its line is left."""
    cascade = _cascade()
    cascade.journal.recorder = _Recorder()
    first = await _ask(cascade, REQUEST)
    ended = Outcome(suggestion_id=first.suggestion_id, kind=kind, shown_ms=900)
    await _ask(cascade, replace(_typed("o"), last=ended))
    assert cascade.journal.traces[0].instead == ""
    await _ask(cascade, _typed("ones(3)\ny = x", suffix="\n"))
    assert cascade.journal.traces[0].instead == instead


async def test_the_first_word_on_a_suggestion_counts() -> None:
    """The first outcome of a suggestion counts."""
    cascade = _cascade()
    first = await _ask(cascade, REQUEST)
    for kind in ("accepted", "moved"):
        cascade.journal.report(Outcome(suggestion_id=first.suggestion_id, kind=kind))
    trace = cascade.journal.traces[0]
    assert trace.outcome is not None
    assert (trace.outcome.kind, cascade.journal.totals.accepted) == ("accepted", 1)


async def test_traces_are_kept_only_if_wanted_and_can_be_forgotten() -> None:
    """Traces are kept only when wanted, and forgetting empties them."""
    silent, kept = _cascade(keep_traces=False), _cascade()
    for cascade in (silent, kept):
        await _ask(cascade, REQUEST)
    assert (len(silent.journal.traces), len(kept.journal.traces)) == (0, 1)
    kept.journal.forget()
    assert kept.journal.traces == ()


async def test_a_trace_tells_stages_tokens_and_confidence() -> None:
    """A trace tells stages, engine, confidence and why the model stopped."""
    cascade = _cascade()
    await _ask(cascade, REQUEST)
    (trace,) = cascade.journal.traces
    assert set(trace.stage_s) == {"prompt", "local", "gates", "total"}
    assert trace.route.confidence == pytest.approx(0.95)
    assert (trace.generations[0].engine, trace.generations[0].stop) == ("scripted", "statement")


@in_virtual_time
async def test_an_answer_that_comes_too_late_is_not_shown() -> None:
    """An answer behind its deadline is not shown."""
    cascade = _cascade(token_s=0.2)
    late = await _ask(cascade, replace(REQUEST, deadline_s=0.1))
    assert (late.text, late.route.to, late.route.reason) == ("", "nothing", "late")


async def test_an_engines_error_passes_through() -> None:
    """An error of the engine reaches the caller."""
    with pytest.raises(PromptTooLong):
        await _ask(_cascade(context_tokens=2), REQUEST)
