"""Paths of documents that people edit together: jupyter-collaboration before its release 4 put `RTC:` before them."""

from __future__ import annotations

_DRIVE = "RTC:"


def below_root(path: str) -> str:
    """The path of the same document below the root of the server."""
    return path.removeprefix(_DRIVE)
