"""A JSON file that a reader finds whole: the former one or the new one, never half of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .put_in_place import put_in_place
from .regular_file import open_regular

_MOST_BYTES = 16 << 20


def write(path: Path, value: object, *, private: bool = False) -> None:
    """Replaces the file at once, and makes its folder where it is missing. `private`: only its owner can read both.

    Of two processes that write at once, the later one's file stays. Raises OSError.
    """
    path.parent.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666))
        fresh.write_text(json.dumps(value, indent=1), encoding="utf-8")
        put_in_place(fresh, path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def read(path: Path, *, most_bytes: int = _MOST_BYTES) -> Any:
    """What the file holds.

    Raises OSError where it cannot be read or is no regular file, ValueError where it is no JSON, too large or nested
    too deeply.
    """
    with open_regular(path) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"more than {most_bytes} bytes")
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
