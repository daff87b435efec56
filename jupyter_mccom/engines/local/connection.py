"""JSON lines over a loopback socket, one connection a request: the parent's side of `model_server.py`.

Closing the iterator closes the connection, which is the cancel. Knows nothing of prompts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

from ...errors import EngineError, PromptTooLong

_MAX_LINE_BYTES = 1_000_000


async def ask(host: str, port: int, request: Mapping[str, object]) -> AsyncGenerator[dict[str, Any], None]:
    """The lines of an answer, until the peer closes; the last one has `end` or `counts`.

    Raises PromptTooLong, or EngineError when the peer is gone before that.
    """
    whole = False
    try:
        reader, writer = await asyncio.open_connection(host, port, limit=_MAX_LINE_BYTES)
        try:
            writer.write(json.dumps(request).encode() + b"\n")
            await writer.drain()
            while line := await reader.readline():
                found = _checked(_read(line))
                whole = "end" in found or "counts" in found
                yield found
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
    except OSError as error:
        raise _broken(type(error).__name__) from error
    if not whole:
        raise _broken("in the middle of an answer")


def _read(line: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(line)
    except ValueError as error:  # its end is missing
        raise _broken("in the middle of a line") from error
    return found


def _checked(line: dict[str, Any]) -> dict[str, Any]:
    if "error" in line:
        raise (PromptTooLong if line["too_long"] else EngineError)(line["error"])
    return line


def _broken(what: str) -> EngineError:
    return EngineError(f"the model's process stopped answering ({what}); the next key starts it again")
