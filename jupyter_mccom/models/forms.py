"""The forms that a family's weights have, and in which of them a machine takes them.

Which one that is, others decide: this module knows nothing of machines or engines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from .catalog import MLX_ENDING, Model, Weights


class Takes(Protocol):
    """In which form this machine takes weights."""

    def weights_of(self, model_id: str) -> Weights:
        """The form of the weights that an id means: a family's, or with `-mlx` its MLX folder where MLX runs."""

    def why_of(self, model_id: str) -> str:
        """Why llama.cpp runs a model although MLX was to be expected; empty where it was not."""

    def failed(self, reason: str) -> None:
        """MLX could not be loaded, or its folder not be had: llama.cpp is used until MLX is tried again."""

    def try_again(self) -> None:
        """MLX may work by now."""


class OnlyFiles:
    """A machine that takes what an id says: a family's GGUF file, or its MLX folder."""

    def weights_of(self, model_id: str) -> Weights:
        """MLX only where the id says so."""
        return "mlx" if model_id.endswith(MLX_ENDING) else "gguf"

    def why_of(self, model_id: str) -> str:
        """Nothing was expected."""
        return ""

    def failed(self, reason: str) -> None:
        """Changes nothing: nobody expected MLX."""

    def try_again(self) -> None:
        """Changes nothing, as `failed`."""


def forms_of(
    model_id: str, takes: Weights, catalogue: Callable[[str], Model | None], *, every: bool = False
) -> tuple[Model, ...]:
    """The forms of the weights that an id may mean, the best one first; none of an id that the catalogue lacks.

    Where MLX is taken its folder comes first and the GGUF file may stand in for it. `every`: all that it names.
    """
    family = model_id.removesuffix(MLX_ENDING)
    file, folder = catalogue(family), catalogue(family + MLX_ENDING)
    if every:
        named = (catalogue(model_id),) if model_id != family else (file, folder)
        return tuple(model for model in named if model is not None)
    wanted = (folder, file) if takes == "mlx" else (file,)
    return tuple(model for model in wanted if model is not None)
