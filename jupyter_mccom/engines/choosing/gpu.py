"""The GPU of this machine, and the command that installs xllamacpp's build for it where that is missing. Tables.

Indexes, and what a system must have for their wheels, are those of xllamacpp's README (section Installation). Apple's
GPUs need none: the ordinary wheel has Metal. Knows nothing of models.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Thread
from typing import Literal, TypeAlias

from .this_machine import said

Maker: TypeAlias = Literal["nvidia", "amd"]
_NAMES: Mapping[Maker, str] = {"nvidia": "NVIDIA", "amd": "AMD"}
_INDEX = "https://xorbitsai.github.io/xllamacpp/whl/"
_DOCUMENTATION = "https://github.com/xorbitsai/xllamacpp#installation"
_GLIBC = (2, 35)
"""Of Linux, for the CUDA and ROCm wheels."""
_NEWEST_ONLY = (12, 1)
"""Compute capability that only the newer CUDA wheel has; the older wheel has all others, from Maxwell on."""
_AMD_VENDOR = "0x1002"
_DRIVER = ("nvidia-smi", "--version")
_DEVICES = ("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader")
_DISPLAYS = ("powershell", "-NoProfile", "-Command", "(Get-CimInstance Win32_VideoController).Name")
_PART_OF_A_CPU = "Graphics"
"""How the name of a GPU ends that shares a processor's chip, such as `AMD Radeon(TM) Graphics`: no gain to promise."""
_BUILT_FOR = "import xllamacpp as x; print(any(int(d['type']) in (1, 2) for d in x.get_device_info()))"
"""Prints whether the installed wheel sees a device of type GPU or IGPU. In a process of its own: a driver may crash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """A GPU that llama.cpp could use, and what its driver and system allow."""

    maker: Maker
    system: str
    """As `sys.platform` tells."""
    driver: tuple[int, int] = (0, 0)
    """Newest CUDA that the driver knows, or the ROCm that is installed; zeros where neither is known."""
    compute: tuple[int, int] = (0, 0)
    """NVIDIA's compute capability; zeros where it is not known."""
    glibc: tuple[int, int] = (0, 0)
    """Of Linux; zeros elsewhere."""


def wheel_index(gpu: Gpu) -> str:
    """The name of xllamacpp's index with wheels for a GPU; empty where none of them can run."""
    if gpu.system == "linux" and gpu.glibc < _GLIBC:
        return ""
    if gpu.maker == "nvidia":
        if gpu.driver < (12, 8):
            return "vulkan"
        return "cu132" if gpu.compute >= _NEWEST_ONLY and gpu.driver >= (13, 2) else "cu128"
    if gpu.system != "linux" or gpu.driver < (6, 4):
        return "vulkan"  # ROCm wheels are for Linux
    return "rocm-7.2.4" if gpu.driver >= (7, 0) else "rocm-6.4.1"


def advice(gpu: Gpu, installed: str) -> str:
    """The sentence that names the one command. `installed` is the version of xllamacpp; empty: none is."""
    there = f"an {_NAMES[gpu.maker]} GPU is here, and the installed xllamacpp is not built for it"
    index = wheel_index(gpu)
    if not index:
        glibc = ".".join(map(str, gpu.glibc))
        return f"{there}; its builds for GPUs need glibc 2.35, and this is {glibc}: see {_DOCUMENTATION}"
    pinned = f"xllamacpp=={installed}" if installed else "xllamacpp"
    command = f"{sys.executable} -m pip install {pinned} --force-reinstall --no-deps --index-url {_INDEX}{index}"
    return f"{there}; to use it, run: {command}; then restart Jupyter"


def find_gpu(
    system: str = sys.platform,
    ask: Callable[[Sequence[str]], str] = said,
    root: Path = Path("/"),
    glibc: str = platform.libc_ver()[1],
) -> Gpu | None:
    """The GPU that llama.cpp would use; None where there is none or it is Apple's. Blocks. `ask` runs a command."""
    if system not in ("linux", "win32"):
        return None
    libc = _numbers(glibc) if system == "linux" else (0, 0)
    compute = re.match(r"\s*(\d+)\.(\d+)", ask(_DEVICES))
    if compute is not None:
        cuda = re.search(r"CUDA (?:\w+ )?Version\s*:\s*([\d.]+)", ask(_DRIVER))
        driver = _numbers(cuda[1]) if cuda else (0, 0)
        return Gpu(maker="nvidia", system=system, driver=driver, compute=_numbers(compute[0]), glibc=libc)
    if system == "win32":
        cards = [name.strip() for name in ask(_DISPLAYS).splitlines() if re.search(r"\bAMD\b|\bRadeon\b", name)]
        return Gpu(maker="amd", system=system) if any(not name.endswith(_PART_OF_A_CPU) for name in cards) else None
    vendors = root.glob("sys/class/drm/card[0-9]*/device/vendor")
    if not (root / "dev" / "kfd").exists() or all(_read(path) != _AMD_VENDOR for path in vendors):
        return None
    return Gpu(maker="amd", system=system, driver=_numbers(_read(root / "opt/rocm/.info/version")), glibc=libc)


class GpuBuild:
    """Whether this machine's GPU is used, asked once in a thread of its own, since drivers take their time."""

    def __init__(
        self,
        find: Callable[[], Gpu | None] = find_gpu,
        sees_one: Callable[[], bool] = lambda: said((sys.executable, "-c", _BUILT_FOR)).strip() != "False",
    ) -> None:
        self._find = find
        self._sees_one = sees_one
        self._thread: Thread | None = None
        self.found: Gpu | None = None
        """None until the thread has found one."""
        self.words = ""
        """The advice; empty where nothing is missing, and until that is known."""

    def look(self) -> None:
        """Begins to look, if that has not been done."""
        if self._thread is None:
            self._thread = Thread(target=self._look, name="mccom gpu", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """Blocks until it is known."""
        self.look()
        assert self._thread is not None
        self._thread.join()

    def _look(self) -> None:
        found = self._find()
        if found is not None and not self._sees_one():
            self.words = advice(found, _installed())
        self.found = found


GPU_BUILD = GpuBuild()
"""That of this process: a wheel that is installed later is used after a restart."""


def _installed() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return ""


def _numbers(text: str) -> tuple[int, int]:
    found = re.match(r"\s*(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2] or 0)) if found else (0, 0)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
