"""Where a llama.cpp model goes: onto the GPU where all of it fits there, else onto the processor, and why."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import EngineError, EngineMissing
from ..choosing.memory import needed_bytes

_ALL, _NONE = -1, 0
"""Values of `n_gpu_layers`."""
_GPU_TYPES = (1, 2)
"""Of enum ggml_backend_dev_type: GPU, and one that shares the machine's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The place of a model."""

    n_gpu_layers: int
    why: str = ""
    """Why a GPU that is there is not used; empty where it is, and where there is none."""

    @property
    def is_gpu(self) -> bool:
        """All layers are on the GPU."""
        return self.n_gpu_layers == _ALL


def device_for(path: str, gpu_free_bytes: int | None) -> Device:
    """The place of a file of weights; `gpu_free_bytes` None: no GPU, or the library is not built for it.

    All layers or none: a model in two places is slower than one on the processor as a rule, since each token crosses.
    """
    if gpu_free_bytes is None:
        return Device(n_gpu_layers=_NONE)
    try:
        needed = needed_bytes(Path(path).stat().st_size)
    except OSError:
        return Device(n_gpu_layers=_NONE)  # loading says what is wrong with the file
    if needed <= gpu_free_bytes:
        return Device(n_gpu_layers=_ALL)
    figures = f"the model needs about {needed / 1e9:.1f} GB, and {gpu_free_bytes / 1e9:.1f} GB of its memory are free"
    return _processor(f"{figures}; close something, or use a smaller model")


def placed(device: Device, load: Callable[[int], int]) -> tuple[Device, int]:
    """Loads on a device, and on the processor where the GPU fails; returns the place and what `load` returns.

    `load` takes the number of layers for the GPU. Raises as it does.
    """
    try:
        return device, load(device.n_gpu_layers)
    except EngineMissing:
        raise
    except EngineError as error:
        if not device.is_gpu:
            raise
        instead = _processor(str(error))
        return instead, load(instead.n_gpu_layers)


def _processor(why: str) -> Device:
    return Device(n_gpu_layers=_NONE, why=f"the GPU is not used: {why}")


def free_on_gpu(library: Any) -> int | None:
    """Free bytes of the GPU that has most of them; None without one. `library` is xllamacpp's, by ctypes."""
    get, n_devices = library.ggml_backend_dev_get, library.ggml_backend_dev_count
    kind, memory = library.ggml_backend_dev_type, library.ggml_backend_dev_memory
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    n_devices.restype, kind.restype, kind.argtypes = ctypes.c_size_t, ctypes.c_int, [ctypes.c_void_p]
    size_pointer = ctypes.POINTER(ctypes.c_size_t)
    memory.restype, memory.argtypes = None, [ctypes.c_void_p, size_pointer, size_pointer]
    found = []
    for number in range(n_devices()):
        device, free, total = get(number), ctypes.c_size_t(), ctypes.c_size_t()
        if kind(device) in _GPU_TYPES:
            memory(device, ctypes.byref(free), ctypes.byref(total))
            found.append(free.value)
    return max(found, default=None)
