"""The file's one table: its columns, how a file is opened and checked, and how an event becomes part of a row.

Every column is checked by SQLite itself when a row is written and when a file is opened, so that what is read back can
be trusted. Raises as `sqlite3` does.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias, get_args

from ..agreement import Agreement
from ..types import Features, Outcome, OutcomeKind, Survival, Target, Trace, Trigger
from .evidence import Example

Event: TypeAlias = Trace | Outcome | Survival | Agreement
_VERSION = 2
_BUSY_S = 2.0
"""Another process's transaction takes milliseconds."""
_CACHE_KIB = 256
"""Of the file's pages in memory. By itself, SQLite keeps 2 MB: about 200 bytes for each trace, until that is full."""


class NotOurs(Exception):
    """The file is no file of traces, or a damaged one; the message says what it is."""


class TooNew(Exception):
    """The file was written by a later version of this package, and its examples cannot be read by this one."""


def _one_of(column: str, choices: tuple[str, ...]) -> str:
    return f"{column} TEXT CHECK ({column} IN ({', '.join(map(repr, choices))}))"


_COLUMNS = (
    "suggestion_id TEXT PRIMARY KEY NOT NULL",
    "at_s REAL NOT NULL",
    "model TEXT NOT NULL",
    "layout TEXT NOT NULL",
    "language TEXT NOT NULL",
    _one_of("trigger", get_args(Trigger)) + " NOT NULL",
    _one_of("route_to", get_args(Target)) + " NOT NULL",
    "route_reason TEXT NOT NULL",
    "confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1)",
    "lowest_prob REAL NOT NULL CHECK (lowest_prob > 0 AND lowest_prob <= 1)",
    "mean_prob REAL NOT NULL CHECK (mean_prob BETWEEN 0 AND 1)",
    "log_prob REAL NOT NULL CHECK (typeof(log_prob) = 'real' AND log_prob <= 0)",
    "n_tokens INTEGER NOT NULL CHECK (typeof(n_tokens) = 'integer' AND n_tokens >= 0)",
    "n_chars INTEGER NOT NULL CHECK (typeof(n_chars) = 'integer' AND n_chars >= 0)",
    "parses INTEGER NOT NULL CHECK (parses IN (0, 1))",
    _one_of("outcome", get_args(OutcomeKind)),
    *(
        f"{name} INTEGER CHECK ({name} IS NULL OR (typeof({name}) = 'integer' AND {name} >= 0))"
        for name in ("kept_chars", "shown_ms", "agree_chars")
    ),
    *(f"{name} REAL CHECK ({name} BETWEEN 0 AND 1)" for name in ("survived_30", "survived_300")),
    *(f"{name} INTEGER CHECK ({name} IN (0, 1))" for name in ("exact_line", "drawn")),
)
_NAMES = [column.partition(" ")[0] for column in _COLUMNS]
_SCHEMA = (
    f"CREATE TABLE IF NOT EXISTS examples ({', '.join(_COLUMNS)})",
    "CREATE INDEX IF NOT EXISTS examples_by_time ON examples (at_s)",
    "CREATE TABLE IF NOT EXISTS forgotten (n INTEGER NOT NULL)",
    "INSERT INTO forgotten SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM forgotten)",
    f"PRAGMA user_version = {_VERSION}",
)


def create(path: Path) -> None:
    """An empty file that only its owner can read or write, if there is none. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if not path.is_file():  # a pipe there would be waited for
        raise OSError("it is not a regular file")


def opened(path: Path) -> sqlite3.Connection:
    """A connection to a file that was checked, and migrated where it is older. Raises NotOurs or TooNew.

    SQLite gives the files beside it the same mode.
    """
    connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    try:
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            _check(connection)
        with suppress(sqlite3.OperationalError):  # another process is just doing the same
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (n_tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == 0 and n_tables == 0:
        _make(connection)
    elif connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
        raise NotOurs("is damaged")
    elif version == 0 or (version == _VERSION and _columns(connection) != _NAMES):
        raise NotOurs("holds another table")
    elif version < _VERSION:
        _migrate(connection)
    elif not set(_NAMES) <= set(_columns(connection)):
        raise TooNew(f"is of version {version}, and this jupyter-mccom reads version {_VERSION}; update jupyter-mccom")


def _make(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)


def _migrate(connection: sqlite3.Connection) -> None:
    """Takes the examples of an earlier version over: the columns that it had, less rows that today's checks refuse."""
    had = _columns(connection)
    columns = ", ".join(name for name in _NAMES if name in had)
    if columns:
        connection.execute("DROP INDEX IF EXISTS examples_by_time")
        connection.execute("ALTER TABLE examples RENAME TO former")
    _make(connection)
    if columns:
        connection.execute(f"INSERT OR IGNORE INTO examples ({columns}) SELECT {columns} FROM former")  # noqa: S608 - our own names
        connection.execute("DROP TABLE former")


def _columns(connection: sqlite3.Connection) -> list[str]:
    return [row[1] for row in connection.execute("PRAGMA table_info(examples)")]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that commits all or nothing. It waits for the transaction of another process."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def keep(connection: sqlite3.Connection, event: Event, layout: str) -> None:
    """Adds a trace that has features; anything else completes the row of its suggestion, if there is one."""
    if isinstance(event, Trace):
        row = _row_of(event, layout)
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT OR IGNORE INTO examples ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608 - our own names
        return
    if isinstance(event, Outcome):
        values: dict[str, object] = {
            "outcome": event.kind,
            "kept_chars": event.kept_chars,
            "shown_ms": event.shown_ms,
        }
    elif isinstance(event, Survival):
        values = {f"survived_{event.after_s}": event.kept_chars / event.of_chars}
    else:
        values = {
            "agree_chars": event.agree_chars,
            "exact_line": int(event.exact_line),
            "drawn": int(event.drawn),
        }
    changes = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"UPDATE examples SET {changes} WHERE suggestion_id = ?",  # noqa: S608 - our own names
        (*values.values(), event.suggestion_id),
    )


def _row_of(trace: Trace, layout: str) -> dict[str, object]:
    features = trace.features
    assert features is not None
    return {
        "suggestion_id": trace.suggestion_id,
        "at_s": trace.started_s,
        "model": trace.generations[0].engine,
        "layout": layout,
        "language": trace.language,
        "trigger": trace.trigger,
        "route_to": trace.route.to,
        "route_reason": trace.route.reason,
        "confidence": features.confidence,
        "lowest_prob": features.lowest_prob,
        "mean_prob": features.mean_prob,
        "log_prob": features.log_prob,
        "n_tokens": features.n_tokens,
        "n_chars": features.n_chars,
        "parses": int(features.parses),
    }


def evidence_of(connection: sqlite3.Connection, model: str, layout: str, limit: int) -> list[Example]:
    """The newest examples of which something became, oldest first."""
    query = (
        f"SELECT {', '.join(_NAMES)} FROM examples WHERE model = ? AND layout = ? "  # noqa: S608 - our own names
        "AND (outcome IS NOT NULL OR exact_line IS NOT NULL) ORDER BY at_s DESC, rowid DESC LIMIT ?"
    )
    rows = connection.execute(query, (model, layout, limit)).fetchall()
    return [_example(dict(zip(_NAMES, row, strict=True))) for row in reversed(rows)]


def _example(row: dict[str, Any]) -> Example:
    return Example(
        suggestion_id=row["suggestion_id"],
        at_s=row["at_s"],
        model=row["model"],
        layout=row["layout"],
        language=row["language"],
        trigger=row["trigger"],
        to=row["route_to"],
        reason=row["route_reason"],
        features=Features(
            confidence=row["confidence"],
            lowest_prob=row["lowest_prob"],
            mean_prob=row["mean_prob"],
            log_prob=row["log_prob"],
            n_tokens=row["n_tokens"],
            n_chars=row["n_chars"],
            parses=bool(row["parses"]),
        ),
        outcome=row["outcome"],
        kept_chars=row["kept_chars"] or 0,
        shown_ms=row["shown_ms"] or 0,
        survived_30=row["survived_30"],
        survived_300=row["survived_300"],
        agree_chars=row["agree_chars"],
        exact_line=None if row["exact_line"] is None else bool(row["exact_line"]),
        drawn=bool(row["drawn"]),
    )
