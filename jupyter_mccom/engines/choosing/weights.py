"""Which form of weights a machine takes: MLX on Apple Silicon, llama.cpp's file elsewhere. A pure table.

Knows nothing of the catalogue and of files.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ...errors import EngineMissing
from .this_machine import check_mlx, mlx_is_installed

Wish: TypeAlias = Literal["auto", "mlx", "llamacpp"]
"""The setting `engine`."""
Form: TypeAlias = Literal["gguf", "mlx"]
_MLX_ENDING = "-mlx"
_INSTEAD = "llama.cpp is used instead of MLX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides of a machine."""

    system: str
    """As `sys.platform` tells."""
    machine: str
    """As `platform.machine` tells."""
    python: tuple[int, int]
    mlx: bool
    """MLX is installed."""

    @property
    def apple_silicon(self) -> bool:
        """A Mac on which MLX is at home."""
        return (self.system, self.machine) == ("darwin", "arm64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a machine takes."""

    form: Form
    why: str = ""
    """Why it is not MLX where that was to be expected, with the next step."""


def facts() -> Facts:
    """The facts about this machine."""
    return Facts(system=sys.platform, machine=platform.machine(), python=sys.version_info[:2], mlx=mlx_is_installed())


def taken(wish: Wish, of: Facts) -> Taken:
    """The form that a machine takes: MLX on Apple Silicon or where it is wished, if it is installed."""
    if wish == "llamacpp" or (wish == "auto" and not of.apple_silicon):
        return Taken(form="gguf")
    try:
        check_mlx(of.system, of.machine, of.python, lambda: of.mlx)
    except EngineMissing as error:
        return Taken(form="gguf", why=f"{_INSTEAD}: {error}")
    return Taken(form="mlx")


class WeightsTaken:
    """What this machine takes by the setting `engine`, until MLX turns out not to work. See `models.forms.Takes`."""

    def __init__(self, wish: Wish, of: Callable[[], Facts] = facts) -> None:
        self._wish = wish
        self._facts = of
        self._trouble = ""

    def weights_of(self, model_id: str) -> Form:
        """The form of the weights that an id means; one that ends with `-mlx` wishes for MLX."""
        return self._of(model_id).form

    def why_of(self, model_id: str) -> str:
        """Why llama.cpp runs a model although MLX was to be expected; empty where it was not."""
        return self._of(model_id).why

    def failed(self, reason: str) -> None:
        """MLX could not be loaded, or its folder not be had: llama.cpp is used until the settings change."""
        self._trouble = reason

    def try_again(self) -> None:
        """MLX may work by now."""
        self._trouble = ""

    def _of(self, model_id: str) -> Taken:
        found = taken("mlx" if model_id.endswith(_MLX_ENDING) else self._wish, self._facts())
        if found.form == "mlx" and self._trouble:
            return Taken(form="gguf", why=f"{_INSTEAD}: {self._trouble}")
        return found
