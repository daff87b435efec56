"""Turns: who may ask a model that answers one request at a time."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_mccom.engines.local.turns import Turns
from jupyter_mccom.errors import EngineBusy


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
    turns, held = Turns(patience_s=0.01), asyncio.Event()
    task = asyncio.create_task(_take(turns, "first", [], held))
    await asyncio.sleep(0)
    with pytest.raises(EngineBusy, match="busy with 1 other request"):
        await _take(turns, "second", [], held)
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
