"""The rows of a suite as it measures them, one JSON line each, so that a run that was cut off goes on where it was.

The first line says with what the rows were made: a file made with anything else is never added to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError


class Rows:
    """`out` None keeps them in memory. Raises InputError for a file that was made with other settings."""

    def __init__(self, out: Path | None, suite: str, made_with: Mapping[str, Any]) -> None:
        self._file = None if out is None else out / f"{suite}.jsonl"
        self._rows: dict[str, dict[str, Any]] = {}
        self.resumed = False
        """Some of them were measured by an earlier run."""
        if self._file is None:
            return
        head = json.loads(json.dumps({"suite": suite, **made_with}))
        if self._file.exists() and self._file.stat().st_size:
            self._load(self._file, head)
        else:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._append(head)

    def get(self, key: str) -> dict[str, Any] | None:
        """The row of a position, if it was measured."""
        return self._rows.get(key)

    def put(self, key: str, row: Mapping[str, Any]) -> None:
        """Keeps a row; it is on disk when this returns."""
        self._rows[key] = dict(row)
        self._append({"key": key, "row": row})

    def _load(self, file: Path, head: Mapping[str, Any]) -> None:
        first, *lines = file.read_text(encoding="utf-8", errors="replace").split("\n")  # one may be cut off anywhere
        try:
            made = json.loads(first)
        except ValueError:
            made = {}
        differing = sorted(name for name in {*made, *head} if made.get(name) != head.get(name))
        if differing:
            raise InputError(
                f"{str(file)!r} was made with other {', '.join(differing)}; name another folder with --out"
            )
        kept = [first]
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                break  # the last one was cut off
            self._rows[found["key"]] = found["row"]
            self.resumed = True
            kept.append(line)
        file.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def _append(self, value: Mapping[str, Any]) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(value, ensure_ascii=False) + "\n")
