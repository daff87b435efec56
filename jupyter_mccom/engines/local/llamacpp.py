"""The process that owns a llama.cpp model through llama.h.

Where llama.h cannot be used, the server of `xllamacpp_server.py` runs in its place, and the greeting's address says so.
"""

from __future__ import annotations

import ctypes
import sys
import time
from contextlib import suppress
from typing import NoReturn

from ...errors import EngineError, EngineMissing
from ..decoding.costs import by_cost, key_of
from ..decoding.decoding import Decoder, Policy
from . import xllamacpp_server
from .child_side import fail, settings
from .llama_h import LlamaH
from .model_server import Owner


def _opened(
    path: str, threads: int, context_tokens: int, costs_file: str | None, model_hash: str, gpu: bool
) -> tuple[LlamaH, Policy]:
    """Raises EngineMissing where llama.h cannot be used, EngineError when the file is no model."""
    model = LlamaH(path, threads=threads, context_tokens=context_tokens, gpu=gpu)
    _give_back()
    if model.device.is_gpu:
        return model, by_cost(model, costs_file, key_of(model_hash, 0, "xllamacpp"), time.perf_counter)
    key = key_of(model_hash, threads, "xllamacpp")
    return model, by_cost(model, costs_file, key, lambda: time.process_time() / threads)


def _give_back() -> None:
    """Returns to the system what loading has freed: 8 MB of the 0.5B's tables of tokens. glibc keeps it otherwise."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def main() -> NoReturn:
    """Entry of the child; it ends with its parent, or with status 3 when the model could not be loaded."""
    given = dict(settings())
    key = given.pop("key")
    notes: list[str] = []

    def opened() -> tuple[Decoder, Policy]:
        model, policy = _opened(**given)
        notes.append(model.device.why)
        return model, policy

    try:
        owner = Owner(opened, key)
    except EngineMissing:
        xllamacpp_server.run(**{name: given[name] for name in ("path", "threads", "context_tokens", "gpu")}, key=key)
    except EngineError as error:
        fail(str(error))
    owner.serve(notes[0])


if __name__ == "__main__":
    main()
