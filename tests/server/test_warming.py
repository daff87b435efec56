"""What a real server does in advance: it reads a position before it is asked, until that is not wanted."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anyio
import httpx
from jupyter_server.serverapp import ServerApp

from jupyter_mccom.server.completions import Completions
from jupyter_mccom.server.handler import SERVICE
from jupyter_mccom.types import CompletionRequest
from tests.server.asking import PATIENCE_S, REQUEST, Fetch, answer, complete


async def test_a_warmed_position_has_its_prompt_cached(jp_fetch: Fetch) -> None:
    """The prompt of a warmed position is in the model's cache."""
    await complete(jp_fetch)
    long = "".join(f"entered_{i} = {i}\n" for i in range(40))
    position = {**REQUEST, "document": "b.ipynb", "prefix": long}
    assert (await jp_fetch("mccom", "warm", method="POST", body=json.dumps(position))).code == 204
    with anyio.fail_after(PATIENCE_S):
        while any(task.get_name() == "mccom in advance" for task in asyncio.all_tasks()):
            await asyncio.sleep(0.05)
    await complete(jp_fetch, document="b.ipynb", prefix=long + "print(")
    trace = (await answer(jp_fetch, "traces"))["traces"][-1]
    assert trace["generations"][0]["tokens"][0]["n_evaluated"] < 10


def _in_advance() -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "mccom in advance"]


async def _over(task: asyncio.Task[Any]) -> bool:
    """Waits for its end; it was cancelled."""
    with anyio.fail_after(PATIENCE_S):
        await asyncio.wait([task])
    return task.cancelled()


async def test_a_position_is_read_no_further_when_the_page_gives_it_up(
    jp_fetch: Fetch, jp_http_port: int, jp_base_url: str, jp_auth_header: dict[str, str]
) -> None:
    """Warming ends when the page closes its request."""
    await complete(jp_fetch)
    await asyncio.wait(_in_advance())
    position = {**REQUEST, "document": "c.ipynb", "prefix": "".join(f"left_{i} = {i}\n" for i in range(400))}
    address = f"http://127.0.0.1:{jp_http_port}{jp_base_url}mccom/warm"
    async with httpx.AsyncClient(headers=jp_auth_header) as page:
        asked = asyncio.create_task(page.post(address, json=position, timeout=PATIENCE_S))
        with anyio.fail_after(PATIENCE_S):
            while not (reading := _in_advance()):
                await asyncio.sleep(0.01)
        asked.cancel()
        await asyncio.wait([asked])
    assert [await _over(task) for task in reading] == [True]


async def test_what_is_answered_in_advance_ends_with_the_next_request(jp_fetch: Fetch, jp_serverapp: ServerApp) -> None:
    """An answer in advance ends with the next request."""
    await complete(jp_fetch)
    (ahead,) = _in_advance()
    completions: Completions = jp_serverapp.web_app.settings[SERVICE]
    request = CompletionRequest(
        id="r-9", client="w", document="a.ipynb", cell_id="c", language="python", prefix="q", suffix=""
    )
    asked = completions.begin(request, asyncio.sleep(PATIENCE_S))
    assert await _over(ahead)
    asked.cancel()


async def test_who_gets_nothing_in_time_is_told_why(jp_fetch: Fetch, never_blocks: object) -> None:
    """An answer that would be empty because no time was left says so: the model is loaded, or too slow."""
    (cold,) = await complete(jp_fetch, deadline_s=0.05)
    assert (cold["type"], "is still being loaded" in cold["text"]) == ("trouble", True), cold
    await complete(jp_fetch)
    slow = "".join(f"slow_{i} = {i}\n" for i in range(400))
    (late,) = await complete(jp_fetch, document="d.ipynb", prefix=slow, deadline_s=0.02)
    assert (late["type"], "did not answer in time" in late["text"]) == ("trouble", True), late


async def test_who_wants_quick_answers_only_is_not_told_of_slow_ones(jp_fetch: Fetch) -> None:
    """With a short `latency_budget_s`, what comes too late while one types is left out; who asks by hand is told."""
    await jp_fetch("mccom", "settings", method="PATCH", body=json.dumps({"latency_budget_s": 0.1}))
    (typed,) = await complete(jp_fetch, deadline_s=0.02)
    assert (typed["type"], typed["text"], typed["route"]["reason"]) == ("final", "", "late")
    (asked,) = await complete(jp_fetch, deadline_s=0.02, document="b.ipynb", trigger="invoke")
    assert asked["type"] == "trouble"
