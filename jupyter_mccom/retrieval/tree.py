"""The server's side of the project index: one worker process, started when first needed and again after it died.

Knows which project a document belongs to, and nothing of what is in its index.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal, TypeAlias

import anyio

from ..errors import RetrievalError
from ..process.program import Program
from ..process.supervisor import Supervisor, Words
from .index import Scored, unpacked
from .project import root_of

Message: TypeAlias = dict[str, Any]
_WORKER = "jupyter_mccom.retrieval.worker"
_NAME = "the process of the project's index"
_HUNG_S = 15.0
"""While it works it says something several times a second."""
_MAX_UNHEARD = 1000
"""So that a worker which hangs fills no pipe."""
_WORDS = Words(
    ended=lambda last_words: RetrievalError(f"{_NAME} ended ({last_words})"),
    resting=lambda trouble, pause_s: RetrievalError(f"{trouble}; wait {ceil(pause_s)} s until it is started again"),
    stopped=lambda: RetrievalError("the project's index is closed; restart Jupyter"),
    fault=lambda error: RetrievalError(f"{_NAME} cannot be started ({error!r}); please report it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeStatus:
    """Status of the project that was asked for last."""

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
        self._worker = Supervisor(self._start, _WORDS, restarts=False)
        self._trouble = ""
        self._root = ""
        self._status = TreeStatus(state="asleep")
        self._news = asyncio.Event()
        self._closed = False

    @property
    def status(self) -> TreeStatus:
        """The state of the index that the worker reported last, at most a quarter of a second ago."""
        if self._trouble:
            return TreeStatus(state="trouble", detail=self._trouble)
        return self._status

    async def begin(self, document: str) -> None:
        """Starts to index the document's project (path below the Jupyter root). What goes wrong is in `status`."""
        try:
            worker, request = await self._opened(document)
            worker.send({**request, "id": None, "queries": [], "n": 0})
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
        """The best chunks for each query, at most `n`, none of the document itself; starts the worker if need be.

        A project that is still being indexed answers with what is there. Raises RetrievalError when the document has
        no project, or the worker died or waits to be started again.
        """
        worker, request = await self._opened(document)
        found = await worker.ask({**request, "queries": list(queries), "n": n})
        return [[(unpacked(fields), score) for fields, score in scored] for scored in found]

    async def restart(self) -> None:
        """Ends the worker, or the pause after its last failure: the next search starts it at once."""
        await self._worker.restart()
        self._trouble = ""

    async def aclose(self) -> None:
        """Ends the worker. Idempotent; nothing can be searched after it."""
        self._closed = True
        await self._worker.aclose()

    async def _opened(self, document: str) -> tuple[_Worker, Message]:
        request = await asyncio.to_thread(self._request, document)
        if self._closed:
            raise _WORDS.stopped()
        async with self._worker.lease() as worker:
            pass
        self._trouble = ""
        if self._root != request["root"]:
            self._root, self._status = request["root"], TreeStatus(state="indexing")
        return worker, request

    def _request(self, document: str) -> Message:
        root = root_of(self._jupyter_root, document, self._project_root)
        top = self._jupyter_root.expanduser().resolve()
        path = top / document
        return {
            "root": str(root),
            "top": str(top if root.is_relative_to(top) else root),
            "without": (path.parent.resolve() / path.name).relative_to(root).as_posix(),
        }

    async def _start(self) -> _Worker:
        try:
            worker = await _Worker.start(self._cache_dir, self._hear)
        except OSError as error:
            self._fail(f"the project's index cannot be started ({error})")
            raise RetrievalError(f"{self._trouble}; free memory or processes") from error
        self._root = ""
        worker.exited.add_done_callback(lambda _: self._ended(worker))
        return worker

    def _hear(self, said: Message) -> None:
        if said.pop("root") == self._root:
            self._status = TreeStatus(**said)
            self._news.set()

    def _ended(self, worker: _Worker) -> None:
        if not self._closed:
            self._fail(str(worker.ended()))

    def _fail(self, why: str) -> None:
        self._trouble = why
        self._news.set()


class _Worker:
    """One run of the worker's process: answers belong to their questions by a number."""

    def __init__(self, hear: Callable[[Message], None]) -> None:
        self._hear = hear
        self._program: Program
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._ids = itertools.count()
        self._n_unheard = 0
        """Requests since the worker said something."""
        self._asked_s = 0.0
        """When the first of them was sent."""

    @classmethod
    async def start(cls, cache_dir: Path, hear: Callable[[Message], None]) -> _Worker:
        """Raises OSError when there can be no process. `hear` is told what nobody asked for."""
        worker = cls(hear)
        worker._program = await Program.start(_WORKER, [str(cache_dir)], hear=worker._heard)
        worker.exited.add_done_callback(lambda _: worker._left_alone())
        return worker

    @property
    def exited(self) -> asyncio.Future[None]:
        """A future that is done when the process is gone."""
        return self._program.exited

    async def ask(self, request: Message) -> Any:
        """What was found. Raises RetrievalError when the worker is or goes away, or cannot answer."""
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.send({**request, "id": number})
            said = await answer
        finally:
            del self._waiting[number]
        if "error" in said:
            raise RetrievalError(f"the project cannot be searched ({said['error']}); restart Jupyter")
        if not said:
            raise RetrievalError(f"{self.ended()}; ask again")
        return said["found"]

    def send(self, request: Message) -> None:
        """Raises RetrievalError when the worker is gone, hangs, or is behind with too many requests.

        One that hangs is ended, whether or not somebody still waits for an answer: keys give a search up soon.
        """
        if self.exited.done():
            raise RetrievalError(f"{self.ended()}; ask again")
        now_s = asyncio.get_running_loop().time()
        if self._n_unheard and now_s - self._asked_s > _HUNG_S:
            self._program.kill()
            raise RetrievalError(f"{_NAME} hung for {now_s - self._asked_s:.0f} s and was ended; it starts again")
        if self._n_unheard >= _MAX_UNHEARD:
            raise RetrievalError(f"{_NAME} is behind with {self._n_unheard} requests; it is asked again later")
        if not self._n_unheard:
            self._asked_s = now_s
        self._n_unheard += 1
        self._program.send(json.dumps(request).encode())

    async def stop(self) -> None:
        """Ends the worker; may be called again."""
        await self._program.stop()

    def last_words(self) -> str:
        """How it ended, for a message."""
        return self._program.last_words()

    def ended(self) -> RetrievalError:
        """Notes that the worker ended, and how."""
        error = _WORDS.ended(self.last_words())
        assert isinstance(error, RetrievalError)
        return error

    def _heard(self, line: bytes) -> None:
        self._n_unheard = 0
        try:
            said = json.loads(line)
            if "id" not in said:
                self._hear(said)
            elif (answer := self._waiting.get(said["id"])) and not answer.done():
                answer.set_result(said)
        except (ValueError, KeyError, TypeError):  # no message of ours
            self._program.kill()

    def _left_alone(self) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result({})
