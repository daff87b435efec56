"""The process that owns an MLX model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NoReturn

from ...errors import EngineError
from ..decoding.costs import by_cost, key_of
from ..decoding.decoding import Decoder, Policy
from .child_side import fail, settings
from .model_server import Owner


def _opened(path: str, context_tokens: int, costs_file: str | None, model_hash: str) -> tuple[Decoder, Policy]:
    """Raises as MlxModel does."""
    from .mlx_model import MlxModel

    model = MlxModel(Path(path), context_tokens=context_tokens)
    return model, by_cost(model, costs_file, key_of(model_hash, 0, "mlx"), time.perf_counter)


def main() -> NoReturn:
    """Entry of the child; it ends with its parent, or with status 3 when the model could not be loaded."""
    given = dict(settings())
    key = given.pop("key")
    try:
        owner = Owner(lambda: _opened(**given), key)
    except (EngineError, ImportError, OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        fail(str(error) or type(error).__name__)
    owner.serve()


if __name__ == "__main__":
    main()
