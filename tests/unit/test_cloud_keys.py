"""A person's keys: in a real keyring backend, in a file, and in memory for the address that they belong to."""

from __future__ import annotations

import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from jupyter_mccom.cloud import held_key, key_store
from jupyter_mccom.cloud.held_key import HeldKey
from jupyter_mccom.cloud.key_store import KeyStore
from jupyter_mccom.errors import CloudSetUpError, SettingsError
from tests.cloud_provider import KEY
from tests.keyring_backend import Plain, Ring, ringing

ORIGIN, OTHER = "https://api.example.com:443", "https://other.example:443"


@pytest.fixture
def ring() -> Iterator[Ring]:
    """The keyring of the system."""
    with ringing() as found:
        yield found


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyStore:
    """Keys of one person, whose keyring is waited for but briefly."""
    monkeypatch.setattr(key_store, "_KEYRING_S", 0.3)
    return KeyStore(tmp_path / "mccom")


def _file(tmp_path: Path) -> Path:
    return tmp_path / "mccom" / "keys.json"


def test_the_keyring_keeps_the_key(ring: Ring, store: KeyStore, tmp_path: Path) -> None:
    """A real keyring keeps the key under its origin, and no file is written; it is deleted there."""
    assert store.keep(ORIGIN, KEY) == "keyring"
    assert (ring.kept, _file(tmp_path).exists()) == ({("jupyter-mccom", ORIGIN): KEY}, False)
    assert store.key(ORIGIN, "keyring") == KEY
    with pytest.raises(CloudSetUpError, match="no key"):
        store.key(OTHER, "keyring")
    store.drop(ORIGIN, "keyring")
    store.drop(ORIGIN, "keyring")
    assert ring.kept == {}


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, Plain], ids=["fail", "null", "plain"])
def test_without_a_keyring_a_file_keeps_the_key(
    ring: Ring, store: KeyStore, tmp_path: Path, backend: type[KeyringBackend]
) -> None:
    """Where no keyring keeps secrets, a file does that only its owner can read."""
    keyring.set_keyring(backend())
    assert store.keep(ORIGIN, KEY) == "file"
    assert store.keep(OTHER, "sk-other") == "file"
    assert (store.key(ORIGIN, "file"), store.key(OTHER, "file")) == (KEY, "sk-other")
    if os.name == "posix":
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (_file(tmp_path), _file(tmp_path).parent)]
        assert modes == [0o600, 0o700]
    store.drop(ORIGIN, "file")
    assert json.loads(_file(tmp_path).read_text())["keys"] == {OTHER: "sk-other"}


@pytest.mark.parametrize("trouble", ["locked", "slow"])
def test_a_keyring_that_is_locked_or_slow(ring: Ring, store: KeyStore, trouble: str, tmp_path: Path) -> None:
    """A locked or slow keyring is waited for briefly: a new key goes to the file, and a kept one is told as away."""
    store.keep(ORIGIN, KEY)
    ring.locked = trouble == "locked"
    if trouble == "slow":
        ring.slow.clear()
    began_s = time.monotonic()
    with pytest.raises(CloudSetUpError, match="unlock it") as told:
        store.key(ORIGIN, "keyring")
    assert store.keep(OTHER, "sk-other") == "file"
    assert time.monotonic() - began_s < 2
    assert "sk-" not in str(told.value)
    assert KEY not in _file(tmp_path).read_text()


def test_a_key_leaves_the_file_when_the_keyring_has_it(ring: Ring, store: KeyStore, tmp_path: Path) -> None:
    """A key that the keyring takes is deleted from the file that held it before."""
    ring.locked = True
    store.keep(ORIGIN, KEY)
    ring.locked = False
    assert store.keep(ORIGIN, "sk-newer") == "keyring"
    assert json.loads(_file(tmp_path).read_text())["keys"] == {}


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_file_that_others_read_is_not_used(ring: Ring, store: KeyStore, tmp_path: Path) -> None:
    """A file of keys that others can read is refused, with the command that mends it."""
    ring.locked = True
    store.keep(ORIGIN, KEY)
    _file(tmp_path).chmod(0o644)
    with pytest.raises(CloudSetUpError, match="chmod 600"):
        store.key(ORIGIN, "file")


@pytest.mark.parametrize("content", ["{", "[]", '{"keys": 3}', "\xff"])
def test_a_corrupt_file_of_keys(store: KeyStore, tmp_path: Path, content: str) -> None:
    """A file of keys that cannot be read is told, without what it holds."""
    _file(tmp_path).parent.mkdir()
    _file(tmp_path).write_text(content, encoding="latin-1")
    _file(tmp_path).chmod(0o600)
    with pytest.raises(CloudSetUpError, match="delete the file"):
        store.key(ORIGIN, "file")


def test_a_held_key_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is still being read raises at once, is there when it was read, and is asked for again later."""
    monkeypatch.setattr(held_key, "_AGAIN_S", 0.0)
    unlocked = threading.Event()

    def read() -> str:
        if not unlocked.is_set():
            raise CloudSetUpError("the keyring is locked; unlock it")
        return KEY

    key = HeldKey(None, read)
    with pytest.raises(SettingsError):
        key()
    key.wait()
    assert "unlock" in key.trouble
    unlocked.set()
    key.wait()
    assert (key(), key.trouble, HeldKey("", read)()) == (KEY, "", "")
