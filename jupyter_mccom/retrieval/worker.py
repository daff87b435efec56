"""The process that owns the indexes: fills them in threads, follows what changes, answers searches meanwhile.

Its argument is the folder of kept indexes. It reads one JSON line a request from stdin (`id`, `root`, `top`; a search
has `queries`, `n`, `without`), writes one JSON line an answer (`id`, `found` or `error`) and one whenever a project's
state changes. It ends when stdin closes, which it does even when the parent is killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, TypeAlias

from ..errors import RetrievalError
from ..privacy.hidden import edition, hidden
from ..types import Chunk
from .chunks import chunks_of, chunks_of_notebook
from .index import Index, Packed, packed
from .project import LANGUAGES, MAX_FILES, NOTEBOOK, Listing, listing, read

Message: TypeAlias = dict[str, Any]
RESCAN_S = 30.0
"""Between two walks where changes cannot be watched."""
_MAX_PROJECTS = 2
"""Held in memory; the one searched longest ago makes room for another."""
_MAX_KEPT = 20
"""Indexes on disk; the oldest go."""
_DAY_S = 86400.0
_PAUSE = 10.0
"""Times as long as a walk took until the next one: walks take a tenth of a core at most, whatever changes."""
_TELL_S = 0.25
"""Between two words about progress."""
_END_S = 4.0
"""To keep the indexes at the end, before the parent's patience is over."""
_MANY = 1000
"""The system may have lost some of so many changes: a walk finds them."""
_NICE = 10
_SWITCH_S = 0.0005
"""A search waits as long for a thread that indexes; the interpreter's own 5 ms add up to the search's time."""
_STEP_MS, _GROUP_MS, _BEAT_MS = 20, 50, 200
"""A change is told after 1 or 2 steps (measured 21-39 ms); idle they cost 0.2 % of a core."""


class Project:
    """The index of one root, and the thread that fills it."""

    def __init__(self, root: Path, top: Path, kept: Path, tell: Callable[[Message], None]) -> None:
        """`kept` is the file of its index; `top` is where ignore files begin to count (see `listing`)."""
        self._root, self._top, self._kept, self._tell = root, top, kept, tell
        self._index = Index()
        self._lock = Lock()
        self._listing = Listing(root=root, top=top)
        self._stop = Event()
        self._state = "indexing"
        self._changed = False
        self._trouble = {"watch": "", "keep": "", "end": ""}
        self._told_s = self._next_walk_s = 0.0
        self._thread = Thread(target=self._run, name="mccom index", daemon=True)
        self._thread.start()

    def search(self, queries: list[str], n: int, without: str) -> list[list[tuple[Packed, float]]]:
        """The hits of each query, best first, each with its score, from what is indexed so far."""
        with self._lock:
            found = [self._index.search(query, n, without=without) for query in queries]
        return [[(packed(chunk), score) for chunk, score in scored] for scored in found]

    def say(self, *, pause_s: float = 0.0) -> None:
        """Tells the state, unless that was done less than `pause_s` ago."""
        now_s = time.monotonic()
        if self._stop.is_set() or now_s < self._told_s + pause_s:
            return
        self._told_s = now_s
        with self._lock:
            n_documents, n_chunks, left_out = len(self._index.stamps), self._index.n_chunks, self._index.n_left_out
        full = f"the index is full, {left_out:,} chunks are not in it; set project_root to a smaller folder"
        details = [self._listing.trouble, full if left_out else "", *self._trouble.values()]
        self._tell(
            {
                "root": str(self._root),
                "state": self._state,
                "n_documents": n_documents,
                "n_chunks": n_chunks,
                "detail": "; ".join(detail for detail in details if detail),
            }
        )

    def close(self, patience_s: float = 0.0) -> None:
        """The thread keeps the index and ends; waits for it as long as that."""
        self._stop.set()
        self._thread.join(patience_s)

    def _run(self) -> None:
        with suppress(AttributeError, OSError):
            os.nice(_NICE)  # of this thread alone on Linux, of the process elsewhere
        try:
            self._live()
        except Exception as error:  # noqa: BLE001 - what is indexed can still be searched
            self._state, self._trouble["end"] = "trouble", f"indexing ended ({error!r}); restart Jupyter"
            self.say()

    def _live(self) -> None:
        index = Index.load(self._kept) or Index()
        index.search("", 1)  # the first one takes 0.1 s longer
        self._walk(index)
        self._state = "ready"
        self.say()
        self._keep()
        while not self._stop.is_set():
            try:
                self._follow()
            except (OSError, RuntimeError) as error:
                self._trouble["watch"] = f"changes are seen every {RESCAN_S:g} s only ({error})"
                self._walk(self._index)
                self._stop.wait(RESCAN_S)
        self._keep()

    def _follow(self) -> None:
        """Takes in changes as they come; returns when other folders are to be watched."""
        watched = self._listing.folders.keys()
        due = True
        for paths in _changes(self._listing, self._stop):
            self._trouble["watch"] = ""
            due = due or len(paths) > _MANY or any(self._listing.stale(path) for path in paths)
            for path in paths:
                self._look(path)
            if due and time.monotonic() >= self._next_walk_s:
                self._walk(self._index)
                due = False
                if self._listing.folders.keys() != watched:
                    return
            elif paths:
                self.say()

    def _walk(self, index: Index) -> None:
        """Makes the index what the files are now; it is searched from the moment that it holds no file too many."""
        began_s = time.monotonic()
        found = listing(self._root, top=self._top)
        ended_s = time.monotonic()
        self._next_walk_s = ended_s + _PAUSE * (ended_s - began_s)
        stamps = index.stamps
        for document in stamps.keys() - found.documents.keys():
            self._drop(document, index)
        self._index, self._listing = index, found
        for document, stamp in found.documents.items():
            if self._stop.is_set():
                return
            if stamps.get(document) != stamp:
                self._read(document)
                self.say(pause_s=_TELL_S)
        self.say()

    def _look(self, path: str) -> None:
        documents = self._listing.documents
        stamp = self._listing.stamp(path)
        if stamp is not None and (path in documents or len(documents) < MAX_FILES):
            documents[path] = stamp
            self._read(path)
        elif documents.pop(path, None):
            self._drop(path, self._index)

    def _read(self, document: str) -> None:
        with self._lock:  # a search that has begun goes first: side by side both take twice as long
            pass
        try:
            stamp, text = read(self._root, document)
        except OSError:
            self._drop(document, self._index)
            return
        chunks = _chunks(document, text)
        with self._lock:
            self._index.put(document, stamp, chunks)
        self._changed = True

    def _drop(self, document: str, index: Index) -> None:
        with self._lock:
            index.drop(document)
        self._changed = True

    def _keep(self) -> None:
        if self._changed:
            try:
                self._index.save(self._kept)
                self._trouble["keep"] = ""
            except RetrievalError as error:
                self._trouble["keep"] = str(error)
            self._changed = False
            self.say()


class _Projects:
    """The projects in memory, the one searched last at the end."""

    def __init__(self, folder: Path, tell: Callable[[Message], None]) -> None:
        self._folder, self._tell = folder, tell
        self._open: dict[str, Project] = {}

    def answer(self, request: Message) -> Message:
        """Opens the project if need be; searches it if there is something to search."""
        try:
            project = self._project(request["root"], request["top"])
            return {"found": project.search(request["queries"], request["n"], request["without"])}
        except Exception as error:  # noqa: BLE001 - one request must not end the rest
            return {"error": repr(error)}

    def close(self) -> None:
        """Keeps what there is time for."""
        end_s = time.monotonic() + _END_S
        for project in self._open.values():
            project.close()
        for project in self._open.values():
            project.close(max(0.0, end_s - time.monotonic()))

    def _project(self, root: str, top: str) -> Project:
        last = next(reversed(self._open), None)
        project = self._open.pop(root, None)
        if project is not None and root != last:
            project.say()
        if project is None:
            of = hashlib.sha256(os.fsencode(root) + edition().encode()).hexdigest()
            kept = self._folder / f"{of[:32]}.index"
            project = Project(Path(root), Path(top), kept, self._tell)
        self._open[root] = project
        if len(self._open) > _MAX_PROJECTS:
            self._open.pop(next(iter(self._open))).close()
        return project


def main() -> int:
    """Entry of the child: 0 after the parent closed stdin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the parent's to answer
    sys.setswitchinterval(_SWITCH_S)
    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    lock = Lock()

    def tell(message: Message) -> None:
        with lock, suppress(OSError):  # a parent that is gone closed stdin too
            answers.write(json.dumps(message).encode() + b"\n")
            answers.flush()

    folder = Path(sys.argv[1])
    _tidy(folder)
    projects = _Projects(folder, tell)
    for line in sys.stdin.buffer:
        request = json.loads(line)
        tell({"id": request["id"], **projects.answer(request)})
    projects.close()
    os._exit(0)


def _tidy(folder: Path) -> None:
    """Removes the oldest kept indexes, and those that a killed process left half written."""
    with suppress(OSError):
        kept = sorted(folder.glob("*.index"), key=lambda path: path.stat().st_mtime)
        halves = [path for path in folder.glob("*.index.*.new") if path.stat().st_mtime < time.time() - _DAY_S]
        for path in (*kept[:-_MAX_KEPT], *halves):
            path.unlink()


def _chunks(document: str, text: str) -> list[Chunk]:
    """The chunks of a file; none when it cannot be cut or looked at for secrets, for whatever reason."""
    suffix = os.path.splitext(document)[1].lower()
    try:
        if suffix == NOTEBOOK:
            return chunks_of_notebook(document, text, look=hidden)
        return chunks_of(document, text, LANGUAGES[suffix], look=hidden)
    except Exception as error:  # noqa: BLE001 - one file must not end the rest
        sys.stderr.write(f"{document!r} is not indexed: {error!r}\n")
        return []


def _changes(found: Listing, stop: Event) -> Iterator[set[str]]:
    """Paths that changed; none at all every 0.2 s, so that the first group tells that watching has begun.

    Raises OSError or RuntimeError when the system cannot watch so many folders, or there is none.
    """
    from watchfiles import watch

    # inotify's recursive watch follows links out of the project; those of the other systems do not
    one_by_one = sys.platform == "linux"
    folders = [found.root / folder for folder in found.folders] if one_by_one else [found.root]
    there = [folder for folder in folders if os.path.isdir(folder)]
    if not there:
        raise FileNotFoundError(f"{found.root} cannot be read")
    groups = watch(
        *there,
        watch_filter=None,
        debounce=_GROUP_MS,
        step=_STEP_MS,
        rust_timeout=_BEAT_MS,
        yield_on_timeout=True,
        stop_event=stop,
        recursive=not one_by_one,
        raise_interrupt=False,
    )
    start = len(os.path.join(found.root, ""))
    for group in groups:
        yield {path[start:].replace(os.sep, "/") for _, path in group if len(path) > start}


if __name__ == "__main__":
    sys.exit(main())
