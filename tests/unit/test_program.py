"""One run of a process: it is heard, told and ended, however badly it behaves."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from jupyter_mccom.process.program import Program

CHILD = "tests.unit.stubborn_child"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is imported from here."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


async def _started(how: str) -> tuple[Program, list[bytes]]:
    """The program, when it has said its first line."""
    said: list[bytes] = []
    program = await Program.start(CHILD, [how], hear=said.append)
    await _until(lambda: bool(said) or how == "closed")
    return program, said


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come")


def _threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("mccom program")]


async def test_one_that_reads_nothing() -> None:
    """What is sent fills no pipe that anybody waits for; stopping kills it, and its threads end."""
    program, _ = await _started("deaf")
    for _ in range(50):
        program.send(b"x" * (1 << 20))
    began_s = time.monotonic()
    await program.stop(patience_s=0.2)
    assert time.monotonic() - began_s < 5
    assert not psutil.pid_exists(program.pid)
    await _until(lambda: not _threads())


async def test_one_that_says_much() -> None:
    """A megabyte on stderr without a line's end, and one on stdout, hold nothing up."""
    program, said = await _started("loud")
    assert len(said[0]) == (1 << 20) + 1
    await program.stop()
    assert program.last_words().startswith("exit status 0")
    await _until(lambda: not _threads())


async def test_one_that_leaves_a_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping does not wait for a process that has inherited its pipes."""
    monkeypatch.setattr("jupyter_mccom.process.program._PIPES_S", 0.1)
    program, said = await _started("parent")
    left = psutil.Process(int(said[0]))
    try:
        await asyncio.wait_for(program.stop(patience_s=0.5), 10)
        assert not psutil.pid_exists(program.pid)
    finally:
        left.kill()


async def test_one_that_closes_its_pipes() -> None:
    """One that lives on without its pipes is killed."""
    program, _ = await _started("closed")
    await asyncio.sleep(0.2)
    assert not program.exited.done()
    await asyncio.wait_for(program.stop(patience_s=0.2), 10)
    assert not psutil.pid_exists(program.pid)


async def test_one_that_is_cancelled_while_it_starts() -> None:
    """Nothing runs of a program whose start was cancelled, once or twice."""
    before = {child.pid for child in psutil.Process().children()}
    for n_cancels in (1, 2):
        starting = asyncio.create_task(Program.start(CHILD, ["deaf"], hear=lambda line: None))
        await asyncio.sleep(0)
        for _ in range(n_cancels):
            starting.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await starting
        left = [task for task in asyncio.all_tasks() if task.get_name() == f"mccom undo {CHILD}"]
        await asyncio.gather(*left)
        assert not {child.pid for child in psutil.Process().children()} - before


def test_a_loop_that_is_gone() -> None:
    """A program whose loop is closed while it stops ends all the same, and is no zombie."""

    async def work() -> int:
        said: list[bytes] = []
        program = await Program.start("tests.unit.greeting_child", hear=said.append)
        program.send(b'{"key": "k"}')
        await _until(lambda: bool(said))
        asyncio.create_task(program.stop())  # noqa: RUF006 - nobody waits for it
        await asyncio.sleep(0)
        return program.pid

    pid = asyncio.run(work())
    for _ in range(500):
        if not psutil.pid_exists(pid):
            break
        time.sleep(0.01)
    assert not psutil.pid_exists(pid)
