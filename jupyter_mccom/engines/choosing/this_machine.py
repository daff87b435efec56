"""What this machine is: its processor, libraries, whether MLX runs. A few lines at the edge, tested as tables."""

from __future__ import annotations

import platform
import subprocess
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec

from ...errors import EngineMissing

_SAID_S = 20.0
"""A busy machine starts a driver's command slowly."""
_NAMES: Mapping[str, tuple[str, ...]] = {
    "linux": ("cat", "/proc/cpuinfo"),
    "darwin": ("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"),
}
"""Commands that print the processor's name; elsewhere Python knows it."""


def processor(system: str = sys.platform, ask: Callable[[Sequence[str]], str] | None = None) -> str:
    """The name of the processor, such as `Apple M4`. `ask` runs a command."""
    told = (ask or said)(_NAMES[system]) if system in _NAMES else ""
    names = [line.partition(":")[2].strip() for line in told.splitlines() if line.startswith("model name")]
    if system == "darwin":
        names = [told.strip()] if told.strip() else []
    return names[0] if names else f"{platform.machine()} {platform.processor()}"


def build(library: str) -> str:
    """The version of a package and which build of it; a wheel for a GPU has the same version. Empty: not installed."""
    try:
        found = distribution(library)
    except PackageNotFoundError:
        return ""
    return f"{found.version} {zlib.crc32((found.read_text('RECORD') or '').encode()):08x}"


def said(command: Sequence[str]) -> str:
    """What a command prints; empty where it is missing, fails or takes too long."""
    try:
        return subprocess.run(command, capture_output=True, check=True, timeout=_SAID_S).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError):
        return ""


def mlx_is_installed() -> bool:
    """MLX and the library that loads its models are here; neither is imported."""
    return find_spec("mlx_lm") is not None and find_spec("mlx") is not None


def check_mlx(
    system: str = sys.platform,
    machine: str = platform.machine(),
    python: tuple[int, int] = sys.version_info[:2],
    installed: Callable[[], bool] = mlx_is_installed,
) -> None:
    """Raises EngineMissing with the next step where MLX cannot run or is not installed."""
    if installed():
        return
    if system == "darwin" and machine != "arm64":
        raise EngineMissing("MLX needs Apple Silicon and this is an Intel Mac; set MCCom.model to a GGUF model")
    if system not in ("darwin", "linux"):
        raise EngineMissing(f"MLX is not supported on {system}; set MCCom.model to a GGUF model")
    if python < (3, 11):
        raise EngineMissing(
            f"mlx-lm needs Python 3.11 and this is {python[0]}.{python[1]}; use a newer one or a GGUF model"
        )
    if system == "darwin":
        raise EngineMissing(f"mlx-lm is not installed; run: {sys.executable} -m pip install mlx-lm")
    raise EngineMissing(
        f'MLX is not installed; run: {sys.executable} -m pip install "jupyter-mccom[mlx]" (slow here: MLX is made for '
        "Apple Silicon), or set MCCom.model to a GGUF model"
    )
