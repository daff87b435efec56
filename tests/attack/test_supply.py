"""What a hub and an index may send in a model's place: refused each time, and the right one is taken after it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models.package_index import PIP
from tests.attack.figures import Figures
from tests.unit.model_sources import BODY, build_wheels, counting_pip, serving, store_of, tiny, wheel_path

BOMB, BOMB_BYTES = "a bomb as METADATA", 3 << 30


def _other_bytes(folder: Path) -> Path:
    return build_wheels(folder / "index", body=BODY[:-1] + b"x")


def _no_wheel(folder: Path) -> Path:
    index = build_wheels(folder / "index")
    wheel_path(index, 1).write_bytes(b"no zip at all")
    return index


def _without_its_member(folder: Path) -> Path:
    index = build_wheels(folder / "index")
    with zipfile.ZipFile(wheel_path(index, 2), "w") as wheel:
        wheel.writestr("tiny_part2-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-part2\nVersion: 1.0\n")
        wheel.writestr("tiny_part2-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
    return index


def _source_only(folder: Path) -> Path:
    index = folder / "index"
    index.mkdir()
    (index / "tiny-part1-1.0.tar.gz").write_bytes(b"setup.py would run here")
    return index


def _a_bomb(folder: Path) -> Path:
    """A description of 3 GB in a wheel of 3 MB."""
    index = build_wheels(folder / "index")
    with zipfile.ZipFile(wheel_path(index, 1), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
        with wheel.open("tiny_part1-1.0.dist-info/METADATA", "w", force_zip64=True) as metadata:
            metadata.write(b"Metadata-Version: 2.1\nName: tiny-part1\nVersion: 1.0\n\n")
            for _ in range(BOMB_BYTES >> 24):
                metadata.write(bytes(1 << 24))
        wheel.writestr(
            "tiny_part1-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
    return index


ATTACKS: dict[str, Callable[[Path], Path]] = {
    "other bytes of the right size": _other_bytes,
    "no wheel": _no_wheel,
    "a wheel without its member": _without_its_member,
    "a source distribution only": _source_only,
    BOMB: _a_bomb,
}
KINDS = [kind for kind in ATTACKS if kind != BOMB]


@pytest.mark.parametrize("kind", [*KINDS, pytest.param(BOMB, marks=pytest.mark.long)])
def test_an_index_that_sends_something_else(kind: str, tmp_path: Path, figures: Figures) -> None:
    """What is not the model is refused by the real pip and by its hash, and does not stop the next pull."""
    index = ATTACKS[kind](tmp_path)
    with pytest.raises(ModelError) as refused:
        store_of(tmp_path / "models", tiny(hub=False), index=index, pip=PIP).pull("tiny", progress=lambda n, of: None)
    assert "\n" not in str(refused.value)
    pip, _ = counting_pip(tmp_path)
    right = build_wheels(tmp_path / "right")
    found = store_of(tmp_path / "models", tiny(hub=False), index=right, pip=pip)
    taken = found.pull("tiny", progress=lambda n, of: None).read_bytes() == BODY
    figures.add(f"index: {kind}: refused, and the right one taken after it", taken, least=1)
    assert taken


def test_a_hub_that_sends_something_else(tmp_path: Path, figures: Figures) -> None:
    """A file of the right size with other bytes is refused by its hash, and nothing of it is left."""
    with serving() as hub:
        hub.body = BODY[:-1] + b"x"
        with pytest.raises(ModelError) as refused:
            store_of(tmp_path / "models", tiny(wheels=False), hub=hub.url).pull("tiny", progress=lambda n, of: None)
        assert "\n" not in str(refused.value)
        left = [path for path in (tmp_path / "models").rglob("*.gguf*") if path.is_file()]
        figures.add("hub: other bytes: files left", len(left), most=0)
        assert left == []
