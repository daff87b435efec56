"""The replay's clock: work takes time, waiting takes none."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from time import monotonic

import anyio
import pytest

from jupyter_mccom.evaluation.lib.cputime import WorkClock, there_is_one
from jupyter_mccom.evaluation.typing.virtual import VirtualClock, VirtualLoop, run_virtually

HOUR_S = 3600.0


def _real_s(work: Callable[[VirtualLoop], Awaitable[None]]) -> tuple[float, float]:
    """Virtual and real seconds of `work`."""

    async def timed(loop: VirtualLoop) -> float:
        start_s = loop.time()
        with loop.skipping():
            await work(loop)
        return loop.time() - start_s

    start_s = monotonic()
    return run_virtually(timed), monotonic() - start_s


def test_waiting_takes_no_real_time() -> None:
    """Waiting for an hour takes no real time."""
    virtual_s, real_s = _real_s(lambda loop: asyncio.sleep(HOUR_S))
    assert virtual_s == pytest.approx(HOUR_S, abs=1)
    assert real_s < 60


def test_a_timer_waits_while_work_is_in_flight() -> None:
    """While work is in flight a timer is due at its real moment."""

    async def work(loop: VirtualLoop) -> None:
        with loop.working():
            await asyncio.sleep(0.2)

    virtual_s, real_s = _real_s(work)
    assert virtual_s >= 0.2
    assert real_s >= 0.2


def test_a_thread_counts_as_work() -> None:
    """A running thread counts as work."""

    async def work(loop: VirtualLoop) -> None:
        reading = asyncio.to_thread(time.sleep, 0.2)
        with anyio.fail_after(HOUR_S):
            await reading

    virtual_s, _ = _real_s(work)
    assert 0.2 <= virtual_s < HOUR_S


def test_a_timeout_of_the_cascade_is_virtual_too() -> None:
    """A timeout passes in virtual time too."""

    async def work(loop: VirtualLoop) -> None:
        with pytest.raises(TimeoutError), anyio.fail_after(HOUR_S):
            await asyncio.Event().wait()

    virtual_s, _ = _real_s(work)
    assert virtual_s >= HOUR_S


def test_a_key_that_falls_while_a_model_works_cancels_it_then() -> None:
    """A key that falls while a model works cancels it at that moment."""

    async def work(loop: VirtualLoop) -> None:
        async def model() -> None:
            with loop.working():
                await asyncio.sleep(HOUR_S)

        task = asyncio.create_task(model())
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait({task})

    virtual_s, real_s = _real_s(work)
    assert 0.1 <= virtual_s < HOUR_S
    assert real_s >= 0.1


def test_frozen_work_takes_no_virtual_time() -> None:
    """Frozen work takes no virtual time."""

    async def work(loop: VirtualLoop) -> None:
        with loop.frozen():
            await asyncio.to_thread(time.sleep, 0.1)
            with loop.frozen():
                await asyncio.to_thread(time.sleep, 0.1)

    virtual_s, real_s = _real_s(work)
    assert virtual_s < 0.1
    assert real_s >= 0.2


def test_the_clock_of_a_cascade_is_the_loops() -> None:
    """The clock of a cascade is that of the loop."""

    async def told(loop: VirtualLoop) -> tuple[float, float]:
        clock = VirtualClock(loop)
        start_s, start_unix_s = clock.now_s(), clock.unix_s()
        with loop.skipping():
            await asyncio.sleep(HOUR_S)
        return clock.now_s() - start_s, clock.unix_s() - start_unix_s

    now_s, unix_s = run_virtually(told)
    assert now_s >= HOUR_S
    assert unix_s == pytest.approx(now_s, abs=0.1)


@pytest.mark.skipif(not there_is_one(), reason="this system does not tell the CPU time of another process")
def test_work_takes_the_cpu_time_of_its_processes() -> None:
    """Work takes the CPU time of its processes."""

    async def worked(loop: VirtualLoop) -> tuple[float, float]:
        code = "import time, sys; start = time.process_time()\nwhile time.process_time() - start < .3: pass\ninput()"
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=pipe)
        before_s = loop.time()
        with loop.skipping(WorkClock([process.pid])), loop.working():
            await asyncio.sleep(0.25)
        took_s = loop.time() - before_s
        times = os.times()
        assert process.stdin is not None
        process.stdin.write(b"\n")
        await process.wait()
        return took_s, os.times().children_user + os.times().children_system - times.children_user

    took_s, used_s = run_virtually(worked)
    assert took_s >= 0.25
    assert used_s >= 0.2


@pytest.mark.skipif(not there_is_one(), reason="this system does not tell the CPU time of another process")
def test_only_work_one_after_another_adds_time() -> None:
    """Processes that work beside each other add no time; those that work in turn do."""
    code = "import time, sys; print(flush=True); sys.stdin.readline(); start = time.process_time()\n"
    code += "while time.process_time() - start < .2: pass\nprint(flush=True); sys.stdin.readline()"
    pipe = subprocess.PIPE
    processes = [subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) for _ in range(3)]
    clock = WorkClock([process.pid for process in processes])

    def told(of: Sequence[subprocess.Popen[str]]) -> None:
        for process in of:
            assert process.stdout is not None
            process.stdout.readline()
            clock()
        time.sleep(0.05)  # Linux counts what a process works when it pauses

    def work(*of: subprocess.Popen[str]) -> float:
        clock.part()
        start_s = clock()
        for process in of:
            print(file=process.stdin, flush=True)
        told(of)
        return clock() - start_s

    told(processes)

    beside, alone = work(*processes[:2]), work(processes[2])
    for process in processes:
        process.communicate("\n")
    assert 0.19 < beside < 0.35
    assert 0.19 < alone < 0.35
