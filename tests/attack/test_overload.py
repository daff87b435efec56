"""Many documents on one model: who is answered, who is told that it is busy, and what the event loop feels."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp

from tests.attack.figures import Figures

ROOT = Path(__file__).parents[2]
N_DOCUMENTS = 50
FIRST_S, ALL_S, LOOP_S = 4.0, 5.0, 0.02


async def test_fifty_documents_that_stop_typing_together(
    jp_fetch: object, jp_serverapp: ServerApp, figures: Figures
) -> None:
    """The first newest key is answered within 4 s, every other is answered or told busy within 5 s, none in silence."""
    async with _beating() as beats:
        ends = await _played(jp_serverapp)
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


async def _played(app: ServerApp) -> list[tuple[float, dict[str, Any]]]:
    """Seconds from each document's last key to its last line, and that line."""
    told = {"port": app.port, "token": app.identity_provider.token, "path": f"{app.base_url}mccom/complete"}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.attack.typists"), stdin=pipe, stdout=pipe, cwd=ROOT
    )
    said, _ = await process.communicate(json.dumps({**told, "n_documents": N_DOCUMENTS}).encode() + b"\n")
    ends: list[tuple[float, dict[str, Any]]] = json.loads(said)
    return ends


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
