"""One run of a Python module in a process of its own, spoken to by lines: start it, hear what it says, end it.

The process is a `subprocess.Popen` and four threads, because not every event loop can start one: the selector loop,
which Jupyter sets on Windows, cannot. Knows nothing of restarts: `supervisor.py` decides when.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO

_STOP_S = 5.0
_PIPES_S = 1.0
"""After the end of the process: one that it has started, and that has its pipes, is not waited for."""
_LAST_LINES = 20
_MAX_LINE = 16 << 20
"""Bytes of a line: the longest answers, of the project's index, have 50,000 as a rule."""


class Program:
    """A running process. Made by `start`, in an event loop, which `hear` is called in."""

    def __init__(self, process: subprocess.Popen[bytes], hear: Callable[[bytes], None]) -> None:
        self._process = process
        self._hear = hear
        self._loop = asyncio.get_running_loop()
        self._out: SimpleQueue[bytes | None] = SimpleQueue()
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self.exited: asyncio.Future[None] = self._loop.create_future()
        """Done when the process is gone and what it said was heard."""
        for work in (self._write, self._live):
            Thread(target=work, name=f"mccom program {work.__name__}", daemon=True).start()

    @classmethod
    async def start(cls, module: str, arguments: Sequence[str] = (), *, hear: Callable[[bytes], None]) -> Program:
        """Runs `python -m module`. `hear` is called with each line that it writes to stdout.

        Raises OSError when there can be no process.
        """
        starting = asyncio.create_task(asyncio.to_thread(_process, module, arguments), name=f"mccom start {module}")
        try:
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.create_task(cls._undo(starting), name=f"mccom undo {module}"))
            raise
        return cls(process, hear)

    @classmethod
    async def _undo(cls, starting: asyncio.Task[subprocess.Popen[bytes]]) -> None:
        """Ends what nobody wants any more. A task of its own, since who started it may be cancelled again."""
        await asyncio.wait({starting})
        if not starting.cancelled() and starting.exception() is None:
            await cls(starting.result(), lambda line: None).stop(patience_s=0)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def send(self, line: bytes) -> None:
        """Writes a line to its stdin, in order, as soon as it reads. Lost when the process is gone: see `exited`."""
        self._out.put(line + b"\n")

    def kill(self) -> None:
        """Ends it at once. Idempotent."""
        self._process.kill()

    async def stop(self, *, patience_s: float | None = None) -> None:
        """Closes its stdin, which ends it; kills it if it has not ended by itself after `patience_s`. Idempotent."""
        self._out.put(None)
        await asyncio.wait({self.exited}, timeout=_STOP_S if patience_s is None else patience_s)
        if not self.exited.done():
            self.kill()
        await asyncio.wait({self.exited})

    def last_words(self) -> str:
        """How it ended, for a message: exit status and its last line on stderr."""
        status = f"exit status {self._process.returncode}"
        return f"{status}: {self._said[-1]}" if self._said else status

    def _write(self) -> None:
        stdin = _pipe(self._process.stdin)
        with suppress(OSError, ValueError):
            while (line := self._out.get()) is not None:
                stdin.write(line)
                stdin.flush()
        with suppress(OSError):
            stdin.close()

    def _live(self) -> None:
        readers = (self._read_stdout, self._read_stderr)
        reading = [Thread(target=work, name=f"mccom program {work.__name__}", daemon=True) for work in readers]
        for thread in reading:
            thread.start()
        self._process.wait()
        for thread in reading:
            thread.join(_PIPES_S)
        self._out.put(None)
        self._tell(self._gone)

    def _read_stdout(self) -> None:
        with _pipe(self._process.stdout) as stdout:
            while line := stdout.readline(_MAX_LINE):
                if not line.endswith(b"\n"):  # cut off, or no message of ours
                    self._process.kill()
                    break
                self._tell(self._hear, line)

    def _read_stderr(self) -> None:
        with _pipe(self._process.stderr) as stderr:
            for line in stderr:
                self._said.append(line.decode(errors="replace").strip())

    def _tell(self, what: Callable[..., None], *said: bytes) -> None:
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(what, *said)

    def _gone(self) -> None:
        if not self.exited.done():
            self.exited.set_result(None)


def _process(module: str, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,  # Ctrl-C in a terminal, or at a kernel, is not meant for it
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
        cwd=Path(sys.executable).anchor,  # `-m` imports from the current folder first: let it not be the person's
    )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe
