"""The server's side of the project index: one worker process, started when first needed and again after it died.

Knows which project a document belongs to, and nothing of what is in its index.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal, TypeAlias

import anyio

from ..errors import RetrievalError
from ..types import Chunk
from .index import Scored
from .project import root_of

Message: TypeAlias = dict[str, Any]
_WORKER = "jupyter_mccom.retrieval.worker"
_MAX_LINE = 16 << 20
"""Bytes of an answer: chunks are short, so an ordinary one has 50,000."""
_STOP_S = 5.0
_MAX_BACK_OFF_S = 60.0
_HEALTHY_S = 30.0
"""A worker that lived this long starts the back-off anew."""
_LAST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeStatus:
    """Of the project that was asked for last."""

    state: Literal["asleep", "indexing", "ready", "trouble"]
    """`asleep`: nothing was asked for; `indexing`: searched so far as it is read; `trouble`: cannot be searched, or
    is no longer read."""
    n_documents: int = 0
    n_chunks: int = 0
    detail: str = ""
    """What is missing and why, for people; empty when nothing is."""


class ProjectTree:
    """Finds chunks of the project that a document belongs to."""

    def __init__(self, *, jupyter_root: Path, project_root: str, cache_dir: Path) -> None:
        """`project_root` as in `root_of`; indexes are kept in `cache_dir`, which is made when it is needed."""
        self._jupyter_root = jupyter_root
        self._project_root = project_root
        self._cache_dir = cache_dir.absolute()
        self._starting: asyncio.Task[_Run] | None = None
        self._failures = 0
        self._retry_s = 0.0
        self._trouble = ""
        self._root = ""
        self._status = TreeStatus(state="asleep")
        self._news = asyncio.Event()
        self._closed = False

    @property
    def status(self) -> TreeStatus:
        """As the worker told it last, at most a quarter of a second ago."""
        if self._trouble:
            return TreeStatus(state="trouble", detail=self._trouble)
        return self._status

    async def begin(self, document: str) -> None:
        """Starts to index the document's project (path below the Jupyter root). What goes wrong is in `status`."""
        try:
            run, request = await self._opened(document)
            await run.send({**request, "id": None, "queries": [], "n": 0})
        except RetrievalError as error:
            self._trouble = str(error)

    async def settled(self, document: str, *, patience_s: float = 60.0) -> TreeStatus:
        """Begins, and returns when the project can be searched whole or cannot be; at the latest after `patience_s`."""
        await self.begin(document)
        with anyio.move_on_after(patience_s):
            while self.status.state in ("asleep", "indexing"):
                self._news.clear()
                await self._news.wait()
        return self.status

    async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
        """At most `n` chunks a query, best first, none of the document itself; starts the worker if need be.

        A project that is still being indexed answers with what is there. Raises RetrievalError when the document has
        no project, or the worker died or waits to be started again.
        """
        run, request = await self._opened(document)
        found = await run.ask({**request, "queries": list(queries), "n": n})
        return [
            [
                (Chunk(source=source, first_line=first, last_line=last, text=text), score)
                for source, first, last, text, score in scored
            ]
            for scored in found
        ]

    async def aclose(self) -> None:
        """Ends the worker. Idempotent; nothing can be searched after it."""
        self._closed = True
        if self._starting is not None:
            (run,) = await asyncio.gather(self._starting, return_exceptions=True)
            if isinstance(run, _Run):
                await run.stop()

    async def _opened(self, document: str) -> tuple[_Run, Message]:
        request = await asyncio.to_thread(self._request, document)
        run = await self._running()
        self._trouble = ""
        if self._root != request["root"]:
            self._root, self._status = request["root"], TreeStatus(state="indexing")
        return run, request

    def _request(self, document: str) -> Message:
        root = root_of(self._jupyter_root, document, self._project_root)
        top = self._jupyter_root.expanduser().resolve()
        path = top / document
        return {
            "root": str(root),
            "top": str(top if root.is_relative_to(top) else root),
            "without": (path.parent.resolve() / path.name).relative_to(root).as_posix(),
        }

    async def _running(self) -> _Run:
        if self._closed:
            raise RetrievalError("the project's index is closed; restart Jupyter")
        if self._starting is None or (self._starting.done() and _lost(self._starting)):
            pause_s = self._retry_s - asyncio.get_running_loop().time()
            if pause_s > 0:
                raise RetrievalError(f"{self._trouble}; wait {ceil(pause_s)} s until it is started again")
            self._starting = asyncio.create_task(self._start(), name="mccom index start")
        return await asyncio.shield(self._starting)

    async def _start(self) -> _Run:
        try:
            run = await _Run.start(self._cache_dir, self._hear)
        except OSError as error:
            self._fail(f"the project's index cannot be started ({error})", lived_s=0.0)
            raise RetrievalError(f"{self._trouble}; free memory or processes") from error
        self._root = ""
        run.over.add_done_callback(lambda over: None if over.cancelled() else self._ended(run, over.result()))
        return run

    def _hear(self, said: Message) -> None:
        if said.pop("root") == self._root:
            self._status = TreeStatus(**said)
            self._news.set()

    def _ended(self, run: _Run, lived_s: float) -> None:
        if not self._closed:
            self._fail(run.words(), lived_s=lived_s)

    def _fail(self, why: str, *, lived_s: float) -> None:
        self._trouble = why
        self._news.set()
        self._failures = 1 if lived_s > _HEALTHY_S else self._failures + 1
        back_off_s = 0.0 if self._failures <= 1 else min(_MAX_BACK_OFF_S, 2.0 ** (self._failures - 2))
        self._retry_s = asyncio.get_running_loop().time() + back_off_s


class _Run:
    """One run of the worker's process."""

    def __init__(self, process: asyncio.subprocess.Process, hear: Callable[[Message], None]) -> None:
        self._process = process
        self._hear = hear
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._ids = itertools.count()
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self.over = asyncio.create_task(self._live(), name="mccom index worker")
        """Done when the process is gone: the seconds that it lived."""

    @classmethod
    async def start(cls, cache_dir: Path, hear: Callable[[Message], None]) -> _Run:
        """Raises OSError when there can be no process. `hear` is told what nobody asked for."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _WORKER, str(cache_dir)),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            limit=_MAX_LINE,
            cwd=Path(sys.executable).anchor,  # `-m` imports from the current folder first: let it not be the person's
        )
        return cls(process, hear)

    async def ask(self, request: Message) -> Any:
        """What was found. Raises RetrievalError when the worker is or goes away, or cannot answer."""
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self.send({**request, "id": number})
            said = await answer
        finally:
            del self._waiting[number]
        if "error" in said:
            raise RetrievalError(f"the project cannot be searched ({said['error']}); restart Jupyter")
        if not said:
            raise RetrievalError(f"{self.words()}; ask again")
        return said["found"]

    async def send(self, request: Message) -> None:
        """Raises RetrievalError when the worker is gone."""
        assert self._process.stdin is not None
        if self.over.done():
            raise RetrievalError(f"{self.words()}; ask again")
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
        except OSError as error:
            raise RetrievalError(f"{self.words()}; ask again") from error

    async def stop(self) -> None:
        """Closes its stdin, which ends it; kills it if it does not end by itself. Idempotent."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait({self.over}, timeout=_STOP_S)
        if not self.over.done():
            self._process.kill()
        await self.over

    def words(self) -> str:
        """That it ended, and how."""
        last = f": {self._said[-1]}" if self._said else ""
        return f"the process of the project's index ended (exit status {self._process.returncode}{last})"

    async def _live(self) -> float:
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        await asyncio.gather(self._read_stdout(), self._read_stderr())
        await self._process.wait()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result({})
        return loop.time() - started_s

    async def _read_stdout(self) -> None:
        assert self._process.stdout is not None
        try:
            while line := await self._process.stdout.readline():
                said = json.loads(line)
                if "id" not in said:
                    self._hear(said)
                elif (answer := self._waiting.get(said["id"])) and not answer.done():
                    answer.set_result(said)
        except (ValueError, KeyError, TypeError):  # no message of ours, or over _MAX_LINE
            self._process.kill()
            while await self._process.stdout.read(1 << 16):
                pass

    async def _read_stderr(self) -> None:
        assert self._process.stderr is not None
        while line := await self._process.stderr.read(1 << 16):
            self._said.extend(line.decode(errors="replace").strip().splitlines())


def _lost(starting: asyncio.Task[_Run]) -> bool:
    return starting.cancelled() or starting.exception() is not None or starting.result().over.done()
