"""JSON lines over a loopback socket, one connection a request: the parent's side of `model_server.py`.

Closing the iterator closes the connection, which is the cancel. Knows nothing of prompts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import anyio

from ...errors import EngineError, EngineHung, PromptTooLong
from .progress import LOOK_S, Progress

_MAX_LINE_BYTES = 1_000_000
_Result = TypeVar("_Result")


async def ask(
    host: str, port: int, key: str, request: Mapping[str, object], *, progress: Progress
) -> AsyncGenerator[dict[str, Any], None]:
    """The lines of an answer, until the peer closes; the last one has `end` or `counts`.

    Raises PromptTooLong, EngineError when the peer is gone before that, EngineHung when it makes no progress.
    """
    whole, patiently = False, partial(_patiently, progress)
    try:
        reader, writer = await patiently(partial(asyncio.open_connection, host, port, limit=_MAX_LINE_BYTES))
        try:
            writer.write(key.encode() + b"\n" + json.dumps(request).encode() + b"\n")
            await patiently(writer.drain)
            began_s = progress.now_s()
            while line := await patiently(reader.readline):
                progress.made(began_s)
                found = _checked(_read(line))
                whole = "end" in found or "counts" in found
                if "working" not in found:
                    yield found
                began_s = progress.now_s()  # what the reader does meanwhile is no silence of the process
        finally:
            writer.transport.abort()  # closing it would wait until a process that hangs has read everything
            with suppress(OSError):
                await writer.wait_closed()
    except OSError as error:
        raise _broken(type(error).__name__) from error
    if not whole:
        raise _broken("in the middle of an answer")


async def _patiently(progress: Progress, step: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """What a step gives; it is cut off and taken again at each look at the clock. Raises EngineHung."""
    own_s = progress.now_s()
    with progress.waiting():
        while True:
            with anyio.move_on_after(min(LOOK_S, max(0.0, progress.left_s(own_s)))):
                return await step()
            if progress.left_s(own_s) <= 0:
                progress.hung()
                silent_s = progress.now_s() - own_s
                raise EngineHung(f"the model's process hung ({silent_s:.0f} s without progress); it starts again now")


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
