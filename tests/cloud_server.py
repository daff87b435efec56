"""A real HTTP server on loopback that answers with the bytes a test wrote, piece by piece."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Piece: TypeAlias = "bytes | float | None"
"""Bytes to send, seconds to wait, or None: reset the connection."""


def events(*values: object, done: bool = True) -> bytes:
    """A chunked event stream of JSON objects, with a keep-alive comment before each."""
    lines = [f": keep-alive\n\ndata: {json.dumps(value, ensure_ascii=False)}\n\n" for value in values]
    return ("".join(lines) + ("data: [DONE]\n\n" if done else "")).encode()


def answer(body: bytes, *, status: str = "200 OK", headers: str = "", kind: str = "text/event-stream") -> list[Piece]:
    """A whole answer, its body in pieces of 7 bytes, which fall inside characters."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{headers}Connection: close\r\n\r\n".encode()
    return [head, *(body[i : i + 7] for i in range(0, len(body), 7))]


def json_answer(value: object, *, status: str = "200 OK", headers: str = "") -> list[Piece]:
    """A whole JSON answer."""
    return answer(json.dumps(value).encode(), status=status, headers=headers, kind="application/json")


@dataclass
class CloudServer:
    """Answers the n-th request with the n-th script, the last one again and again; or by path and body."""

    scripts: Sequence[Sequence[Piece]]
    by: Callable[[str, dict[str, Any]], Sequence[Piece]] | None = None
    objects: Callable[[str, dict[str, str], dict[str, Any]], Sequence[Piece] | None] | None = None
    """Path, headers and body → the refusal that comes before any script; None: it is answered."""
    url: str = ""
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    """Path, headers (lower case) and body of each request."""
    closed: list[bool] = field(default_factory=list)
    """For each request, True when the client left before the script was over."""

    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
            path = first.split()[1]
            script = self.objects(path, headers, body) if self.objects else None
            if script is None and self.by:
                script = self.by(path, body)
            elif script is None:
                script = self.scripts[min(len(self.asked), len(self.scripts) - 1)]
            self.asked.append((path, headers, body))
            await self._play(script, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.append(True)
        finally:
            writer.close()

    async def _play(self, script: Sequence[Piece], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in script:
            if piece is None:
                reset = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                return
            if isinstance(piece, bytes):
                writer.write(piece)
                await writer.drain()
            else:
                left = asyncio.create_task(reader.read(1))
                done, _ = await asyncio.wait({left}, timeout=piece)
                self.closed += [True] if done else []
                left.cancel()
                if done:
                    return


@asynccontextmanager
async def serving(
    *scripts: Sequence[Piece],
    by: Callable[[str, dict[str, Any]], Sequence[Piece]] | None = None,
    objects: Callable[[str, dict[str, str], dict[str, Any]], Sequence[Piece] | None] | None = None,
) -> AsyncGenerator[CloudServer, None]:
    """Runs a CloudServer."""
    server = CloudServer(scripts, by, objects)
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        for task in server.tasks:
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
        await listening.wait_closed()
