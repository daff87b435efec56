"""A process that owns a model: it is handed its settings, and says where it listens or why it has no model.

The other side is `child_side.py`. Knows nothing of restarts.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from ...errors import EngineError, NotLoaded
from ...process.program import Program

_LOOK_S = 5.0
_STOPPED_LOOKS = 3
"""A process that is stopped at so many looks in a row loads nothing: that is known long before `ready_s` is over."""


class Child:
    """A running process that has said where it listens."""

    def __init__(self, program: Program, address: str, note: str) -> None:
        self._program = program
        self.address = address
        self.note = note
        """What a person should know of how the model runs; empty where there is nothing."""

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._program.pid

    @property
    def exited(self) -> asyncio.Future[Any]:
        """A future that is done when the process is gone."""
        return self._program.exited

    @classmethod
    async def start(cls, module: str, settings: Mapping[str, object], *, ready_s: float) -> Child:
        """Runs `python -m module`, hands it `settings`, waits until it listens.

        Raises EngineError when it cannot be started, ends, is stopped, says that it failed, or is not ready within
        `ready_s`.
        """
        greeting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def hear(line: bytes) -> None:
            if not greeting.done():
                greeting.set_result(line)

        try:
            program = await Program.start(module, hear=hear)
        except OSError as error:
            raise EngineError(
                f"the model's process cannot be started ({error}); end what you no longer need"
            ) from error
        program.exited.add_done_callback(lambda _: hear(b""))
        try:
            program.send(json.dumps(settings).encode())
            return cls(program, *_greeted(await _heard(greeting, program.pid, ready_s), program))
        except BaseException:
            await program.stop(patience_s=0)  # loading natively, it cannot hear that its stdin is closed
            raise

    def kill(self) -> None:
        """Ends it at once. Idempotent."""
        self._program.kill()

    async def stop(self) -> None:
        """Closes its stdin, which ends it; kills it if it does not end by itself. Idempotent."""
        await self._program.stop()

    def last_words(self) -> str:
        """How it ended, for a message: exit status and its last line on stderr."""
        return self._program.last_words()


async def _heard(greeting: asyncio.Future[bytes], pid: int, ready_s: float) -> bytes:
    """The first line that a process says. Raises EngineError when none comes in time, or it was stopped meanwhile."""
    n_stopped, began_s = 0, time.monotonic()
    while not greeting.done():
        left_s = began_s + ready_s - time.monotonic()
        if left_s <= 0:
            raise EngineError(f"the model was not loaded within {ready_s:g} s; try a smaller model")
        await asyncio.wait({greeting}, timeout=min(_LOOK_S, left_s))
        n_stopped = n_stopped + 1 if not greeting.done() and await asyncio.to_thread(_is_stopped, pid) else 0
        if n_stopped == _STOPPED_LOOKS:
            raise EngineError("the model's process was stopped while it loaded the model; it starts again by itself")
    return greeting.result()


def _is_stopped(pid: int) -> bool:
    """Somebody has stopped the process, as SIGSTOP does; one that waits for a slow disk is not."""
    import psutil

    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:  # it has ended, which is heard of
        return False


def _greeted(line: bytes, program: Program) -> tuple[str, str]:
    """Address and note."""
    if not line:
        raise NotLoaded(f"the model's process ended while loading ({program.last_words()}); try another model")
    try:
        said = json.loads(line)
        failed, address, note = said.get("error"), str(said.get("address")), str(said.get("note") or "")
    except (ValueError, AttributeError, RecursionError) as error:
        raise EngineError(f"the model's process said {line[:80]!r} and no address; install xllamacpp again") from error
    if failed is not None:
        raise NotLoaded(f"the model could not be loaded ({failed}); pull it again or try another model")
    return address, note
