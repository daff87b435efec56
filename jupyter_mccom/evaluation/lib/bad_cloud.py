"""A cloud's bad days as servers on loopback: nobody there, one that says nothing, one that answers nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Literal, TypeAlias

Day: TypeAlias = Literal["killed", "hanging", "garbage", "spent"]
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
_GARBAGE = (
    b'data: {"choices": 7}\n\ndata: [DONE]\n\n',
    b'data: {"choices": [null]}\n\ndata: [DONE]\n\n',
    b'data: {"choices": [{"delta": [1], "text": {}}]}\n\n',
    b"<html>Welcome to the network of the hotel</html>",
    bytes(range(256)) * 16,
    b"",
)


@asynccontextmanager
async def bad_cloud(day: Day) -> AsyncGenerator[str, None]:
    """Its address. A `spent` one is never asked, so nobody is there either."""
    numbers = count()

    async def played(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if day == "hanging":
                await reader.read()  # until the client leaves
            else:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(_HEAD + _GARBAGE[next(numbers) % len(_GARBAGE)])
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(played, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    if day in ("killed", "spent"):
        server.close()
    try:
        yield address
    finally:
        server.close()
