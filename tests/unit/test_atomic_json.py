"""A JSON file is found whole by whoever reads it, whatever happens while it is written."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from jupyter_mccom import atomic_json
from jupyter_mccom.cloud.cloud_file import CloudFile
from jupyter_mccom.cloud.key_store import KeyStore
from jupyter_mccom.compose import open_cascade
from jupyter_mccom.errors import CloudSetUpError
from jupyter_mccom.learning.trace_file import TraceStore
from jupyter_mccom.models.catalog import find
from jupyter_mccom.server.status import status_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Outcome
from tests.conftest import SMALL

_MODEL = find(SMALL)
assert _MODEL is not None
FILE = _MODEL.file


def test_write_replaces(tmp_path: Path) -> None:
    """The new value takes the place of the former one, in a folder that is made where it is missing."""
    path = tmp_path / "deep" / "kept.json"
    for value in ({"a": 1}, ["ä"]):
        atomic_json.write(path, value)
        assert json.loads(path.read_text(encoding="utf-8")) == value
    assert [found.name for found in path.parent.iterdir()] == ["kept.json"]


def test_failed_write_keeps_the_former(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that is cut off leaves the former value."""
    path = tmp_path / "kept.json"
    atomic_json.write(path, "former")

    def full(self: Path, text: str, encoding: str) -> int:
        self.write_bytes(text.encode(encoding)[:2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        atomic_json.write(path, "a longer value")
    assert json.loads(path.read_text(encoding="utf-8")) == "former"


def _folder(path: Path) -> None:
    path.mkdir()


def _nested(path: Path) -> None:
    path.write_text("[" * 200_000, encoding="utf-8")


def _endless(path: Path) -> None:
    path.write_text("1" * 40_000_000, encoding="utf-8")


def _binary(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


def _of_another_shape(path: Path) -> None:
    path.write_text('{"a": [1, "b", null]}', encoding="utf-8")


def _circle(path: Path) -> None:
    path.symlink_to(path)


PIPES = [os.mkfifo] if hasattr(os, "mkfifo") else []
DAMAGES = [_folder, _nested, _endless, _binary, _of_another_shape, *PIPES]
LINKED = [_circle] if os.name == "posix" else []


@pytest.mark.parametrize("damage", [one for one in (*DAMAGES, *LINKED) if one is not _of_another_shape])
def test_what_is_no_json_is_refused_at_once(damage: Callable[[Path], None], tmp_path: Path) -> None:
    """Whatever stands in the file's place is read as an OSError or a ValueError, and no pipe is waited for."""
    damage(tmp_path / "kept.json")
    with pytest.raises((OSError, ValueError)):
        atomic_json.read(tmp_path / "kept.json", most_bytes=1 << 20)


def _status(models: Path) -> dict[str, Any]:
    async def told() -> dict[str, Any]:
        opened = open_cascade(MCCom(models_dir=str(models)))
        try:
            return status_of(opened)
        finally:
            await opened.aclose()

    return asyncio.run(told())


@pytest.mark.parametrize("damage", [*DAMAGES, *LINKED])
@pytest.mark.parametrize("name", ["auto.json", "costs.json", f"models/{FILE}.verified", f"models/{FILE}"])
def test_a_damaged_file_of_ours_loses_nothing_else(
    name: str, damage: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status is told at once, whatever stands in the place of a file that we keep."""
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: str(tmp_path))
    (tmp_path / "models").mkdir()
    damage(tmp_path / name)
    status = _status(tmp_path / "models")
    assert (status["state"], status["model"]["present"]) == ("get-model", False)


@pytest.mark.parametrize("damage", [*DAMAGES, *LINKED])
@pytest.mark.parametrize("name", ["cloud.json", "keys.json"])
def test_a_damaged_set_up_says_so(name: str, damage: Callable[[Path], None], tmp_path: Path) -> None:
    """Whatever stands in the place of a person's set-up or keys is told in one line, and no pipe is waited for."""
    damage(tmp_path / name)
    if os.name == "posix" and name == "keys.json" and damage is not _circle:
        (tmp_path / name).chmod(0o600)
    if name == "cloud.json":
        assert CloudFile(tmp_path).read().trouble
    else:
        with pytest.raises(CloudSetUpError, match="cannot be read"):
            KeyStore(tmp_path).key("https://cloud.example", "file")


@pytest.mark.parametrize("damage", [_folder, *PIPES])
def test_what_is_no_file_in_the_place_of_the_traces(damage: Callable[[Path], None], tmp_path: Path) -> None:
    """A folder or a pipe in the place of the file of traces is told, and not waited for."""
    damage(tmp_path / "traces.sqlite3")
    with closing(TraceStore(tmp_path / "traces.sqlite3")) as store:
        store.write([Outcome(suggestion_id="s", kind="accepted")], "l")
        assert "not a regular file" in store.trouble
