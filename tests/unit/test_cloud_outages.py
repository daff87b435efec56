"""A cloud that is silent, broken or gone makes no completion slower than without one for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import pairwise

import pytest

from jupyter_mccom.cascade.budget import Budget, MemoryLedger
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import CloudBroken, CloudLimited
from jupyter_mccom.protocols import Account, Payment
from jupyter_mccom.types import CompletionRequest, Outcome, Prompt, Skills, Suggestion, Token
from tests.cascades import cascade_of
from tests.clock import FixedDate, in_virtual_time

REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="x = np.z", suffix=""
)
HEDGE_S = 0.6
TOKEN_S = 0.01


class _Cloud:
    """Silent for `silent_s`, then writes a text or raises."""

    name = "cloud"
    skills = Skills(probs=False, infill=True, checks_draft=False)

    def __init__(self, silent_s: float = 0.0, *, text: str = "eros((3, 4))\n", error: Exception | None = None) -> None:
        self.silent_s = silent_s
        self.error = error
        self.n_asked = 0
        self._text = text

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.n_asked += 1
        await asyncio.sleep(self.silent_s)
        if self.error is not None:
            raise self.error
        written = ScriptedEngine(lambda prompt: self._text, token_s=TOKEN_S)
        async with aclosing(written.generate(prompt, max_tokens=max_tokens)) as tokens:
            async for token in tokens:
                yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def _cascade(cloud: _Cloud, *, prob: float = 0.7, local: str = "eros(3)\n") -> Cascade:
    return cascade_of(ScriptedEngine({"np.z": local, "= b": "ar)\n"}, prob=prob), cloud, hedge_s=HEDGE_S)


async def _timed(cascade: Cascade, request: CompletionRequest = REQUEST) -> list[tuple[float, Suggestion]]:
    start_s = asyncio.get_running_loop().time()
    return [
        (round(asyncio.get_running_loop().time() - start_s, 3), suggestion)
        async for suggestion in cascade.complete(request)
    ]


async def _last(cascade: Cascade, number: int = 0) -> tuple[str, str, str]:
    *_, (_, found) = await _timed(cascade, replace(REQUEST, id=f"r{number}", prefix="\n" * number + REQUEST.prefix))
    return found.text, found.route.to, found.route.reason


@in_virtual_time
async def test_a_silent_cloud_is_hedged() -> None:
    """After 0.6 s of silence the local text is shown, and the cloud's whole text replaces it once."""
    cascade = _cascade(_Cloud(2.0))
    found = await _timed(cascade)
    assert [(suggestion.text, suggestion.origin) for _, suggestion in found] == [
        ("eros(3)", "local"),
        ("eros((3, 4))", "cloud"),
    ]
    assert found[0][0] == HEDGE_S
    assert {suggestion.suggestion_id for _, suggestion in found} == {found[0][1].suggestion_id}
    assert [suggestion.final for _, suggestion in found] == [False, True]


@pytest.mark.parametrize("takes_s", [0.4, 5.0], ids=["within the hedge", "beyond it"])
@in_virtual_time
async def test_a_slow_budget_is_part_of_the_hedge(takes_s: float) -> None:
    """The local text is held back for 0.6 s in all, whatever time the day's budget took of it."""
    cascade = _cascade(_Cloud(20.0))
    assert cascade.cloud is not None
    budget = Budget(calls_a_day=9, tokens_a_day=0, clock=FixedDate(), ledger=_SlowLedger(takes_s))
    cascade._escalation.cloud = replace(cascade.cloud, budget=budget)
    found = await _timed(cascade)
    assert [(at_s, suggestion.text) for at_s, suggestion in found][:1] == [(HEDGE_S, "eros(3)")]


@in_virtual_time
async def test_a_quick_cloud_is_not_hedged() -> None:
    """A cloud that speaks within 0.6 s streams, and no local text is shown."""
    found = await _timed(_cascade(_Cloud(0.5)))
    assert {suggestion.origin for _, suggestion in found} == {"cloud"}
    assert len(found) > 2


@in_virtual_time
async def test_a_text_that_goes_on_from_the_shown_one_streams() -> None:
    """A cloud's text that begins with the shown local one grows on the screen."""
    found = await _timed(_cascade(_Cloud(1.0, text="eros(3) + np.ones(3, dtype=float)\n")))
    texts = [suggestion.text for _, suggestion in found]
    assert texts[0] == "eros(3)"
    assert all(later.startswith(former) for former, later in pairwise(texts))
    assert len(texts) > 3


@pytest.mark.parametrize(("prob", "prefix"), [(0.4, "x = np.z"), (0.95, "y = b")], ids=["too unsure", "breaks it"])
@in_virtual_time
async def test_text_that_may_not_be_shown_is_no_hedge(prob: float, prefix: str) -> None:
    """A local text that is too unsure, or breaks the cell, is not shown for a silent cloud either."""
    found = await _timed(_cascade(_Cloud(2.0), prob=prob), replace(REQUEST, prefix=prefix))
    assert {suggestion.origin for _, suggestion in found} == {"cloud"}


@in_virtual_time
async def test_once_something_is_typed_the_shown_text_stays() -> None:
    """Typing along with the shown local text keeps it: the call ends, is counted, and its text replaces nothing."""
    cloud = _Cloud(2.0, text="eros(77)\n")
    cascade = _cascade(cloud)
    first = asyncio.create_task(_timed(cascade))
    await asyncio.sleep(1.0)
    first.cancel()
    await asyncio.wait({first})
    ((after_s, found),) = await _timed(cascade, replace(REQUEST, id="r1", prefix="x = np.zer"))
    assert (after_s, found.text, found.origin, found.final) == (0.0, "os(3)", "again", True)
    assert (cloud.n_asked, cascade.journal.totals.cloud) == (1, 1)
    trace = cascade.journal.traces[0]
    assert (trace.text, trace.route.to, trace.generations[-1].stop) == ("eros(3)", "local", "cut")


@in_virtual_time
async def test_a_shown_text_that_is_rejected_asks_again() -> None:
    """The rejection of the text that was shown for a silent cloud sends the line to the cloud."""
    cloud = _Cloud(2.0)
    cascade = _cascade(cloud)
    first = asyncio.create_task(_timed(cascade))
    await asyncio.sleep(1.5)
    first.cancel()
    await asyncio.wait({first})
    shown = Outcome(suggestion_id=_line_id(cascade), kind="rejected", shown_ms=900)
    *_, (_, found) = await _timed(cascade, replace(REQUEST, id="r1", prefix="x = np.zo", last=shown))
    assert (found.route.to, found.route.reason, cloud.n_asked) == ("cloud", "rejected", 2)
    assert cascade.journal.traces[0].outcome == shown


def _line_id(cascade: Cascade) -> str:
    line = cascade.documents.of(REQUEST)._line
    assert line is not None
    return line.local_id


@pytest.mark.parametrize("error", [KeyError("choices"), TypeError("None"), CloudBroken("away; try again")])
async def test_whatever_a_cloud_raises_the_local_text_stays(error: Exception) -> None:
    """An engine that raises anything at all leaves the local text, and one line of trouble."""
    cascade = _cascade(_Cloud(error=error))
    assert await _last(cascade) == ("eros(3)", "local", "offline")
    assert ";" in cascade.journal.cloud_trouble
    assert "choices" not in cascade.journal.cloud_trouble


@in_virtual_time
async def test_three_failures_pause_the_cloud() -> None:
    """After three failures the cloud is not called for 30 s, then once; an answer brings it back."""
    cloud = _Cloud(error=CloudBroken("away; try again"))
    cascade = _cascade(cloud)
    found = [(await _last(cascade, number))[2] for number in range(5)]
    assert (found, cloud.n_asked) == (["offline"] * 3 + ["paused"] * 2, 3)
    await asyncio.sleep(30)
    cloud.error = None
    assert (await _last(cascade, 6))[1:] == ("cloud", "unsure")
    assert (await _last(cascade, 7))[1:] == ("cloud", "unsure")


@in_virtual_time
async def test_a_cloud_that_wants_a_pause_gets_it() -> None:
    """A cloud that names a pause is not called until then."""
    cloud = _Cloud(error=CloudLimited("too many calls; wait", retry_after_s=20))
    cascade = _cascade(cloud)
    assert [(await _last(cascade, number))[2] for number in range(2)] == ["offline", "paused"]
    await asyncio.sleep(20)
    await _last(cascade, 3)
    assert cloud.n_asked == 2


class _SlowLedger(MemoryLedger):
    """Takes `takes_s` for each call."""

    def __init__(self, takes_s: float = 1.0) -> None:
        super().__init__()
        self._takes_s = takes_s

    async def change(self, work: Payment) -> tuple[bool, Mapping[int, Account]]:
        await asyncio.sleep(self._takes_s)
        return await super().change(work)


@in_virtual_time
async def test_a_probe_that_never_began_is_no_probe() -> None:
    """A probe that typing ends while its call is taken from the budget leaves the next one free."""
    cloud = _Cloud()
    cascade = _cascade(cloud, prob=0.4)
    assert cascade.cloud is not None
    budget = Budget(calls_a_day=0, tokens_a_day=0, clock=FixedDate(), ledger=_SlowLedger())
    tier = cascade._escalation.cloud = replace(cascade.cloud, budget=budget)
    for _ in range(3):
        tier.breaker.failed()
    await asyncio.sleep(30)
    task = asyncio.create_task(_timed(cascade))
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.wait({task})
    await cascade.stop()
    assert (cloud.n_asked, tier.breaker.lets) == (0, True)


@in_virtual_time
async def test_silence_that_is_typed_away_counts() -> None:
    """Three calls that typing ends after 3 s of silence pause the cloud; quicker typing says nothing of it."""
    cloud = _Cloud(60)
    cascade = _cascade(cloud, prob=0.4)
    for number, wait_s in enumerate([1.0] * 4 + [3.5] * 4):
        request = replace(REQUEST, id=f"r{number}", prefix="\n" * number + REQUEST.prefix)
        task = asyncio.create_task(_timed(cascade, request))
        await asyncio.sleep(wait_s)
        task.cancel()
        await asyncio.wait({task})
        await cascade.stop()
    assert cloud.n_asked == 7


@in_virtual_time
async def test_a_call_that_typing_cuts_off_is_in_the_record() -> None:
    """A call that was cut off is counted, traced and paid, its stop told as such."""
    cascade = _cascade(_Cloud(60), prob=0.4)
    task = asyncio.create_task(_timed(cascade))
    await asyncio.sleep(1.0)
    task.cancel()
    await asyncio.wait({task})
    await _timed(cascade, replace(REQUEST, id="r1", prefix="\ny = q"))
    cut, _ = cascade.journal.traces
    assert (cut.text, cut.route.to, cut.generations[-1].stop) == ("", "cloud", "cut")
    assert round(cut.generations[-1].total_s, 1) == 1.0
    assert cascade.journal.totals.cloud == 2
    assert cascade.cloud is not None
    assert cascade.cloud.budget.calls == 2
    assert cascade.cloud.budget.tokens > 0


@in_virtual_time
async def test_a_cloud_text_that_is_taken_early_has_its_trace() -> None:
    """A text that is accepted while the cloud still writes has a trace with that outcome."""
    cascade = _cascade(_Cloud(0.0, text="eros((3, 4), " + ", ".join(map(str, range(300))) + ")\n"))
    task = asyncio.create_task(_timed(cascade))
    await asyncio.sleep(20 * TOKEN_S)
    line = cascade.documents.of(REQUEST)._line
    assert line is not None
    (suggestion_id,) = line.ids
    taken = Outcome(suggestion_id=suggestion_id, kind="accepted", kept_chars=9, shown_ms=400)
    cascade.journal.report(taken)
    task.cancel()
    await asyncio.wait({task})
    await asyncio.sleep(1.0)
    (trace,) = cascade.journal.traces
    assert (trace.outcome, trace.origin, trace.suggestion_id) == (taken, "cloud", suggestion_id)
    assert trace.text.startswith("eros((3, 4)")


@in_virtual_time
async def test_saved_calls_are_those_of_a_cloud_alone() -> None:
    """Saved are the calls of a cloud alone less those made: typing along saves none, a sure local text one."""
    cascade = _cascade(_Cloud(), prob=0.95)
    await _timed(cascade)
    await _timed(cascade, replace(REQUEST, id="r1", prefix="x = np.zer"))
    day_s = cascade.journal.traces[0].started_s
    assert cascade.journal.calls_saved(day_s) == 1
    await _timed(cascade, replace(REQUEST, id="r2", trigger="ask"))
    assert cascade.journal.calls_saved(day_s) == 1
