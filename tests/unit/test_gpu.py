"""GPUs by tables, since none is at hand: what is found, which build it needs, and where a model then goes."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jupyter_mccom.compose import model_process, open_cascade
from jupyter_mccom.engines.choosing.gpu import Gpu, GpuBuild, advice, find_gpu, wheel_index
from jupyter_mccom.engines.local import llama_h
from jupyter_mccom.engines.local.device import Device, device_for, free_on_gpu, placed
from jupyter_mccom.engines.local.llama_h import LlamaH
from jupyter_mccom.errors import EngineError, EngineMissing
from jupyter_mccom.models.store import Store
from jupyter_mccom.server.status import lines_of, status_of
from jupyter_mccom.settings import MCCom
from tests.conftest import SMALL

GB = 10**9
SMI = "NVIDIA-SMI version  : 575.57\nDRIVER version      : 575.57\nCUDA Version        : {}\n"


def _nvidia(cuda: str, compute: str) -> Callable[[Sequence[str]], str]:
    def ask(command: Sequence[str]) -> str:
        assert command[0] == "nvidia-smi"
        return SMI.format(cuda) if "--version" in command else f"{compute}\n{compute}\n"

    return ask


def _displays(names: str) -> Callable[[Sequence[str]], str]:
    return lambda command: names if command[0] == "powershell" else ""


MACHINES = {
    "RTX 3060, CUDA 12.8": ("linux", "2.36", _nvidia("12.8", "8.6"), "cu128"),
    "H200, CUDA 12.9": ("linux", "2.39", _nvidia("12.9", "9.0"), "cu128"),
    "GTX 1080, CUDA 13.2": ("linux", "2.39", _nvidia("13.2", "6.1"), "cu128"),
    "RTX 5090, CUDA 13.2": ("linux", "2.39", _nvidia("13.2", "12.0"), "cu128"),
    "GB10, CUDA 13.2": ("linux", "2.39", _nvidia("13.2", "12.1"), "cu132"),
    "GB10, CUDA 13.0": ("linux", "2.39", _nvidia("13.0", "12.1"), "cu128"),
    "an old driver, CUDA 12.2": ("linux", "2.36", _nvidia("12.2", "7.5"), "vulkan"),
    "Windows, RTX 4070": ("win32", "", _nvidia("12.8", "8.9"), "cu128"),
    "Windows, Radeon": ("win32", "", _displays("AMD Radeon RX 7900 XT\n"), "vulkan"),
    "an old Linux": ("linux", "2.31", _nvidia("12.8", "8.6"), ""),
}


@pytest.mark.parametrize(("system", "glibc", "ask", "index"), MACHINES.values(), ids=MACHINES)
def test_a_gpu_has_its_index(
    system: str, glibc: str, ask: Callable[[Sequence[str]], str], index: str, tmp_path: Path
) -> None:
    """A GPU, its driver and its system decide which of xllamacpp's builds is named, in one command."""
    gpu = find_gpu(system, ask, tmp_path, glibc)
    assert gpu is not None
    assert wheel_index(gpu) == index
    said = advice(gpu, "2026.10.11549")
    command = f"-m pip install xllamacpp==2026.10.11549 --force-reinstall --no-deps --index-url https://xorbitsai.github.io/xllamacpp/whl/{index};"
    assert (command in said) is bool(index)
    assert index or "glibc 2.35, and this is 2.31" in said


@pytest.mark.parametrize(
    ("rocm", "index"), [("7.2.4-81\n", "rocm-7.2.4"), ("6.4.1", "rocm-6.4.1"), ("5.7.0", "vulkan"), (None, "vulkan")]
)
def test_an_amd_gpu_of_linux(rocm: str | None, index: str, tmp_path: Path) -> None:
    """An AMD GPU of Linux takes the ROCm that is installed, or Vulkan."""
    for path, text in (
        ("sys/class/drm/card1/device/vendor", "0x1002\n"),
        ("dev/kfd", ""),
        ("opt/rocm/.info/version", rocm),
    ):
        if text is not None:
            (tmp_path / path).parent.mkdir(parents=True)
            (tmp_path / path).write_text(text)
    gpu = find_gpu("linux", lambda command: "", tmp_path, "2.39")
    assert gpu is not None
    assert (gpu.maker, wheel_index(gpu)) == ("amd", index)


@pytest.mark.parametrize(
    ("system", "ask"),
    [
        ("linux", lambda command: ""),
        ("linux", lambda command: "No devices were found\n"),
        ("win32", _displays("Intel(R) UHD Graphics\nAMD Radeon(TM) Graphics\n")),
        ("darwin", _nvidia("12.8", "8.6")),
    ],
)
def test_no_gpu_is_none(system: str, ask: Callable[[Sequence[str]], str], tmp_path: Path) -> None:
    """Without a GPU, with one that llama.cpp does not know, and on a Mac nothing is found."""
    assert find_gpu(system, ask, tmp_path, "2.36") is None


RTX = Gpu(maker="nvidia", system="linux", driver=(12, 8), compute=(8, 6), glibc=(2, 36))


@pytest.mark.parametrize(
    ("found", "sees_one", "missing"), [(RTX, False, True), (RTX, True, False), (None, False, False)]
)
def test_only_a_missing_build_is_told(found: Gpu | None, sees_one: bool, missing: bool) -> None:
    """The command is told only where a GPU is here and the installed build sees none."""
    build = GpuBuild(lambda: found, lambda: sees_one)
    build.wait()
    assert ("--index-url" in build.words) is missing
    assert build.found == found


def test_status_and_panel_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The status, whose `engine_why` the panel shows, names the command, for `auto` and for a model that is set."""
    build = GpuBuild(lambda: RTX, lambda: False)
    build.wait()
    monkeypatch.setattr(model_process, "GPU_BUILD", build)
    for model in ("auto", SMALL):
        opened = open_cascade(MCCom(models_dir=str(tmp_path), model=model, engine="llamacpp"))
        assert status_of(opened)["engine_why"] == build.words
        assert build.words in lines_of(status_of(opened))


@pytest.mark.parametrize(
    ("n_bytes", "free", "device"),
    [
        (GB, None, Device(n_gpu_layers=0)),
        (GB, 8 * GB, Device(n_gpu_layers=-1)),
        (GB, GB, "the GPU is not used: the model needs about 1.4 GB, and 1.0 GB of its memory are free"),
    ],
)
def test_a_model_goes_where_it_fits(n_bytes: int, free: int | None, device: Device | str, tmp_path: Path) -> None:
    """A model goes onto the GPU where all of it fits there, else onto the processor, with both figures."""
    path = tmp_path / "model.gguf"
    with path.open("wb") as file:
        file.truncate(n_bytes)
    found = device_for(str(path), free)
    if isinstance(device, Device):
        assert found == device
    else:
        assert not found.is_gpu
        assert device in found.why


@dataclass
class Loads:
    """What loads a model, and fails for some numbers of layers."""

    fails: dict[int, EngineError]
    asked: list[int] = field(default_factory=list)

    def __call__(self, n_gpu_layers: int) -> int:
        self.asked.append(n_gpu_layers)
        if n_gpu_layers in self.fails:
            raise self.fails[n_gpu_layers]
        return 1


def test_a_gpu_that_fails_is_left() -> None:
    """Where the GPU fails, the processor is used and the reason is kept; what fails there too is raised."""
    gpu = Device(n_gpu_layers=-1)
    loads = Loads({-1: EngineError("no memory for a context")})
    device, _ = placed(gpu, loads)
    assert (device.n_gpu_layers, loads.asked) == (0, [-1, 0])
    assert device.why == "the GPU is not used: no memory for a context"
    with pytest.raises(EngineError, match="no model"):
        placed(gpu, Loads({-1: EngineError("no memory"), 0: EngineError("no model")}))
    with pytest.raises(EngineMissing):
        placed(gpu, Loads({-1: EngineMissing("another version")}))


async def test_a_gpu_that_ends_the_process_is_left(models: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process dies while it loads onto the GPU, the processor is used until a restart, and that is told."""
    build = GpuBuild(lambda: RTX, lambda: True)
    monkeypatch.setattr(model_process, "GPU_BUILD", build)
    monkeypatch.setattr(model_process, "_LLAMA_DIRECT", "tests.unit.gpu_child")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    opened = open_cascade(MCCom(model=SMALL, engine="llamacpp"))
    await opened.local.warm()
    assert opened.host is not None
    assert opened.host.pid is not None
    assert "the GPU is not used: the model's process ended while loading" in opened.local.why_no_gpu
    await opened.local.restart()
    assert (opened.local.why_no_gpu, opened.host.state) == ("", "asleep")
    monkeypatch.setenv("MCCOM_TEST_GPU", "works")
    await opened.local.warm()
    assert (opened.local.why_no_gpu, opened.host.state) == ("", "ready")
    await opened.aclose()


def test_this_library_sees_no_gpu() -> None:
    """The wheel for processors sees no GPU, by the functions that would tell of one."""
    library: ctypes.CDLL = llama_h._library()
    assert free_on_gpu(library) is None


def test_a_gpu_that_is_too_small_is_told(models: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a GPU that is too small or fails, a real model runs on the processor."""
    path = str(models.locate(SMALL))
    for free, layers in ((1, 0), (8 * GB, -1)):
        monkeypatch.setattr(llama_h, "free_on_gpu", lambda library, free=free: free)
        model = LlamaH(path, threads=1, context_tokens=256)
        assert model.device.n_gpu_layers == layers
        assert bool(model.device.why) is (layers == 0)
