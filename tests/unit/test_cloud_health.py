"""The status says in a word and a line whether the cloud is asked now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jupyter_mccom.cascade.breaker import Breaker
from jupyter_mccom.compose import open_cascade
from jupyter_mccom.compose.cascade import OpenCascade
from jupyter_mccom.server.status import lines_of, status_of
from jupyter_mccom.settings import MCCom, changed

SETTINGS = MCCom(cloud_dialect="openai", cloud_model="big", cloud_calls_a_day=2)


@asynccontextmanager
async def _opened() -> AsyncGenerator[OpenCascade, None]:
    opened = open_cascade(SETTINGS)
    try:
        yield opened
    finally:
        await opened.aclose()


def _breaker(opened: OpenCascade) -> Breaker:
    assert opened.cascade.cloud is not None
    return opened.cascade.cloud.breaker


async def _state(opened: OpenCascade) -> tuple[str, str]:
    status = await asyncio.to_thread(status_of, opened)
    return status["cloud"]["state"], status["cloud"]["detail"]


async def test_a_cloud_that_answers_is_ready() -> None:
    """A cloud that may be asked is ready, and there is nothing to add."""
    async with _opened() as opened:
        assert await _state(opened) == ("ready", "")


async def test_a_cloud_that_fails_is_paused() -> None:
    """After three failures the state is paused, and the detail says who does not answer and when it is asked again."""
    async with _opened() as opened:
        for _ in range(3):
            _breaker(opened).failed()
        state, detail = await _state(opened)
        assert state == "paused"
        assert "big" in detail
        assert "30 s" in detail
        assert any("30 s" in line for line in lines_of(await asyncio.to_thread(status_of, opened)))


async def test_a_pause_that_the_server_asked_for_is_limited() -> None:
    """A cloud that asked for a pause, and a spent budget, are told as limited."""
    async with _opened() as opened:
        _breaker(opened).failed(retry_after_s=90)
        state, detail = await _state(opened)
        assert (state, "90 s" in detail) == ("limited", True)
    async with _opened() as opened:
        assert [await opened.budget.take() for _ in range(2)] == [True, True]
        assert (await _state(opened))[0] == "limited"


async def test_the_breaker_outlives_other_settings() -> None:
    """A change of settings keeps the pause of the same cloud; another cloud begins anew."""
    async with _opened() as opened:
        for _ in range(3):
            _breaker(opened).failed()
        same = open_cascade(changed(SETTINGS, max_tokens=32), former=opened)
        other = open_cascade(changed(SETTINGS, cloud_model="other"), former=opened)
        assert (_breaker(same).closed, _breaker(other).closed) == (False, True)
        assert other.cascade.cloud is not None
        await other.cascade.cloud.engine.aclose()
