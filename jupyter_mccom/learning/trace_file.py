"""Where examples are kept: one SQLite file that only its owner can read, bounded by rows and age; figures, no text.

Blocking, for one thread at a time; several processes of one person may write at once. A file of an earlier version is
migrated, one of a later version is read by the columns that it shares, and only a damaged file is set aside. No method
but `forget` raises: what goes wrong is in `trouble`.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from ..errors import TracesError
from ..put_in_place import put_in_place
from .evidence import Example
from .schema import Event, NotOurs, TooNew, create, evidence_of, keep, opened, transaction

_Result = TypeVar("_Result")
_MAX_ROWS = 20_000
"""About 4 MB; at 200 texts a day a hundred days."""
_MAX_AGE_S = 180 * 86_400.0
"""Models, habits and projects change: an older outcome says little."""
_PRUNE_EVERY = 500
_EXAMPLES = 2_000
"""Newest ones that are learnt from: fitting them takes well under a second of pure Python."""


def default_traces_dir() -> Path:
    """The user's data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir("jupyter-mccom"))


class TraceStore:
    """The file of traces, created by the first `write`. `now_s` is the Unix time."""

    def __init__(
        self,
        path: Path,
        *,
        now_s: Callable[[], float] = time.time,
        max_rows: int = _MAX_ROWS,
        max_age_s: float = _MAX_AGE_S,
    ) -> None:
        self.path = path
        self._now_s = now_s
        self._max_rows = max_rows
        self._max_age_s = max_age_s
        self._connection: sqlite3.Connection | None = None
        self._file_id: tuple[int, int] | None = None
        self._n_written = 0
        self._n_forgotten: int | None = None
        self._set_aside = self._failure = ""

    @property
    def trouble(self) -> str:
        """One line; empty when nothing is wrong."""
        return self._failure or self._set_aside

    def write(self, events: Sequence[Event], layout: str) -> bool:
        """Keeps what happened, in order. True when somebody has deleted all since the last call."""

        def work(connection: sqlite3.Connection) -> bool:
            with transaction(connection):
                for event in events:
                    keep(connection, event, layout)
                n_forgotten = _n_forgotten(connection)
            before, self._n_forgotten = self._n_forgotten, n_forgotten
            return before != n_forgotten

        found = self._try(work, make=True, proves=True)
        self._n_written += len(events)
        if self._n_written >= _PRUNE_EVERY:
            self._n_written = 0
            self._try(self._prune, make=False)
        return bool(found)

    def examples(self, model: str, layout: str) -> list[Example]:
        """Examples whose outcome is known, oldest first; the newest 2,000 at most."""

        def work(connection: sqlite3.Connection) -> list[Example]:
            return evidence_of(connection, model, layout, _EXAMPLES)

        return self._try(work, make=False) or []

    def forget(self) -> int:
        """Deletes all, also while others write, and files set aside. Returns how many rows. Raises TracesError."""

        def work(connection: sqlite3.Connection) -> int:
            with transaction(connection):
                n = connection.execute("DELETE FROM examples").rowcount
                connection.execute("UPDATE forgotten SET n = n + 1")
                self._n_forgotten = _n_forgotten(connection)
            with suppress(sqlite3.OperationalError):  # a reader elsewhere: its own checkpoint will do it
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            return n

        before, self._failure = self._failure, ""
        n = self._try(work, make=False, proves=True)
        if n is None and not self._failure:  # there is no file: whether one can be written is not known
            self._failure = before
        elif self._failure:
            raise TracesError(f"{self._failure}; nothing is deleted: try again, or delete the file")
        for path in self.path.parent.glob(f"{_aside(self.path).name}*"):
            path.unlink(missing_ok=True)
        self._set_aside = ""
        return n or 0

    def close(self) -> None:
        """Closes the file; may be called again."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _try(
        self, work: Callable[[sqlite3.Connection], _Result], *, make: bool, proves: bool = False
    ) -> _Result | None:
        """Runs work on the file. None where it failed or the file does not exist; a damaged file is set aside once.

        `proves`: the work writes, so that it ends an earlier trouble. A file that can be read may still not be written.
        """
        for _ in range(2):
            try:
                connection = self._opened(make)
                found = None if connection is None else work(connection)
            except NotOurs as error:
                if not self._put_aside(str(error)):
                    return None
            except TooNew as error:
                self._failure = f"traces are not kept: {str(self.path)!r} {error}"
                return None
            except (sqlite3.Error, OSError) as error:
                if type(error) is not sqlite3.DatabaseError:  # its subclasses are: busy, full, read-only, …
                    self._failure = f"traces are not kept in {str(self.path)!r} ({error}); see that it can be written"
                    self.close()
                    return None
                if not self._put_aside("is damaged"):
                    return None
            else:
                if proves and connection is not None:
                    self._failure = ""
                return found
        return None

    def _opened(self, make: bool) -> sqlite3.Connection | None:
        if self._connection is not None and _file_id(self.path) != self._file_id:
            self.close()  # deleted or set aside by somebody else
        if self._connection is None and (make or self.path.exists()):
            create(self.path)
            self._file_id = _file_id(self.path)
            self._connection = opened(self.path)
            self._prune(self._connection)
            if self._n_forgotten is None:
                self._n_forgotten = _n_forgotten(self._connection)
        return self._connection

    def _prune(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM examples WHERE at_s < ?", (self._now_s() - self._max_age_s,))
        kept = "SELECT rowid FROM examples ORDER BY at_s DESC, rowid DESC LIMIT ?"
        connection.execute(f"DELETE FROM examples WHERE rowid NOT IN ({kept})", (self._max_rows,))  # noqa: S608

    def _put_aside(self, what: str) -> bool:
        """Renames the file, unless somebody else has put a new one there. False where that fails."""
        self.close()
        if _file_id(self.path) != self._file_id:
            return True
        aside = _aside(self.path)
        try:
            for end in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    put_in_place(f"{self.path}{end}", f"{aside}{end}")
        except OSError as error:
            self._failure = f"{str(self.path)!r} {what} and cannot be set aside ({error}); delete it"
            return False
        self._set_aside = f"{str(self.path)!r} {what}: it is kept as {aside.name!r}, and learning starts anew"
        return True


def forget_traces(path: Path) -> int:
    """Deletes all kept traces, also while servers run. Returns how many. Raises TracesError."""
    with closing(TraceStore(path)) as store:
        return store.forget()


def _n_forgotten(connection: sqlite3.Connection) -> int:
    """How many times everything was deleted."""
    (found,) = connection.execute("SELECT n FROM forgotten").fetchone()
    return int(found)


def _aside(path: Path) -> Path:
    return path.with_name(path.name + ".set-aside")


def _file_id(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
