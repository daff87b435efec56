"""The process that owns a llama.cpp model through llama.h.

Where llama.h cannot be used, the server of `xllamacpp_server.py` runs in its place, and the greeting's address says so.
"""

from __future__ import annotations

import ctypes
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from ...errors import EngineError, EngineMissing
from ..decoding.costs import by_cost, key_of
from ..decoding.decoding import Decoder, Policy
from . import xllamacpp_server
from .child_side import fail, settings
from .llama_h import LlamaH
from .model_server import Owner

_DONTNEED = 4
"""MADV_DONTNEED: of pages that map a file unchanged, which are not lost by it."""


def _opened(
    path: str, threads: int, context_tokens: int, costs_file: str | None, model_hash: str, gpu: bool = True
) -> tuple[LlamaH, Policy]:
    """Raises EngineMissing where llama.h cannot be used, EngineError when the file is no model."""
    model = LlamaH(path, threads=threads, context_tokens=context_tokens, gpu=gpu)
    _give_back()
    _let_go_of(path)
    if model.device.is_gpu:
        return model, by_cost(model, costs_file, key_of(model_hash, 0, "xllamacpp"), time.perf_counter)
    key = key_of(model_hash, threads, "xllamacpp")
    return model, by_cost(model, costs_file, key, lambda: time.process_time() / threads)


def _give_back() -> None:
    """Returns to the system what loading has freed: 8 MB of the 0.5B's tables of tokens. glibc keeps it otherwise."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def _let_go_of(path: str) -> None:
    """Leaves the file's pages to the system; those in use come back from its cache when they are first read.

    llama.cpp keeps some weights in another order and never reads them in the file again: 28 MB of the 0.5B's.
    """
    if sys.platform != "linux":
        return
    real_path = str(Path(path).resolve())
    with suppress(OSError, AttributeError, ValueError):
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
            addresses, *_, name = line.split(maxsplit=5)
            if name == real_path:
                first, end = (int(address, 16) for address in addresses.split("-"))
                advise(first, end - first, _DONTNEED)


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
        told = {name: given[name] for name in ("path", "threads", "context_tokens", "gpu") if name in given}
        xllamacpp_server.run(**told, key=key)
    except EngineError as error:
        fail(str(error))
    owner.serve(notes[0])


if __name__ == "__main__":
    main()
