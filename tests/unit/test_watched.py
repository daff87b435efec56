"""The server of the xllamacpp wheel as the model's process: one that hangs is found out and replaced."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from jupyter_mccom.engines.fim import PromptFormat
from jupyter_mccom.engines.local.engine import DirectEngine
from jupyter_mccom.engines.local.host import Host
from jupyter_mccom.engines.local.progress import Progress
from jupyter_mccom.engines.local.watched import in_time, watched
from jupyter_mccom.errors import EngineHung
from jupyter_mccom.models.store import Store
from jupyter_mccom.types import Prompt
from tests.conftest import SMALL

SERVER = "jupyter_mccom.engines.local.xllamacpp_server"
PROMPT = Prompt(chunks=(), prefix="import numpy as np\n", typed="import pandas as ", suffix="")


async def _numbers(closed: list[int], pause_s: float) -> AsyncGenerator[int, None]:
    try:
        for number in range(3):
            await asyncio.sleep(pause_s)
            yield number
    finally:
        closed.append(1)


async def test_a_stream_that_goes_on_is_given_whole() -> None:
    """Each item of a stream is given, and the stream is closed after the last or when nobody reads on."""
    closed: list[int] = []
    assert [one async for one in watched(_numbers(closed, 0.01), Progress(least_s=1))] == [0, 1, 2]
    async with aclosing(watched(_numbers(closed, 0.01), Progress(least_s=1))) as found:
        assert await anext(found) == 0
    assert closed == [1, 1]


async def test_a_stream_that_brings_nothing() -> None:
    """A stream or an answer that brings nothing for too long is given up, and closed."""
    closed: list[int] = []
    with pytest.raises(EngineHung, match="starts again"):
        await anext(watched(_numbers(closed, 60), Progress(least_s=0.05)))
    assert closed == [1]
    with pytest.raises(EngineHung):
        await in_time(asyncio.sleep(60), Progress(least_s=0.05))


async def test_a_server_that_hangs_is_replaced(models: Store) -> None:
    """A server that is stopped is an error after the time that it is allowed, and the next request is answered."""
    told = {"path": str(models.locate(SMALL)), "threads": 1, "context_tokens": 512}
    host = Host(SERVER, lambda: told, idle_unload_s=0)
    engine = DirectEngine(name=SMALL, host=host, reads=PromptFormat(fim=None, layout="standard", known=()))
    try:
        assert await engine.count(["x = 1"])
        former = host.pid
        assert former is not None
        host.progress = Progress(least_s=1)
        os.kill(former, signal.SIGSTOP)
        with pytest.raises(EngineHung):
            async for _ in engine.generate(PROMPT, max_tokens=2):
                pass
        host.progress = Progress()
        assert [token async for token in engine.generate(PROMPT, max_tokens=2)]
        assert host.pid != former
    finally:
        await engine.aclose()
