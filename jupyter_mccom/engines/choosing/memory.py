"""How much memory a model takes, and whether it fits: told before it is loaded, since a machine that swaps is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ...errors import EngineError

NEEDED_SHARE = 1.45
"""Memory that must be free ÷ the model's file: weights, cache and runtime. The 0.5B's process takes 1.33 while it is
loaded and 1.09 then, with a context of 1024 tokens (`bench --suite memory`); 2816 tokens take .05 more."""
_CGROUP = Path("/sys/fs/cgroup")


def limit_bytes(cgroup: Path = _CGROUP) -> int:
    """Memory that the machine has, or that its container may use."""
    import psutil

    machine = int(psutil.virtual_memory().total)
    try:
        return min(machine, int((cgroup / "memory.max").read_text(encoding="utf-8")))
    except (OSError, ValueError):  # no container, no limit (`max`), or not Linux
        return machine


def free_bytes(cgroup: Path = _CGROUP) -> int:
    """Memory that can be had now: the machine's, or what a container's limit leaves of it."""
    import psutil

    machine = int(psutil.virtual_memory().available)
    try:
        limit = int((cgroup / "memory.max").read_text(encoding="ascii"))
        used = int((cgroup / "memory.current").read_text(encoding="ascii")) - _reclaimable(cgroup)
    except (OSError, ValueError):  # no container, no limit (`max`), or not Linux
        return machine
    return min(machine, max(0, limit - used))


def _reclaimable(cgroup: Path) -> int:
    """Cached files of a container, which the system drops before it runs out; 0 where that is not told."""
    try:
        lines = (cgroup / "memory.stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("inactive_file ")), 0)


def needed_bytes(n_bytes: int) -> int:
    """Memory of a model whose weights are `n_bytes` long."""
    return int(n_bytes * NEEDED_SHARE)


def refuse_if_too_large(name: str, n_bytes: int, free: Callable[[], int] = free_bytes) -> None:
    """Raises EngineError with both figures where a model does not fit."""
    needed, there = needed_bytes(n_bytes), free()
    if needed > there:
        raise EngineError(
            f"{name} needs about {needed / 1e9:.1f} GB of memory and {there / 1e9:.1f} GB are free; close something, "
            "or set MCCom.model to a smaller one"
        )
