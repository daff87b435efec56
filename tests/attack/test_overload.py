"""Many documents on one model: who is answered, who is told that it is busy, and what the event loop feels."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from jupyter_server.serverapp import ServerApp

from tests.attack.figures import Figures

N_DOCUMENTS = 50
KEY_S = 0.25
TYPED = "total = sum("
FIRST_S, ALL_S, LOOP_S = 4.0, 5.0, 0.02


async def test_fifty_documents_that_stop_typing_together(
    jp_fetch: object, jp_serverapp: ServerApp, figures: Figures
) -> None:
    """The first newest key is answered within 4 s, every other is answered or told busy within 5 s, none in silence."""
    async with _client(jp_serverapp) as client, _beating() as beats:
        await _ask(client, "warm", "x = 1\n")  # the model is loaded before the first key
        ends = await asyncio.gather(*(_typed(client, number) for number in range(N_DOCUMENTS)))
    answered = sorted(took_s for took_s, last in ends if last["type"] == "final" and last["text"])
    busy = sorted(took_s for took_s, last in ends if last["type"] == "trouble")
    silent = [last for _, last in ends if last["type"] == "final" and not last["text"]]
    loop_s = sorted(beats)[int(len(beats) * 0.95)]
    figures.add("documents that stop together", N_DOCUMENTS)
    figures.add("first answered, s", min(answered), most=FIRST_S)
    figures.add("answered", len(answered))
    figures.add("told busy", len(busy))
    figures.add("cut off", len(ends) - len(answered) - len(busy) - len(silent), most=0)
    figures.add("slowest word, s", max(took_s for took_s, _ in ends), most=ALL_S)
    figures.add("empty without a word", len(silent), most=0)
    figures.add("event loop p95, s", loop_s, most=LOOP_S)
    assert not silent
    assert answered


async def _typed(client: httpx.AsyncClient, number: int) -> tuple[float, dict[str, Any]]:
    """Seconds from the last key to its last line, and that line. Older keys are cut off by the newer ones."""
    above = f"values_{number} = [{number}, {number + 1}]\n"
    keys: list[asyncio.Task[dict[str, Any]]] = []
    for n_chars in range(1, len(TYPED) + 1, 2):
        began_s = time.monotonic()
        keys.append(asyncio.create_task(_ask(client, f"doc{number}.py", above + TYPED[:n_chars])))
        await asyncio.sleep(KEY_S)
    last = await keys[-1]
    took_s = time.monotonic() - began_s
    await asyncio.gather(*keys)
    return took_s, last


async def _ask(client: httpx.AsyncClient, document: str, prefix: str) -> dict[str, Any]:
    body = {"client_id": "w", "request_id": prefix[-9:], "document": document, "language": "python"}
    found = await client.post("complete", json={**body, "prefix": prefix, "suffix": "", "trigger": "invoke"})
    lines = found.text.splitlines()
    last: dict[str, Any] = json.loads(lines[-1]) if lines else {"type": "cut off"}
    return last


@asynccontextmanager
async def _client(app: ServerApp) -> AsyncGenerator[httpx.AsyncClient, None]:
    headers = {"Authorization": f"token {app.identity_provider.token}"}
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=f"{app.connection_url}mccom/", headers=headers, limits=limits, timeout=60
    ) as client:
        yield client


@asynccontextmanager
async def _beating() -> AsyncGenerator[list[float], None]:
    """How much later than asked a task of the loop went on, in seconds."""
    beats: list[float] = []

    async def beat() -> None:
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(0.01)
            beats.append(time.monotonic() - began_s - 0.01)

    task = asyncio.create_task(beat())
    try:
        yield beats
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
