"""Where a server keeps what becomes of suggestions, by the settings."""

from __future__ import annotations

from pathlib import Path

from ..learning.trace_file import default_traces_dir
from ..settings import MCCom


def traces_file(settings: MCCom) -> Path:
    """Where a server keeps what becomes of suggestions."""
    folder = Path(settings.traces_dir).expanduser() if settings.traces_dir else default_traces_dir()
    return folder / "traces.sqlite3"
