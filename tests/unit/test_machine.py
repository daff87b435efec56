"""What a machine can carry: memory and MLX, as tables, since most of these machines are not at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_mccom.compose.served_model import on_this_machine
from jupyter_mccom.engines.choosing.memory import free_bytes, refuse_if_too_large
from jupyter_mccom.engines.choosing.this_machine import build, check_mlx, processor
from jupyter_mccom.errors import EngineError, EngineMissing

GB = 10**9


def test_a_model_that_does_not_fit_is_refused_with_both_figures() -> None:
    """A model that does not fit is refused with what it needs and what is free."""
    with pytest.raises(EngineError, match=r"^big .*6\.8 GB .*4\.0 GB"):
        refuse_if_too_large("big", int(4.7 * GB), lambda: 4 * GB)
    refuse_if_too_large("small", GB // 2, lambda: 4 * GB)


@pytest.mark.parametrize(
    ("limit", "used", "most"),
    [("2000000000", "500000000", 1_500_000_000), ("2000000000", "2100000000", 0), ("max", "1", None), ("", "", None)],
)
def test_a_containers_limit_counts(tmp_path: Path, limit: str, used: str, most: int | None) -> None:
    """The memory limit of a container bounds what is free."""
    machine = free_bytes(tmp_path)
    assert machine > 0
    (tmp_path / "memory.max").write_text(limit)
    (tmp_path / "memory.current").write_text(used)
    found = free_bytes(tmp_path)
    assert found <= most if most is not None else found > 0


def test_what_a_container_has_of_files_in_its_cache_can_be_had(tmp_path: Path) -> None:
    """A container's cache of files counts as free."""
    (tmp_path / "memory.max").write_text("2000000000")
    (tmp_path / "memory.current").write_text("1900000000")
    (tmp_path / "memory.stat").write_text("anon 400000000\ninactive_file 1500000000\nactive_file 1\n")
    assert free_bytes(tmp_path) == 1_600_000_000


@pytest.mark.parametrize(
    ("system", "said", "name"),
    [
        ("linux", "processor\t: 0\nmodel name\t: AMD EPYC\nmodel name\t: AMD EPYC\n", "AMD EPYC"),
        ("darwin", "Apple M4\n", "Apple M4"),
    ],
)
def test_a_processor_has_its_makers_name(system: str, said: str, name: str) -> None:
    """A processor is named as its maker names it, and always somehow."""
    assert processor(system, lambda command: said) == name
    assert processor(system, lambda command: "") == processor("win32") != ""


@pytest.mark.parametrize(
    ("system", "machine", "python", "said"),
    [
        ("darwin", "arm64", (3, 12), r"-m pip install mlx-lm"),
        ("darwin", "arm64", (3, 10), r"3\.11.*3\.10"),
        ("darwin", "x86_64", (3, 12), r"Intel.*MCCom\.model"),
        ("win32", "AMD64", (3, 12), r"win32.*MCCom\.model"),
        ("linux", "x86_64", (3, 12), r"jupyter-mccom\[mlx\]"),
        ("linux", "aarch64", (3, 12), r"jupyter-mccom\[mlx\]"),
    ],
)
def test_mlx_that_is_missing_names_the_next_step(system: str, machine: str, python: tuple[int, int], said: str) -> None:
    """Missing MLX is an error with the next step for this machine."""
    with pytest.raises(EngineMissing, match=said):
        check_mlx(system, machine, python, lambda: False)
    check_mlx(system, machine, python, lambda: True)


@pytest.mark.parametrize(
    ("url", "stays"),
    [
        ("http://127.0.0.1:8012", True),
        ("http://127.8.0.1:8012", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:1234", True),
        ("http://192.168.1.7:8012", False),
        ("https://models.example.org", False),
        ("http://localhost.example.org", False),
        ("http://localhost@example.org", False),
    ],
)
def test_only_a_loopback_address_is_this_machine(url: str, stays: bool) -> None:
    """Only a loopback address is this machine."""
    assert on_this_machine(url) is stays


def test_a_wheel_for_another_device_is_another_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel of the same version with other files is another build."""
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = tmp_path / "lib-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n")
    builds = []
    for digest in ("cpu", "gpu", "gpu"):
        (folder / "RECORD").write_text(f"lib/lib.so,sha256={digest},5\n")
        builds.append(build("lib"))
    assert builds[0] != builds[1] == builds[2]
    assert all(found.startswith("1.0 ") for found in builds)
    assert build("not-installed") == ""
