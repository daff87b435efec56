"""A running answer is kept for as long as what is typed agrees with it, and its model is freed when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import EngineBusy, EngineError
from jupyter_mccom.types import CompletionRequest, Prompt, Suggestion, Token
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

FIRST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="x = np.z", suffix=""
)
TOKEN_S = 0.03
LONG = ", ".join(map(str, range(99)))
"""Arguments that take a model 2 s and more, and repeat nothing."""


class _Counted(ScriptedEngine):
    """Counts what was begun and what was left before its end."""

    def __init__(self, script: dict[str, str], *, prob: float = 0.95, error: EngineError | None = None) -> None:
        super().__init__(script, prob=prob, token_s=TOKEN_S)
        self.n_begun = self.n_left = 0
        self.most_at_once = self._n_at_once = 0
        self._error = error

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.n_begun += 1
        self._n_at_once += 1
        self.most_at_once = max(self.most_at_once, self._n_at_once)
        try:
            async with aclosing(super().generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
                async for token in tokens:
                    yield token
                    if self._error is not None:
                        raise self._error
        except (GeneratorExit, asyncio.CancelledError):
            self.n_left += 1
            raise
        finally:
            self._n_at_once -= 1


def _local() -> _Counted:
    return _Counted({"np.z": "eros((3, 4))", "np.zo": "om(2)"})


async def _all(cascade: Cascade, request: CompletionRequest) -> list[Suggestion]:
    return [suggestion async for suggestion in cascade.complete(request)]


def _typed(typed: str, suffix: str = "") -> CompletionRequest:
    return replace(FIRST, id=f"r-{typed}", prefix=FIRST.prefix + typed, suffix=suffix)


async def _typing_on(cascade: Cascade, *requests: CompletionRequest, gap_s: float = 3 * TOKEN_S) -> list[Suggestion]:
    """All suggestions of the last request; each request cancels the one before, as the server does."""
    for request in requests[:-1]:
        task = asyncio.create_task(_all(cascade, request))
        await asyncio.sleep(gap_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    return await _all(cascade, requests[-1])


@in_virtual_time
async def test_typing_along_keeps_the_running_answer() -> None:
    """Typing along keeps the running answer, and the model is asked once."""
    local = _local()
    cascade = cascade_of(local)
    (found,) = await _typing_on(cascade, FIRST, _typed("e"), _typed("er"))
    assert (found.text, found.origin, found.final, found.kept_chars) == ("os((3, 4))", "again", True, 2)
    assert (local.n_begun, local.n_left) == (1, 0)
    first, last = cascade.journal.traces
    assert (first.request_id, last.request_id) == ("r0", "r-er")
    assert first.suggestion_id == last.suggestion_id == found.suggestion_id


@in_virtual_time
async def test_a_bracket_that_the_editor_closes_is_typing_along() -> None:
    """A bracket that the editor closes counts as typing along."""
    local = _local()
    (found,) = await _typing_on(cascade_of(local), FIRST, _typed("eros(", ")"))
    assert (found.text, local.n_begun) == ("(3, 4)", 1)


@pytest.mark.parametrize("gap_s", [0.0, 3 * TOKEN_S], ids=["before its first token", "after it"])
@in_virtual_time
async def test_typing_something_else_frees_the_model_and_starts_anew(gap_s: float) -> None:
    """Typing something else frees the model and starts a new answer."""
    local = _local()
    (found,) = await _typing_on(cascade_of(local), FIRST, _typed("o"), gap_s=gap_s)
    assert (found.text, found.origin) == ("om(2)", "local")
    assert local.n_begun - local.n_left == 1


@in_virtual_time
async def test_disagreement_is_seen_while_the_answer_is_still_written() -> None:
    """A running answer is left as soon as it disagrees with what was typed."""
    local = _Counted({"np.z": "eros((3, 4), dtype=float, order='C', like=other)", "np.zo": "om(2)"})
    cascade = cascade_of(local)
    (found,) = await asyncio.wait_for(_typing_on(cascade, FIRST, _typed("o"), gap_s=0.5 * TOKEN_S), 20 * TOKEN_S)
    assert (found.text, local.n_begun, local.n_left) == ("om(2)", 2, 1)


@in_virtual_time
async def test_a_running_cloud_answer_is_kept_too() -> None:
    """A running cloud answer is kept while it agrees with what is typed."""
    cloud = _Counted({"np.z": "eros(shape=(3, 4))"})
    cascade = cascade_of(_Counted({"np.z": "eros(1)"}, prob=0.7), cloud)
    found = await _typing_on(cascade, FIRST, _typed("er"), gap_s=8 * TOKEN_S)
    assert (found[-1].text, found[-1].final, found[-1].route.to) == ("os(shape=(3, 4))", True, "cloud")
    assert (cloud.n_begun, cloud.n_left) == (1, 0)
    assert all(found[-1].text.startswith(suggestion.text) for suggestion in found)


class _Slow(_Counted):
    """Silent for `silent_s`."""

    def __init__(self, script: dict[str, str], silent_s: float) -> None:
        super().__init__(script)
        self.silent_s = silent_s
        self.n_asked = 0

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.n_asked += 1
        await asyncio.sleep(self.silent_s)
        async with aclosing(super().generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
            async for token in tokens:
                yield token


@in_virtual_time
async def test_a_cloud_silent_for_a_second_is_not_waited_for() -> None:
    """After a second of silence from the cloud the local model answers the next key."""
    cascade = cascade_of(_Counted({"np.z": "eros(1)", "np.ze": "ros(2)"}, prob=0.7), _Slow({"np.z": "eros(3)"}, 60))
    (found,) = await _typing_on(cascade, FIRST, _typed("e"), gap_s=1.2)
    assert (found.text, found.origin, found.route.reason) == ("ros(2)", "local", "unsure")
    assert cascade.journal.traces[-1].request_id == "r-e"


@in_virtual_time
async def test_a_cloud_that_is_silent_for_less_is_waited_for() -> None:
    """A cloud that is silent for less than a second is waited for."""
    cascade = cascade_of(_Counted({"np.z": "eros(1)", "np.ze": "ros(2)"}, prob=0.7), _Slow({"np.z": "eros(3)"}, 0.8))
    found = await _typing_on(cascade, FIRST, _typed("e"), gap_s=0.3)
    assert (found[-1].text, found[-1].route.to) == ("ros(3)", "cloud")


@in_virtual_time
async def test_a_cloud_that_speaks_up_and_disagrees_is_left() -> None:
    """A cloud that breaks its silence with another text is left soon after, also while the local model still writes."""
    local = _Counted({"np.z": "eros(1)", "np.ze": f"ros({LONG}"}, prob=0.7)
    cloud = _Slow({"np.z": f"oo({LONG}"}, 1.4)
    cascade = cascade_of(local, cloud)
    asking = asyncio.create_task(_typing_on(cascade, FIRST, _typed("e"), gap_s=1.2))
    await asyncio.sleep(2.2)
    assert (cloud.n_left, local.n_left, asking.done()) == (1, 0, False)
    asking.cancel()
    await asyncio.wait({asking})
    await cascade.stop()


@in_virtual_time
async def test_a_silent_cloud_is_awaited_without_a_local_text() -> None:
    """A silent cloud is still waited for when the local text would not be shown."""
    cascade = cascade_of(_Counted({"np.z": "eros(1)", "np.ze": "ros(2)"}, prob=0.4), _Slow({"np.z": "eros(3)"}, 1.6))
    found = await _typing_on(cascade, FIRST, _typed("e"), gap_s=1.2)
    assert (found[-1].text, found[-1].route.to) == ("ros(3)", "cloud")


@in_virtual_time
async def test_a_call_that_was_cut_off_is_made_again() -> None:
    """A cloud call that was cut off is made again, at most three times a line."""
    cloud = _Slow({"np.z": "eros(3)"}, 60)
    cascade = cascade_of(_Counted({"np.z": "eros(1)"}, prob=0.7), cloud)
    keys = [replace(FIRST, id=f"r{n}", prefix=FIRST.prefix + "aeiou"[: n % 2 + 1] * n) for n in range(1, 8)]
    for request in keys:
        task = asyncio.create_task(_all(cascade, request))
        await asyncio.sleep(10 * TOKEN_S)
        task.cancel()
        await asyncio.wait({task})
    await cascade.stop()
    assert cloud.n_asked == 4


@in_virtual_time
async def test_a_key_that_cuts_the_call_off_may_call() -> None:
    """The very key that cuts a cloud call off may make the next one."""
    cloud = _Counted({"np.z": "eros((3, 4), dtype=float, order='C', like=other)", "np.zo": "om(2)"})
    cascade = cascade_of(_Counted({"np.z": "eros(1)"}, prob=0.7), cloud)
    found = await _typing_on(cascade, FIRST, _typed("o"), gap_s=9 * TOKEN_S)
    assert (found[-1].text, found[-1].route.to) == ("om(2)", "cloud")
    assert (cloud.n_begun, cloud.n_left) == (2, 1)


@in_virtual_time
async def test_asking_again_does_not_reopen_an_answered_line() -> None:
    """A further request for the cloud that is cut off does not let typing call it again on that line."""
    cloud = _Slow({"np.z": "eros(3)"}, 0)
    cascade = cascade_of(_Counted({"np.z": "eros(1)"}, prob=0.7), cloud)
    await _all(cascade, FIRST)
    cloud.silent_s = 60
    task = asyncio.create_task(_all(cascade, replace(_typed("a"), trigger="ask")))
    await asyncio.sleep(4 * TOKEN_S)
    task.cancel()
    await asyncio.wait({task})
    await cascade.stop()
    cloud.silent_s = 0
    await _all(cascade, _typed("ab"))
    assert cloud.n_asked == 2


@in_virtual_time
async def test_an_answer_that_nobody_waits_for_ends_by_itself() -> None:
    """An answer that nobody waits for ends by itself and leaves no trace."""
    local = _Counted({"np.z": "eros((" + "3, " * 60 + "))"})
    cascade = cascade_of(local)
    async with aclosing(cascade.complete(FIRST)) as suggestions:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(suggestions), 2 * TOKEN_S)
    while not local.n_left:
        await asyncio.sleep(TOKEN_S)
    assert cascade.journal.traces == ()


@in_virtual_time
async def test_the_model_is_free_after_forget() -> None:
    """The first key after `forget` waits until the forgotten answer has let go of the model."""
    local = _local()
    cascade = cascade_of(local)
    first = asyncio.create_task(_all(cascade, FIRST))
    await asyncio.sleep(2 * TOKEN_S)
    first.cancel()
    cascade.forget()
    (found,) = await _all(cascade, _typed("o"))
    assert (found.text, local.n_left, local.most_at_once) == ("om(2)", 1, 1)
    await asyncio.wait({first})


@in_virtual_time
async def test_closing_the_cascade_waits_for_what_runs() -> None:
    """Closing the cascade ends what runs, and the model is free."""
    local = _local()
    cascade = cascade_of(local)
    asking = asyncio.create_task(_all(cascade, FIRST))
    await asyncio.sleep(2 * TOKEN_S)
    await cascade.aclose()
    assert local.n_left == 1
    assert await asking == []


@in_virtual_time
async def test_who_asks_by_hand_gets_an_answer_of_his_own() -> None:
    """A manual request gets an answer of its own."""
    local = _local()
    (found,) = await _typing_on(cascade_of(local), FIRST, replace(_typed(""), trigger="invoke"))
    assert (found.text, found.origin, local.n_begun) == ("eros((3, 4))", "local", 2)


@in_virtual_time
async def test_a_failure_reaches_the_request_that_took_over() -> None:
    """An engine's error reaches the request that took the running answer over."""
    local = _Counted({"np.z": "eros(3)"}, error=EngineBusy("the model is busy; type on"))
    cascade = cascade_of(local)
    first = asyncio.create_task(_all(cascade, FIRST))
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy):
        await _all(cascade, _typed("e"))
    with pytest.raises(EngineBusy):
        await first
