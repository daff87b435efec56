"""The conditions of a measurement: processor, Python, wheels, models, settings and commit.

Knows nothing of what was measured.
"""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ...compose import open_store
from ...settings import MCCom
from .bench import last_part

_WHEELS = ("jupyter-mccom", "xllamacpp", "rank-bm25", "parso", "httpx", "jupyter-server", "jupyterlab")
_PLACES = frozenset(("bind", "dir", "env", "file", "key", "path", "paths", "root"))
"""Words in the names of settings that say where something lies: a folder, a file, a key or its variable."""


def machine() -> dict[str, Any]:
    """Processor, memory, system, Python and wheels; the load when it was asked, since others may use the machine."""
    import psutil

    return {
        "cpu": _cpu(),
        "cores": psutil.cpu_count(logical=False),
        "threads": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "load_1_5_15_min": [round(load, 1) for load in psutil.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "wheels": {name: found for name in _WHEELS if (found := _version(name))},
        "commit": commit(),
    }


def decisive(found: Mapping[str, Any]) -> dict[str, Any]:
    """The part of `machine()` that changes figures: those of one machine are not put beside those of another."""
    return {name: found.get(name) for name in ("commit", "cpu", "cores", "python", "wheels")}


def given_settings(settings: MCCom) -> dict[str, Any]:
    """The settings that differ from their default."""
    names = sorted(settings.trait_names(config=True))
    values = {name: (getattr(settings, name), settings.trait_defaults(name)) for name in names}
    return {name: value for name, (value, default) in values.items() if value != default}


def changed_settings(settings: MCCom) -> dict[str, Any]:
    """The settings that differ from their default, without those that name a place; a model's path by its last part."""
    return {name: last_part(value) for name, value in given_settings(settings).items() if not names_a_place(name)}


def names_a_place(setting: str) -> bool:
    """A setting of that name is a path or says where a key is: it stands in no result, since results are passed on."""
    return not _PLACES.isdisjoint(setting.split("_"))


def prompted(settings: MCCom, models: Iterable[str]) -> dict[str, dict[str, str]]:
    """What each model of the catalogue is and in which order it reads a prompt; of one's own file its name."""
    store = open_store(settings)
    entries = {model: store.entry(model) for model in models}
    return {last_part(model): {"sha256": entry.sha256, "layout": entry.layout} for model, entry in entries.items()}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def commit() -> str:
    """The last one that changed the package, `+` where files of it were changed since; empty outside a checkout."""
    try:
        found, changed = _git("log", "-1", "--format=%h", "--abbrev=12"), _git("status", "--porcelain")
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{found}+" if changed else found


def _git(*asked: str) -> str:
    package, command = Path(__file__).parents[2], ["git", *asked, "--", "."]
    done = subprocess.run(command, cwd=package, capture_output=True, encoding="utf-8", check=True)
    return done.stdout.strip()
