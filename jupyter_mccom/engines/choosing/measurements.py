"""What was measured on this machine with these versions, kept in a file so that it is measured once.

A home folder may be shared by machines: each has its own entry, and new versions or other hardware begin a new one.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ... import atomic_json
from .model_choice import Figures
from .this_machine import build, processor

_PACKAGES = ("jupyter-mccom", "xllamacpp", "mlx", "mlx-lm")
_KEPT = 16
"""Machines; the one that was measured longest ago goes first."""


class Measurements:
    """Blocking. A file that cannot be read or written is as good as none: the next start measures again.

    `of` tells what the figures depend on, as `machine` does.
    """

    def __init__(self, path: Path, *, of: Mapping[str, object]) -> None:
        self._path = path
        self._machine = json.dumps(of, sort_keys=True)

    def load(self) -> dict[str, Figures]:
        """Figures of each model that was measured here."""
        found = self._all().get(self._machine, {})
        return {name: Figures(**figures) for name, figures in found.items()}

    def save(self, figures: Mapping[str, Figures]) -> None:
        """Writes the figures to the file, for the next start."""
        others = {key: value for key, value in self._all().items() if key != self._machine}
        kept = dict(list(others.items())[-(_KEPT - 1) :])
        kept[self._machine] = {name: asdict(one) for name, one in figures.items()}
        with suppress(OSError):
            atomic_json.write(self._path, kept)

    def _all(self) -> dict[str, dict[str, dict[str, float]]]:
        try:
            found: Any = atomic_json.read(self._path)
            for figures in found.values():
                for one in figures.values():
                    Figures(**one)
        except (OSError, ValueError, TypeError, AttributeError):
            return {}
        kept: dict[str, dict[str, dict[str, float]]] = found
        return kept


def machine(threads: int) -> dict[str, object]:
    """What the figures depend on."""
    import psutil

    return {
        "system": platform.system(),
        "processor": processor(),
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "threads": threads,
        "versions": {name: found for name in _PACKAGES if (found := build(name))},
    }
