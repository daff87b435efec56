"""Which machines MLX runs on, and what to do where it is not there: a few lines at the edge, tested as a table."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from importlib.util import find_spec

from ..errors import EngineMissing


def _installed() -> bool:
    return find_spec("mlx_lm") is not None and find_spec("mlx") is not None


def check_mlx(
    system: str = sys.platform,
    machine: str = platform.machine(),
    python: tuple[int, int] = sys.version_info[:2],
    installed: Callable[[], bool] = _installed,
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
