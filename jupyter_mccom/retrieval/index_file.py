"""One value in one file that is either whole and right or not there: JSON, compressed, with a checksum.

It is a cache: what cannot be read is None, never an error. Nothing in it can run. Knows nothing of what it holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import RetrievalError
from ..put_in_place import put_in_place
from ..regular_file import open_regular

_MAGIC = b"mccom-index"
_LEVEL = 1
"""Level of zlib: higher ones take three times as long to save a tenth of the bytes."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write(path: Path, version: int, value: object) -> None:
    """Replaces the file at once, readable by its owner alone. Raises RetrievalError when the folder does not let it."""
    payload = zlib.compress(json.dumps(value, separators=(",", ":")).encode("ascii"), _LEVEL)
    fresh = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, fresh = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".new")  # mode 0600
        with os.fdopen(descriptor, "wb") as file:
            file.write(_header(version, payload) + payload)
        put_in_place(fresh, path)
    except OSError as error:
        if fresh:
            with suppress(OSError):
                os.unlink(fresh)
        raise RetrievalError(f"the project's index cannot be saved ({error}); check or empty {path.parent}") from error


def read(path: Path, version: int) -> Any:
    """The value; None when there is no such file, it is damaged, of another version, or open to other users."""
    try:
        with open_regular(path) as file:
            if os.name == "posix":
                status = os.fstat(file.fileno())
                if status.st_uid != os.geteuid() or status.st_mode & _OTHERS:
                    return None
            head, _, payload = file.read().partition(b"\n")
        if head + b"\n" != _header(version, payload):
            return None
        return json.loads(zlib.decompress(payload))
    except (OSError, ValueError, zlib.error, RecursionError):
        return None


def _header(version: int, payload: bytes) -> bytes:
    return b"%s %d %s\n" % (_MAGIC, version, hashlib.sha256(payload).hexdigest().encode())
