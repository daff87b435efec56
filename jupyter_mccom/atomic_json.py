"""A JSON file that a reader finds whole: the former one or the new one, never half of it."""

from __future__ import annotations

import json
import os
from pathlib import Path


def write(path: Path, value: object) -> None:
    """Replaces the file at once, and makes its folder where it is missing. Raises OSError.

    Of two processes that write at once, the later one's file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(json.dumps(value, indent=1), encoding="utf-8")
    os.replace(fresh, path)
