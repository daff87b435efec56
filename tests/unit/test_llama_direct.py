"""The socket of the local model's process: who may ask, and what becomes of who goes away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from jupyter_mccom.engines.local.connection import ask
from jupyter_mccom.engines.local.host import Host
from jupyter_mccom.errors import EngineError
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


async def _said(name: str, port: int, line: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(name, port)
    writer.write(line + b"\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_only_the_key_is_answered_and_only_here(models: Store) -> None:
    """The model's process listens on this machine only and answers only requests with its key."""
    async with _child(models) as (name, port, key):
        assert name == "127.0.0.1"
        asked = {"ask": "count", "texts": ["x = 1", ""], "special": False}
        for line in (b"GET / HTTP/1.1", b"{}", b"[]", b"3", json.dumps({"key": "é", **asked}).encode()):
            assert await _said(name, port, line) == b""
        first, second = json.loads(await _said(name, port, json.dumps({"key": key, **asked}).encode()))["counts"]
        assert (first > 1, second) == (True, 0)


async def test_who_goes_away_frees_the_model_for_the_next(models: Store) -> None:
    """A client that goes away frees the model for the next one."""
    async with _child(models) as (name, port, key):
        said = {"key": key, "ask": "generate", "prompt": "a = 1\n" * 60, "max_tokens": 200, "draft": "", "forced": ""}
        first = ask(name, port, said)
        await anext(first)
        await first.aclose()
        lines = [line async for line in ask(name, port, {**said, "max_tokens": 2})]
        assert [line.get("end") for line in lines] == [None, None, True]


async def test_a_process_that_is_gone_is_an_error_that_says_so(models: Store) -> None:
    """A request to a process that is gone is an error that says so."""
    async with _child(models) as (name, port, key):
        pass
    with pytest.raises(EngineError, match="ConnectionRefusedError"):
        _ = [line async for line in ask(name, port, {"key": key})]
