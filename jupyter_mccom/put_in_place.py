"""One file in another's place, also while somebody reads that one, which Windows refuses for as long as it lasts."""

from __future__ import annotations

import os
import time
from pathlib import Path

_WINDOWS = os.name == "nt"
_PATIENCE_S = 2.0
"""A reader of our files, or a virus scanner, has one open for milliseconds."""
_AGAIN_S = 0.02


def put_in_place(source: str | Path, target: str | Path) -> None:
    """As `os.replace`; where Windows says that a file is in use, tried again for 2 seconds. Blocks. Raises OSError."""
    end_s = time.monotonic() + _PATIENCE_S
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if not _WINDOWS or time.monotonic() > end_s:
                raise
            time.sleep(_AGAIN_S)
