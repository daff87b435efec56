"""What the cloud has cost, in one small file of the person: it survives a restart, and their servers share it.

A file that cannot be read or written costs nobody a completion: what this process has spent is counted in memory.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .. import atomic_json
from ..learning.trace_file import default_traces_dir
from ..protocols import Account, Payment

_LOCK_S = 1.0
"""Another server holds it for milliseconds."""
_MOST_BYTES = 65536
_LOG = logging.getLogger(__name__)


def default_spent_file() -> Path:
    """Where a person's servers keep it."""
    return default_traces_dir() / "cloud_spent.json"


class SpentFile:
    """Satisfies protocols.Ledger. The file is made by the first call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        self._mine = threading.Lock()
        self._seen: Mapping[int, Account] = {}
        """The accounts as this process knows them: those of the file, and what could not be written there."""

    def known(self) -> Mapping[int, Account]:
        """The accounts of the file, which is small; those in memory where it cannot be read."""
        with self._mine:
            self._seen = self._together()
            return self._seen

    async def change(self, work: Payment) -> tuple[bool, Mapping[int, Account]]:
        """Runs `work` in a thread, under the file's lock."""
        return await asyncio.to_thread(self._change, work)

    def _change(self, work: Payment) -> tuple[bool, Mapping[int, Account]]:
        said: bool | None = None
        with self._mine:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with FileLock(f"{self.path}.lock", timeout=_LOCK_S):
                    said = self._work(work)
                    rows = {str(day): [account.calls, account.tokens] for day, account in self._seen.items()}
                    atomic_json.write(self.path, {"days": rows})
                self.trouble = ""
            except (OSError, Timeout) as error:
                said = self._work(work) if said is None else said
                self._say(f"cannot be written ({error}); see that it can be")
            return said, self._seen

    def _work(self, work: Payment) -> bool:
        days = dict(self._together())
        said = work(days)
        self._seen = days
        return said

    def _together(self) -> Mapping[int, Account]:
        """The larger account of each day: the file's, or this process's where that could not be written."""
        days = dict(self._seen)
        for day, account in self._read().items():
            mine = days.get(day, Account())
            days[day] = Account(calls=max(account.calls, mine.calls), tokens=max(account.tokens, mine.tokens))
        return days

    def _read(self) -> Mapping[int, Account]:
        try:
            return _accounts(atomic_json.read(self.path, most_bytes=_MOST_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            self._say("cannot be read; the next call makes it anew")
            return {}

    def _say(self, what: str) -> None:
        """Once in the log; in `trouble` for as long as it holds."""
        self.trouble = f"cloud calls are counted for this server only, since {str(self.path)!r} {what}"
        _log_once(self.trouble)


def _accounts(found: Any) -> Mapping[int, Account]:
    """Raises ValueError for what is no such file."""
    match found:
        case {"days": dict(days)}:
            return {int(day): _account(row) for day, row in days.items()}
    raise ValueError("no days")


def _account(row: Any) -> Account:
    match row:
        case [int(calls), int(tokens)] if calls >= 0 and tokens >= 0:
            return Account(calls=calls, tokens=tokens)
    raise ValueError("no account")


@cache
def _log_once(trouble: str) -> None:
    _LOG.warning("%s", trouble)
