"""A child process's side of `child.py`: settings come in by stdin, one line goes out, its parent's end is its own.

Knows nothing of models.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import Any, NoReturn

_NOT_LOADED = 3
"""Exit status of a child whose model could not be loaded."""


def settings() -> Mapping[str, Any]:
    """The line of settings, so that the key is in no process list. From now on the process ends with its parent."""
    found: Mapping[str, Any] = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    return found


def greet(address: str, note: str = "") -> None:
    """Tells the parent where the child listens, and what a person should know of how the model runs."""
    _say({"address": address, "note": note})


def fail(reason: str) -> NoReturn:
    """Tells the parent why there is no model, and ends the process."""
    _say({"error": reason})
    os._exit(_NOT_LOADED)


def _say(line: Mapping[str, str]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)
