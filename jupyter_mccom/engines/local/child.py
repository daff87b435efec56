"""One run of a child process: start it, hear whether it is ready, keep its last words, end it.

Knows nothing of restarts: `host.py` decides when.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from ...errors import EngineError

_STOP_S = 5.0
_LAST_LINES = 20


class Child:
    """A running process that has said where it listens."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._drain = asyncio.create_task(self._read_stderr(), name="mccom child stderr")
        self.exited = asyncio.create_task(process.wait(), name="mccom child exit")
        """Done when the process is gone."""
        self.address = ""

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @classmethod
    async def start(cls, module: str, settings: Mapping[str, object], *, ready_s: float) -> Child:
        """Runs `python -m module`, hands it `settings`, waits until it listens.

        Raises EngineError when it cannot be started, ends, says that it failed, or is not ready within `ready_s`.
        """
        child = cls(await _process(module))
        greeting = asyncio.create_task(child._greeting(settings), name="mccom child greeting")
        try:
            await asyncio.wait({greeting}, timeout=ready_s)  # wait_for loses a cancellation that comes with the result
            if not greeting.done():
                raise EngineError(f"the model was not loaded within {ready_s:g} s; try a smaller model")
            child.address = greeting.result()
        except BaseException:
            greeting.cancel()
            await asyncio.gather(greeting, return_exceptions=True)
            await child.stop()
            raise
        return child

    async def stop(self) -> None:
        """Closes its stdin, which ends it; kills it if it does not end by itself, or is still loading. Idempotent.

        One that loads natively cannot hear that its stdin is closed, and has nothing to lose.
        """
        if self._process.stdin is not None:
            self._process.stdin.close()
        if not self.address and self._process.returncode is None:
            self._process.kill()
        await asyncio.wait({self.exited}, timeout=_STOP_S)
        if not self.exited.done():
            self._process.kill()
        await asyncio.gather(self.exited, self._drain)

    def last_words(self) -> str:
        """How it ended, for a message: exit status and its last line on stderr."""
        status = f"exit status {self._process.returncode}"
        return f"{status}: {self._said[-1]}" if self._said else status

    async def _greeting(self, settings: Mapping[str, object]) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(settings).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            await self.exited
            raise EngineError(f"the model's process ended while loading ({self.last_words()}); try another model")
        said = json.loads(line)
        if "error" in said:
            raise EngineError(f"the model could not be loaded ({said['error']}); pull it again or try another model")
        return str(said["address"])

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            self._said.append(line.decode(errors="replace").strip())


async def _process(module: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,  # Ctrl-C in a terminal, or at a kernel, is not meant for the model
            cwd=Path(sys.executable).anchor,  # `-m` imports from the current folder first: let it not be the person's
        )
    except OSError as error:
        raise EngineError(f"the model's process cannot be started ({error}); end what you no longer need") from error
