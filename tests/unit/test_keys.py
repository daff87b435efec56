"""The cloud's key: from one place, readable by its owner only, and never in a message."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from jupyter_mccom.errors import SettingsError
from jupyter_mccom.privacy.keys import key_from

KEY = "plain-test-key"


def _file(tmp_path: Path, content: bytes, mode: int = 0o600) -> str:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return str(path)


def test_neither_named_is_no_key() -> None:
    """Without a variable or a file there is no key."""
    assert key_from("", "") == ""


def test_from_the_environment_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key in the environment comes before one in a file."""
    monkeypatch.setenv("MCCOM_TEST_KEY", f"{KEY}\n")
    assert key_from("MCCOM_TEST_KEY", _file(tmp_path, b"other")) == KEY


def test_from_a_file(tmp_path: Path) -> None:
    """A key is read from a file that only its owner can open, without its line end."""
    assert key_from("", _file(tmp_path, f"{KEY}\r\n".encode())) == KEY
    assert key_from("", _file(tmp_path, KEY.encode(), 0o400)) == KEY


@pytest.mark.parametrize("value", [None, "", "  \n"])
def test_a_named_variable_without_a_key(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """A named variable that is unset or empty is an error with the next step."""
    monkeypatch.delenv("MCCOM_TEST_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("MCCOM_TEST_KEY", value)
    with pytest.raises(SettingsError, match="MCCOM_TEST_KEY"):
        key_from("MCCOM_TEST_KEY", "")


@pytest.mark.skipif(os.name != "posix", reason="file modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_a_file_that_others_can_open_is_refused(tmp_path: Path, mode: int) -> None:
    """A key file that others can open is refused with the command that mends it."""
    name = _file(tmp_path, KEY.encode(), mode)
    with pytest.raises(SettingsError, match=f"chmod 600 {name}"):
        key_from("", name)


@pytest.mark.parametrize("content", [f"{KEY}\nsecond".encode(), KEY.encode() + b"\xff", KEY.encode() + b" more", b""])
def test_no_message_and_no_traceback_holds_the_key(tmp_path: Path, content: bytes) -> None:
    """Neither a message nor a traceback holds the key."""
    with pytest.raises(SettingsError) as caught:
        key_from("", _file(tmp_path, content))
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["missing", ".", "~no-such-person/key"])
def test_a_file_that_is_none(tmp_path: Path, name: str) -> None:
    """A key file that cannot be read is an error with the next step."""
    with pytest.raises(SettingsError, match="key file"):
        key_from("", name if name.startswith("~") else str(tmp_path / name))
