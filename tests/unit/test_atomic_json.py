"""A JSON file is found whole by whoever reads it, whatever happens while it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_mccom import atomic_json


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
