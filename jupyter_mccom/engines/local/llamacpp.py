"""The process that owns a llama.cpp model through llama.h.

Where llama.h cannot be used, the server of `llama_server.py` runs in its place, and the greeting's address says so.
"""

from __future__ import annotations

import threading
import time
from typing import NoReturn

from ...errors import EngineError, EngineMissing
from ..decoding.costs import by_cost, key_of
from ..decoding.decoding import Decoder, Policy
from . import xllamacpp_server
from .child_side import fail, greet, settings
from .llama_h import LlamaH
from .model_server import Owner


def _opened(
    path: str, threads: int, context_tokens: int, costs_file: str | None, model_hash: str
) -> tuple[Decoder, Policy]:
    """Raises EngineMissing where llama.h cannot be used, EngineError when the file is no model."""
    model = LlamaH(path, threads=threads, context_tokens=context_tokens)
    if model.on_gpu:
        return model, by_cost(model, costs_file, key_of(model_hash, 0, "xllamacpp"), time.perf_counter)
    key = key_of(model_hash, threads, "xllamacpp")
    return model, by_cost(model, costs_file, key, lambda: time.process_time() / threads)


def _instead(path: str, key: str, threads: int, context_tokens: int) -> NoReturn:
    """The server of the same wheel, where llama.h cannot be used."""
    try:
        server = xllamacpp_server.start(path=path, key=key, threads=threads, context_tokens=context_tokens)
    except (RuntimeError, AttributeError) as error:
        fail(str(error))
    greet(server.listening_address)
    while True:
        threading.Event().wait()


def main() -> NoReturn:
    """Entry of the child; it ends with its parent, or with status 3 when the model could not be loaded."""
    given = dict(settings())
    key = given.pop("key")
    try:
        owner = Owner(lambda: _opened(**given), key)
    except EngineMissing:
        _instead(given["path"], key, given["threads"], given["context_tokens"])
    except EngineError as error:
        fail(str(error))
    owner.serve()


if __name__ == "__main__":
    main()
