"""What a replay's front end sends and paints, over a cascade of scripted engines in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.evaluation.typing.contestants import Plain
from jupyter_mccom.evaluation.typing.frontend import FrontEnd
from jupyter_mccom.evaluation.typing.replay import Person, TypedStatement
from jupyter_mccom.evaluation.typing.rhythm import CORE_DELAY_S
from jupyter_mccom.evaluation.typing.typist import Typist
from jupyter_mccom.evaluation.typing.virtual import VirtualLoop, run_virtually
from jupyter_mccom.types import CompletionRequest
from tests.cascades import cascade_of

START = CompletionRequest(
    id="r", client="c", document="a.py", cell_id="", language="python", prefix="import os\n", suffix="\n"
)
STATEMENT = "for name in os.listdir(folder):"


def _no_time() -> float:
    """A clock by which work takes none."""
    return 0.0


def _typed(
    script: Mapping[str, str],
    typing: Callable[[FrontEnd], Awaitable[None]],
    cloud: ScriptedEngine | None = None,
    *,
    debounce_max_s: float = 0.0,
) -> tuple[FrontEnd, Cascade]:
    async def run(loop: VirtualLoop) -> tuple[FrontEnd, Cascade]:
        cascade = cascade_of(ScriptedEngine(script), cloud)
        front = FrontEnd(Plain(cascade), START, debounce_max_s=debounce_max_s)
        with loop.skipping(_no_time):
            await typing(front)
            await front.leave()
        await cascade.aclose()
        return front, cascade

    return run_virtually(run)


async def _keys(front: FrontEnd, keys: str, gap_s: float) -> None:
    for key in keys:
        front.key(key)
        await asyncio.sleep(gap_s)


def test_a_burst_of_keys_asks_once() -> None:
    """Keys quicker than JupyterLab's own delay ask nothing; slower keys each ask."""
    front, _ = _typed({}, lambda front: _keys(front, "for", CORE_DELAY_S / 2))
    assert [asked.n_typed for asked in front.asked] == []
    front, _ = _typed({}, lambda front: _keys(front, "for", 2 * CORE_DELAY_S))
    assert [asked.n_typed for asked in front.asked] == [1, 2, 3]


def test_a_burst_of_keys_is_asked_for_at_its_end() -> None:
    """Even keys each ask; a burst that is quicker than JupyterLab's own wait asks once."""
    front, _ = _typed({}, lambda front: _keys(front, "names", 0.15), debounce_max_s=0.3)
    assert [asked.n_typed for asked in front.asked] == [1, 2, 3, 4, 5]

    async def pausing(front: FrontEnd) -> None:
        await _keys(front, "names", 0.05)
        await asyncio.sleep(0.3)

    front, _ = _typed({}, pausing, debounce_max_s=0.3)
    assert [asked.n_typed for asked in front.asked] == [5]


def test_typing_along_is_answered_from_what_is_shown() -> None:
    """Typing along is answered from the shown text, which is painted once."""
    front, cascade = _typed({"f": "or name in names:"}, lambda front: _keys(front, "for n", 1.0))
    assert [asked.along for asked in front.asked] == [False, True, True, True, True]
    assert cascade.journal.totals.again == 4
    assert len(front.painted) == 1


def test_a_key_against_a_read_text_is_a_rejection() -> None:
    """A key against a text that was read is a rejection, and the next request goes to the cloud."""
    cloud = ScriptedEngine({"fr": "om os import path"})
    front, cascade = _typed({"f": "or name in names:"}, lambda front: _keys(front, "fr", 1.0), cloud)
    first, second = cascade.journal.traces
    assert (first.outcome and first.outcome.kind, second.route.reason, second.origin) == (
        "rejected",
        "rejected",
        "cloud",
    )
    assert front.typed == "fr"


def test_a_key_against_an_unread_text_is_no_rejection() -> None:
    """A key against a text that could not be read yet is no rejection."""
    _, cascade = _typed({"f": "or name in names:"}, lambda front: _keys(front, "fr", 0.3))
    outcome = cascade.journal.traces[0].outcome
    assert outcome is not None
    assert outcome.kind == "superseded"


def test_taking_words_and_then_something_else_is_partial() -> None:
    """Words that are accepted before something else is typed count as partial."""

    async def typing(front: FrontEnd) -> None:
        await _keys(front, "f", 1.0)
        front.take("or")
        await asyncio.sleep(1.0)
        await _keys(front, "!", 1.0)

    front, cascade = _typed({"f": "or name in names:"}, typing)
    outcome = cascade.journal.traces[0].outcome
    assert outcome is not None
    assert (outcome.kind, outcome.kept_chars, front.typed) == ("partial", 2, "for!")


def _written(script: Mapping[str, str], token_s: float = 0.0) -> TypedStatement:
    async def run(loop: VirtualLoop) -> TypedStatement:
        cascade = cascade_of(ScriptedEngine(script, token_s=token_s))
        person = Person(
            FrontEnd(Plain(cascade), START, debounce_max_s=0.0),
            Typist(STATEMENT, keys_a_minute=200, seed="1"),
            STATEMENT,
        )
        with loop.skipping(_no_time):
            written = await person.write()
        await cascade.aclose()
        return written

    return run_virtually(run)


def test_a_person_takes_a_right_text_with_one_key() -> None:
    """A person accepts a right text with one key and saves the others."""
    written = _written({"for": STATEMENT[3:]})
    assert written.keys_typed < written.keys_needed / 2
    assert written.accepted_chars + written.keys_typed - 1 == written.keys_needed
    assert (written.shown, written.right, written.read) == (1, 1, 1)
    assert written.useful_s is not None
    assert written.useful_s < written.took_s


def test_a_person_reads_a_wrong_text_and_types_on() -> None:
    """A person reads a wrong text, types on and saves no key."""
    written = _written({"for": " key in table:"})
    assert (written.keys_typed, written.accepted_chars, written.useful_s) == (written.keys_needed, 0, None)
    assert written.wrong == written.shown > 0


def test_a_model_that_is_slower_than_the_typing_shows_nothing() -> None:
    """A model that is slower than the typing shows nothing."""
    written = _written({"for": STATEMENT[3:]}, token_s=60.0)
    assert (written.shown, written.keys_typed) == (0, written.keys_needed)


def test_a_text_behind_the_finished_statement_counts_for_nothing() -> None:
    """A text behind the finished statement is not counted."""
    written = _written({"for": STATEMENT[3:], STATEMENT: "\n    print(name)"})
    assert (written.shown, written.right, len(written.latency_s)) == (1, 1, 1)


def _of_the_cloud(typing: Callable[[FrontEnd], Awaitable[None]]) -> FrontEnd:
    """An unsure local text, then the cloud's, 0.5 s a token."""
    cloud = ScriptedEngine({"fo": "rmat in names:"}, token_s=0.5)

    async def run(loop: VirtualLoop) -> FrontEnd:
        cascade = cascade_of(ScriptedEngine({"fo": "lder"}, prob=0.1), cloud)
        front = FrontEnd(Plain(cascade), START, debounce_max_s=0.0)
        with loop.skipping(_no_time):
            await _keys(front, "f", CORE_DELAY_S / 2)
            await typing(front)
            await front.leave()
        await cascade.aclose()
        return front

    return run_virtually(run)


def test_latency_runs_from_first_request_to_whole_text() -> None:
    """Latency runs from the request that began a text until the text is whole."""

    async def waiting(front: FrontEnd) -> None:
        await _keys(front, "o", 5.0)

    async def typing_along(front: FrontEnd) -> None:
        await _keys(front, "or", 1.2)
        await asyncio.sleep(5.0)

    (waited,) = _of_the_cloud(waiting).asked
    asked, took_over = _of_the_cloud(typing_along).asked
    assert waited.text_s is not None
    assert waited.text_s > 1.9
    assert asked.text_s is None
    assert took_over.text_s == waited.text_s


def test_a_streamed_piece_behind_a_further_key_is_not_painted() -> None:
    """A streamed piece that arrives behind a further key is not painted."""

    async def typing(front: FrontEnd) -> None:
        await _keys(front, "o", CORE_DELAY_S + 0.49)
        front.key("r")
        await asyncio.sleep(CORE_DELAY_S / 2)
        assert front.ghost is None

    _of_the_cloud(typing)
