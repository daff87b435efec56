"""The socket of the local model's process: who may ask, and what becomes of who goes away."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
import psutil
import pytest

from jupyter_mccom.engines.local import connection, progress
from jupyter_mccom.engines.local.connection import ask
from jupyter_mccom.engines.local.host import Host
from jupyter_mccom.engines.local.progress import Progress
from jupyter_mccom.errors import EngineError, EngineHung
from jupyter_mccom.models.store import Store
from tests.conftest import SMALL


@asynccontextmanager
async def _child(models: Store) -> AsyncGenerator[tuple[str, int, str], None]:
    """Host, port and key."""
    given = {"path": str(models.locate(SMALL)), "threads": 1, "context_tokens": 512, "costs_file": "", "model_hash": ""}
    host = Host("jupyter_mccom.engines.local.llamacpp", lambda: given, idle_unload_s=0)
    try:
        async with host.lease() as address:
            name, _, port = address.url.removeprefix("tcp://").rpartition(":")
            yield name, int(port), address.key
    finally:
        await host.aclose()


async def _said(name: str, port: int, *lines: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(name, port)
    writer.write(b"\n".join([*lines, b""]))
    try:
        return await reader.read()
    except ConnectionResetError:  # it left without reading everything
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_only_the_key_is_answered_and_only_here(models: Store) -> None:
    """The model's process listens on this machine only and answers only requests with its key."""
    async with _child(models) as (name, port, key):
        assert name == "127.0.0.1"
        asked = json.dumps({"ask": "count", "texts": ["x = 1", ""], "special": False}).encode()
        for line in (b"GET / HTTP/1.1", b"", b"[]", b"3", "é".encode(), key[:-1].encode(), key.encode() + b"x"):
            assert await _said(name, port, line, asked) == b""
        first, second = json.loads(await _said(name, port, key.encode(), asked))["counts"]
        assert (first > 1, second) == (True, 0)


async def test_who_goes_away_frees_the_model_for_the_next(models: Store) -> None:
    """A client that goes away frees the model for the next one."""
    async with _child(models) as (name, port, key):
        said = {"ask": "generate", "prompt": "a = 1\n" * 60, "max_tokens": 200, "draft": "", "forced": ""}
        first = ask(name, port, key, said, progress=Progress())
        await anext(first)
        await first.aclose()
        lines = [line async for line in ask(name, port, key, {**said, "max_tokens": 2}, progress=Progress())]
        assert [line.get("end") for line in lines] == [None, None, True]


async def test_a_process_that_is_gone_is_an_error_that_says_so(models: Store) -> None:
    """A request to a process that is gone is an error that says so."""
    async with _child(models) as (name, port, key):
        pass
    with pytest.raises(EngineError, match="ConnectionRefusedError"):
        _ = [line async for line in ask(name, port, key, {}, progress=Progress())]


async def test_who_does_not_say_the_key_is_soon_gone(models: Store) -> None:
    """A hundred peers that say nothing, or too much, are dropped within seconds; a request with the key is answered."""
    async with _child(models) as (name, port, key):
        strangers = [await asyncio.open_connection(name, port) for _ in range(100)]
        for _, writer in strangers[::2]:
            writer.write(b"x" * 100_000)
        said = {"ask": "count", "texts": ["x = 1"], "special": False}
        lines = [line async for line in ask(name, port, key, said, progress=Progress())]
        assert lines[0]["counts"][0] > 1
        for reader, writer in strangers:
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.transport.abort()


async def test_a_process_that_hangs_is_found_out(models: Store) -> None:
    """A process that is stopped is an error after the time that it is allowed, also for who types on meanwhile."""
    async with _child(models) as (name, port, key):
        pid = next(child.pid for child in psutil.Process().children() if _listens(child, port))
        watched = Progress(least_s=0.6)
        os.kill(pid, signal.SIGSTOP)
        began_s = watched.now_s()
        with pytest.raises(EngineHung, match="starts again"):
            await _typed(name, port, key, watched)
        assert watched.now_s() - began_s < 3
        os.kill(pid, signal.SIGCONT)


async def test_a_process_that_reads_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that does not even read its request hangs: waiting for that is no sleep of the server itself."""
    for module, name in ((progress, "LOOK_S"), (connection, "LOOK_S")):
        monkeypatch.setattr(module, name, 0.05)
    monkeypatch.setattr(progress, "_ASLEEP_S", 0.15)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        name, port = listening.getsockname()
        lines = ask(name, port, "key", {"ask": "x" * 30_000_000}, progress=Progress(least_s=0.4))
        with anyio.fail_after(1), pytest.raises(EngineHung):
            await anext(lines)


async def test_a_slow_reader_is_no_slow_process() -> None:
    """The time in which nobody reads on does not count as a silence of the process: it is soon found to hang later."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"{}\n" * 3 + json.dumps({"end": True}).encode() + b"\n")
        await writer.drain()
        writer.close()

    watched = Progress(least_s=1)
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        name, port = server.sockets[0].getsockname()
        async for _ in ask(name, port, "key", {}, progress=watched):
            await asyncio.sleep(0.3)
    with watched.waiting():
        assert watched.left_s(watched.now_s()) == pytest.approx(1, abs=0.5)


async def _typed(name: str, port: int, key: str, watched: Progress) -> None:
    """Keys of somebody who never waits for an answer."""
    while True:
        lines = ask(name, port, key, {"ask": "count", "texts": ["a" * 3_000_000]}, progress=watched)
        with anyio.move_on_after(0.2):
            await anext(lines)
        await lines.aclose()


def _listens(process: psutil.Process, port: int) -> bool:
    return any(found.laddr[1:] == (port,) for found in process.net_connections())
