"""A person of the replay types through the real routes of a real Jupyter server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine
from dataclasses import asdict
from typing import Any

import httpx

from jupyter_mccom.evaluation.lib.running_server import running_server
from jupyter_mccom.evaluation.typing.frontend import FrontEnd
from jupyter_mccom.evaluation.typing.replay import Person, TypedStatement
from jupyter_mccom.evaluation.typing.typist import Typist
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest, Outcome, Route, Suggestion
from tests.conftest import SMALL

STATEMENTS = ("import numpy as np", "for name in os.listdir(folder):", "total = sum(values)")


class Routes:
    """Satisfies frontend.CompletionServer: a browser's part over HTTP."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._running: asyncio.Task[None] | None = None
        self._told: list[asyncio.Task[httpx.Response]] = []

    def begin(self, request: CompletionRequest, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._running is not None:
            self._running.cancel()
        self._running = asyncio.create_task(work)
        return self._running

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        body = asdict(request)
        body |= {"request_id": body.pop("id"), "client_id": body.pop("client")}
        async with self._client.stream("POST", "/mccom/complete", json=body) as response:
            assert response.status_code == 200
            async for line in response.aiter_lines():
                yield _suggestion(json.loads(line))

    def report(self, outcome: Outcome) -> None:
        self._told.append(asyncio.create_task(self._client.post("/mccom/outcome", json=asdict(outcome))))

    async def aclose(self) -> None:
        answers = await asyncio.gather(*self._told)
        assert {answer.status_code for answer in answers} <= {204}


def _suggestion(line: dict[str, Any]) -> Suggestion:
    assert line["type"] in ("text", "final")
    names = ("suggestion_id", "request_id", "text", "origin")
    return Suggestion(
        **{name: line[name] for name in names}, route=Route(**line["route"]), final=line["type"] == "final"
    )


async def _written(client: httpx.AsyncClient, number: int, statement: str) -> tuple[TypedStatement, FrontEnd]:
    start = CompletionRequest(
        id=f"r{number}",
        client="c",
        document="a.py",
        cell_id="",
        language="python",
        prefix="import os\n" * (number + 1),
        suffix="\n",
    )
    routes = Routes(client)
    front = FrontEnd(routes, start, debounce_max_s=0.3)
    written = await Person(front, Typist(statement, keys_a_minute=600, seed="1"), statement).write()
    await routes.aclose()
    return written, front


async def test_a_person_types_through_the_real_routes(models: Store) -> None:
    """A simulated person who types through the real routes gets texts and leaves their outcomes."""
    with running_server(MCCom(model=SMALL, threads=1), enabled=True) as (server, _):
        async with httpx.AsyncClient(base_url=server.url, headers=server.headers, timeout=60) as client:
            await client.post("/mccom/warm", json={})
            found = [await _written(client, number, statement) for number, statement in enumerate(STATEMENTS)]
            traces = (await client.get("/mccom/traces")).json()["traces"]
    for (written, front), statement in zip(found, STATEMENTS, strict=True):
        assert front.typed == statement
        assert written.keys_typed <= written.keys_needed == len(statement)
        assert written.requests == len(front.asked) > 0
    asked = {f"r{number}-{at}" for number, (_, front) in enumerate(found) for at in range(len(front.asked))}
    assert {trace["request_id"] for trace in traces} <= asked
