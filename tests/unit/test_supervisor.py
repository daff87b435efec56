"""What keeps a process: when it starts, how it is started again, and when it is ended. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from jupyter_mccom.errors import EngineBusy, EngineError, ModelMissing
from jupyter_mccom.evaluation.typing.virtual import VirtualLoop, run_virtually
from jupyter_mccom.process.supervisor import Supervisor, Words

WORDS = Words(
    ended=lambda last_words: EngineBusy(f"it ended ({last_words})"),
    resting=lambda trouble, pause_s: EngineBusy(f"{trouble}, {pause_s:.0f} s left"),
    stopped=lambda: EngineBusy("it was stopped"),
    fault=lambda error: EngineError(f"a fault: {error}"),
)


class Played:
    """A process that ends when it is told."""

    def __init__(self) -> None:
        self.exited: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def die(self) -> None:
        self.exited.set_result(None)

    async def stop(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)

    def last_words(self) -> str:
        return "exit status 1"


class Starts:
    """Counts starts; `error` fails the next ones."""

    def __init__(self) -> None:
        self.runs: list[Played] = []
        self.error: Exception | None = None

    async def __call__(self) -> Played:
        await asyncio.sleep(0.5)
        if self.error is not None:
            raise self.error
        self.runs.append(Played())
        return self.runs[-1]


Work = Callable[[Starts], Coroutine[Any, Any, None]]


def _played(work: Work) -> None:
    async def run(loop: VirtualLoop) -> None:
        with loop.skipping():
            await work(Starts())

    run_virtually(run)


async def _lease(supervisor: Supervisor[Played]) -> Played:
    async with supervisor.lease() as run:
        return run


def test_one_process_for_all() -> None:
    """Those who ask at once get one process, which whoever asks later gets too."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=False)
        assert supervisor.state == "asleep"
        found = await asyncio.gather(*(_lease(supervisor) for _ in range(5)))
        assert {id(run) for run in [*found, await _lease(supervisor)]} == {id(run) for run in start.runs}
        assert (len(start.runs), supervisor.state) == (1, "ready")
        await supervisor.aclose()
        assert (start.runs[0].exited.done(), supervisor.run, supervisor.state) == (True, None, "asleep")

    _played(work)


def test_it_starts_again_by_itself() -> None:
    """A process that died is started again at once, and after a pause that doubles where it dies again."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True)
        (await _lease(supervisor)).die()
        second = await _lease(supervisor)
        assert second is start.runs[1]
        second.die()
        await asyncio.sleep(0.1)
        with pytest.raises(EngineBusy, match=r"status 1\b.*\b1 s"):
            await _lease(supervisor)
        await asyncio.sleep(2)
        assert (await _lease(supervisor), len(start.runs)) == (start.runs[2], 3)
        await supervisor.aclose()

    _played(work)


def test_it_starts_again_when_asked() -> None:
    """Without `restarts` a process that died stays away until somebody asks, and until its pause is over."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=False)
        for _ in range(2):
            (await _lease(supervisor)).die()
            await asyncio.sleep(0)
            assert "status 1" in supervisor.trouble
        with pytest.raises(EngineBusy, match=r"\b1 s\b"):
            await _lease(supervisor)
        await asyncio.sleep(5)
        assert len(start.runs) == 2
        assert await _lease(supervisor) is start.runs[2]
        await supervisor.aclose()

    _played(work)


def test_a_start_that_fails() -> None:
    """The error of a start is raised as it is; after an error that it gives up on, the next one who asks tries anew."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True, given_up=(ModelMissing,))
        start.error = ModelMissing("no file; pull it")
        for _ in range(3):
            with pytest.raises(ModelMissing, match="no file"):
                await _lease(supervisor)
        assert (supervisor.state, supervisor.trouble) == ("asleep", "")
        start.error = EngineError("no memory; free some")
        with pytest.raises(EngineError, match="no memory"):
            await _lease(supervisor)
        start.error = None
        await asyncio.sleep(3)
        assert await _lease(supervisor) is start.runs[0]
        await supervisor.aclose()

    _played(work)


def test_a_start_with_a_fault() -> None:
    """An error that nobody foresaw is told to whoever asked and in the state, and the next one who asks tries anew."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True)
        start.error = ValueError("no JSON")
        with pytest.raises(EngineError, match="a fault: no JSON"):
            await asyncio.wait_for(_lease(supervisor), 60)
        start.error = None
        await asyncio.sleep(5)
        assert await _lease(supervisor) is start.runs[0]
        await supervisor.aclose()

    _played(work)


def test_an_idle_process_is_ended() -> None:
    """An idle process ends when nobody has leased it for so long, and never during a lease."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True, idle_unload_s=10)
        async with supervisor.lease() as run:
            await asyncio.sleep(60)
            assert not run.exited.done()
        await asyncio.sleep(9)
        assert supervisor.state == "ready"
        await asyncio.sleep(2)
        assert (supervisor.state, run.exited.done()) == ("asleep", True)
        assert await _lease(supervisor) is start.runs[1]
        await supervisor.aclose()

    _played(work)


def test_one_that_is_asked_for_while_it_is_ended_starts_again() -> None:
    """Whoever asks while an idle process is being ended gets the next one."""

    class Slow(Played):
        async def stop(self) -> None:
            await asyncio.sleep(1)
            await super().stop()

    async def start() -> Slow:
        return Slow()

    async def work(_: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True, idle_unload_s=10)
        async with supervisor.lease() as first:
            pass
        while supervisor.state != "asleep":
            await asyncio.sleep(0.1)
        async with supervisor.lease() as second:
            assert second is not first
        await supervisor.aclose()

    _played(work)


def test_closing_while_it_starts() -> None:
    """Whoever waits for a process that is closed meanwhile is told so."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True)
        waiting = asyncio.create_task(_lease(supervisor))
        await asyncio.sleep(0.1)
        await supervisor.aclose()
        with pytest.raises(EngineBusy):
            await waiting
        assert start.runs == []

    _played(work)


def test_a_restart_ends_the_pause() -> None:
    """After a restart whoever asks gets a new process at once, and the next failure is the first again."""

    async def work(start: Starts) -> None:
        supervisor = Supervisor(start, WORDS, restarts=True)
        start.error = EngineError("no")
        with pytest.raises(EngineError):
            await _lease(supervisor)
        await asyncio.sleep(60)
        with pytest.raises(EngineBusy, match="s left"):
            await _lease(supervisor)
        start.error = None
        await supervisor.restart()
        assert supervisor.state == "asleep"
        began_s = asyncio.get_running_loop().time()
        run = await _lease(supervisor)
        assert asyncio.get_running_loop().time() - began_s == pytest.approx(0.5, abs=0.1)
        await supervisor.restart()
        assert run.exited.done()
        assert await _lease(supervisor) is start.runs[1]
        await supervisor.aclose()

    _played(work)
