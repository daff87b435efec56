"""The cloud asked while a shown text that is likely wrong is read: its rejection shows the cloud's text at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import CloudBroken
from jupyter_mccom.types import CompletionRequest, Outcome, OutcomeKind, Prompt, Skills, Suggestion, Token
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="ax.", suffix=""
)
CLOUD_S = 1.0
READ_S = 0.9


class _Cloud:
    """Writes after a second; what follows depends on what was typed."""

    name = "cloud"
    skills = Skills(probs=False, infill=True, checks_draft=False)

    def __init__(self, text: str = "scatter(x, y, s=2)\n", *, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.n_left = 0
        self._text = text
        self.error = error

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        line = prompt.typed + prompt.forced
        self.asked.append(line)
        try:
            await asyncio.sleep(CLOUD_S)
        except asyncio.CancelledError:
            self.n_left += 1
            raise
        if self.error is not None:
            raise self.error
        text = self._text if line == "ax." else "errorbar(x)\n"[max(0, len(line) - 3) :]
        async with aclosing(ScriptedEngine(lambda prompt: text).generate(prompt, max_tokens=max_tokens)) as tokens:
            async for token in tokens:
                yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def _cascade(cloud: _Cloud, *, asks_ahead: bool = True, prob: float = 0.6, calls_a_day: int = 0) -> Cascade:
    local = ScriptedEngine({"ax.": "plot(x, y)\n", "y)": " + line\n"}, prob=prob)
    cascade = cascade_of(local, cloud, asks_ahead=asks_ahead, calls_a_day=calls_a_day)
    cascade.gates = Gates(sure=0.5, show=0.4)
    return cascade


async def _ask(cascade: Cascade, request: CompletionRequest) -> tuple[float, Suggestion]:
    """Seconds until the first text, and the final suggestion."""
    loop = asyncio.get_running_loop()
    start_s, first_s, last = loop.time(), None, None
    async for suggestion in cascade.complete(request):
        first_s = loop.time() - start_s if first_s is None and suggestion.text else first_s
        last = suggestion
    assert last is not None
    assert last.final
    return (0.0 if first_s is None else round(first_s, 2)), last


def _then(shown: Suggestion, prefix: str, kind: OutcomeKind = "rejected") -> CompletionRequest:
    last = Outcome(suggestion_id=shown.suggestion_id, kind=kind, shown_ms=round(1000 * READ_S))
    return replace(REQUEST, id=f"r-{prefix}", prefix=prefix, last=last)


async def _shown(cascade: Cascade, read_s: float = READ_S) -> Suggestion:
    """The local text, which is read."""
    _, shown = await _ask(cascade, REQUEST)
    assert (shown.text, shown.origin) == ("plot(x, y)", "local")
    cascade.ask_ahead(REQUEST, shown)
    await asyncio.sleep(read_s)
    return shown


@pytest.mark.parametrize(("asks_ahead", "read_s", "after_s"), [(False, 2.0, 1.0), (True, 2.0, 0.0), (True, 0.8, 0.2)])
@in_virtual_time
async def test_a_rejection_shows_the_text_that_is_there(asks_ahead: bool, read_s: float, after_s: float) -> None:
    """After a rejection the cloud's text is there at once, or as soon as the call that runs already brings it."""
    cloud = _Cloud()
    cascade = _cascade(cloud, asks_ahead=asks_ahead)
    shown = await _shown(cascade, read_s)
    took_s, found = await _ask(cascade, _then(shown, "ax.s" if asks_ahead else "ax.e"))
    wanted = "catter(x, y, s=2)" if asks_ahead else "rrorbar(x)"
    assert (found.text, found.origin, found.route.to, found.route.reason) == (wanted, "cloud", "cloud", "rejected")
    assert (took_s, len(cloud.asked)) == (after_s, 1)
    assert found.suggestion_id != shown.suggestion_id
    assert (cascade.journal.totals.cloud, cascade.journal.traces[-1].generations[-1].engine) == (1, "cloud")


@in_virtual_time
async def test_a_text_that_disagrees_is_asked_for_anew() -> None:
    """Where the text disagrees with what was typed, the cloud is asked again, and both calls are in the record."""
    cloud = _Cloud()
    cascade = _cascade(cloud)
    took_s, found = await _ask(cascade, _then(await _shown(cascade, 2.0), "ax.e"))
    assert (took_s, found.text) == (CLOUD_S, "rrorbar(x)")
    assert cloud.asked == ["ax.", "ax.e"]
    assert cascade.journal.totals.cloud == 2
    assert {trace.route.reason for trace in cascade.journal.traces} >= {"ahead", "rejected"}


@in_virtual_time
async def test_a_call_that_fails_is_made_anew() -> None:
    """A call in advance that failed leaves the rejection its own call."""
    cloud = _Cloud(error=CloudBroken("away; try again"))
    cascade = _cascade(cloud)
    shown = await _shown(cascade, 2.0)
    cloud.error = None
    assert (await _ask(cascade, _then(shown, "ax.e")))[1].text == "rrorbar(x)"


@in_virtual_time
async def test_what_is_taken_ends_the_call() -> None:
    """When the local text is taken the call ends; it is counted, paid and in the record."""
    cloud = _Cloud()
    cascade = _cascade(cloud)
    shown = await _shown(cascade, 0.5)
    await _ask(cascade, _then(shown, "ax.plot(x, y)", "accepted"))
    assert (cloud.n_left, cascade.journal.totals.cloud) == (1, 1)
    (ahead,) = (trace for trace in cascade.journal.traces if trace.route.reason == "ahead")
    assert ahead.generations[-1].stop == "cut"
    assert cascade.cloud is not None
    assert cascade.cloud.budget.calls == 1


@in_virtual_time
async def test_typing_along_keeps_it() -> None:
    """Typing along with the shown text lets the call go on, and a rejection after it still takes its text."""
    cloud = _Cloud("plot(x, y, lw=2)\n")
    cascade = _cascade(cloud)
    shown = await _shown(cascade, 0.5)
    assert (await _ask(cascade, replace(REQUEST, id="r1", prefix="ax.plot(x")))[1].text == ", y)"
    await asyncio.sleep(1.0)
    took_s, found = await _ask(cascade, _then(shown, "ax.plot(x, y, "))
    assert (took_s, found.text, len(cloud.asked)) == (0.0, "lw=2)", 1)


@pytest.mark.parametrize(
    ("prob", "calls_a_day", "asks_ahead"),
    [(0.95, 0, True), (0.6, 0, False)],
    ids=["likely right", "switched off"],
)
@in_virtual_time
async def test_no_call_is_made_where_none_is_wanted(prob: float, calls_a_day: int, asks_ahead: bool) -> None:
    """A text that is likely right is not prepared for, and nothing is asked in advance unless that is switched on."""
    cloud = _Cloud()
    await _shown(_cascade(cloud, prob=prob, calls_a_day=calls_a_day, asks_ahead=asks_ahead))
    assert cloud.asked == []


@in_virtual_time
async def test_the_budget_holds() -> None:
    """No call is made in advance when the day's calls are used up."""
    cloud = _Cloud()
    cascade = _cascade(cloud, calls_a_day=1)
    assert cascade.cloud is not None
    assert await cascade.cloud.budget.take()
    await _shown(cascade)
    assert cloud.asked == []


@in_virtual_time
async def test_a_text_asks_once() -> None:
    """One shown text makes one call at most."""
    cloud = _Cloud()
    cascade = _cascade(cloud)
    shown = await _shown(cascade)
    cascade.ask_ahead(REQUEST, shown)
    await asyncio.sleep(3)
    assert len(cloud.asked) == 1


@in_virtual_time
async def test_stopping_ends_it() -> None:
    """Stopping the cascade ends the call, also after everything was forgotten."""
    for forgets in (False, True):
        cloud = _Cloud()
        cascade = _cascade(cloud)
        await _shown(cascade, 0.5)
        if forgets:
            cascade.forget()
        await cascade.stop()
        assert cloud.n_left == 1
        assert bool(cascade.journal.traces) != forgets
