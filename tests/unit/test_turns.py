"""Turns: who may ask a model that answers one request at a time."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_mccom.engines.local.turns import Turns
from jupyter_mccom.errors import EngineBusy
from tests.clock import in_virtual_time


async def _take(turns: Turns, name: str, taken: list[str], held: asyncio.Event) -> None:
    async with turns.turn():
        taken.append(name)
        await held.wait()


async def test_the_newest_request_is_next() -> None:
    """When the model is free, the newest request gets it; one that was cancelled is never begun."""
    turns, taken, held = Turns(), list[str](), asyncio.Event()
    tasks = []
    for name in ("first", "second", "third", "fourth"):
        tasks.append(asyncio.create_task(_take(turns, name, taken, held)))
        await asyncio.sleep(0)
    tasks[3].cancel()
    held.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert taken == ["first", "third", "second"]


async def test_nobody_waits_for_long() -> None:
    """A request whose turn does not come in time is told that the model is busy, and by how many requests."""
    turns, held = Turns(patience_s=0.01, least_wait_s=0.01), asyncio.Event()
    task = asyncio.create_task(_take(turns, "first", [], held))
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy, match="busy with 1 other request") as told:
        await _take(turns, "second", [], held)
    assert told.value.retry_after_s == 1
    held.set()
    await task


async def test_a_turn_that_comes_too_late_is_passed_on() -> None:
    """A request that is cancelled in the moment when its turn comes passes it on."""
    turns, taken, held = Turns(), list[str](), asyncio.Event()
    tasks = []
    for name in ("first", "second", "third"):
        tasks.append(asyncio.create_task(_take(turns, name, taken, held)))
        await asyncio.sleep(0)
    held.set()
    await asyncio.sleep(0)  # the first ends, and the turn is the third's
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert taken[0] == "first"
    assert taken[-1] == "second"


@in_virtual_time
async def test_who_cannot_be_answered_is_told_at_once() -> None:
    """Where turns take 1 s and 4.5 s are left, the fifth newest of those who wait is told so when the newest comes."""
    turns, told_s = Turns(), dict[str, float]()
    loop = asyncio.get_running_loop()

    async def ask(name: str) -> None:
        began_s = loop.time()
        try:
            async with turns.turn():
                await asyncio.sleep(1)
        except EngineBusy:
            told_s[name] = loop.time() - began_s

    await ask("before")
    tasks = []
    for number in range(6):
        tasks.append(asyncio.create_task(ask(f"{number}")))
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert told_s == {"1": pytest.approx(0, abs=0.01), "2": pytest.approx(3.5, abs=0.1)}


@in_virtual_time
async def test_a_wait_leaves_time_for_the_answer() -> None:
    """Who waits is told busy so early that an answer as long as the last ones would still have come in time."""
    turns, loop = Turns(), asyncio.get_running_loop()
    async with turns.turn() as waited_s:
        await asyncio.sleep(3)
    assert waited_s == 0
    async with turns.turn():
        began_s = loop.time()
        with pytest.raises(EngineBusy):
            async with turns.turn():
                pass
    assert loop.time() - began_s == pytest.approx(1.5)


async def test_who_comes_to_a_free_model_has_not_waited() -> None:
    """A turn that comes at once is no wait, however short: a trace then has no such stage."""
    turns = Turns()
    async with turns.turn() as waited_s:
        assert waited_s == 0


@in_virtual_time
async def test_a_turn_tells_how_long_it_was_waited_for() -> None:
    """The seconds of the wait are given to the one that waited."""
    turns = Turns()

    async def second() -> float:
        async with turns.turn() as waited_s:
            return waited_s

    async with turns.turn():
        task = asyncio.create_task(second())
        await asyncio.sleep(2)
    assert await task == pytest.approx(2)
