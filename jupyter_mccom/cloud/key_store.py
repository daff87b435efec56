"""Where a person's keys lie: the system's keyring, or else a file that only the person can read. Blocks.

A key belongs to one origin: scheme, host and port. A keyring may wait for a person who unlocks it, so each call of it
runs in a thread of its own and is waited for 3 seconds at most. No error holds a key.
"""

from __future__ import annotations

import os
import queue
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from .. import atomic_json
from ..errors import CloudSetUpError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

KeyPlace: TypeAlias = Literal["keyring", "file"]
_T = TypeVar("_T")
_SERVICE = "jupyter-mccom"
_KEYRING_S = 3.0
_AGAIN = "set the cloud up again to give the key anew"


class KeyStore:
    """The keys of one person. `folder` is where the file lies when there is no keyring."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "keys.json"

    def keep(self, origin: str, key: str) -> KeyPlace:
        """Keeps a key and says where. A keyring that fails or is slow is left out. Raises CloudSetUpError."""
        try:
            if _within(lambda: _kept_in_keyring(origin, key)):
                self._write({name: one for name, one in self._keys().items() if name != origin})
                return "keyring"
        except CloudSetUpError:
            pass  # the file serves as well, and the person need not wait for the keyring
        self._write({**self._keys(), origin: key})
        return "file"

    def key(self, origin: str, place: KeyPlace) -> str:
        """The key that is kept there. Raises CloudSetUpError where there is none, or where it cannot be read."""
        found = _within(lambda: _from_keyring(origin)) if place == "keyring" else self._keys().get(origin)
        if not found:
            raise CloudSetUpError(f"no key is kept for {origin} any more; {_AGAIN}")
        return found

    def drop(self, origin: str, place: KeyPlace) -> None:
        """Deletes the key. Raises CloudSetUpError where it cannot be deleted."""
        if place == "keyring":
            _within(lambda: _dropped_from_keyring(origin))
        keys = self._keys()
        if keys.pop(origin, None) is not None:
            self._write(keys)

    def _keys(self) -> dict[str, str]:
        try:
            mode = self._file.stat().st_mode
            if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise CloudSetUpError(f"others can read the keys in {self._file}; run: chmod 600 {self._file}")
            found = atomic_json.read(self._file)["keys"]
            return {str(origin): str(key) for origin, key in found.items()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise CloudSetUpError(f"the keys in {self._file} cannot be read ({error.strerror}); {_AGAIN}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise CloudSetUpError(f"the keys in {self._file} cannot be read; delete the file, and {_AGAIN}") from None

    def _write(self, keys: dict[str, str]) -> None:
        if not keys and not self._file.exists():
            return
        try:
            atomic_json.write(self._file, {"version": 1, "keys": keys}, private=True)
        except OSError as error:
            raise CloudSetUpError(
                f"the key cannot be written to {self._file} ({error.strerror}); make that folder writable"
            ) from None


def _keyring() -> KeyringBackend | None:
    """The system's keyring; None where there is none that keeps a secret."""
    from keyring import core
    from keyring.backends.chainer import ChainerBackend

    found: KeyringBackend | None = core.get_keyring()
    if isinstance(found, ChainerBackend):
        found = next(iter(found.backends), None)  # it would ask the best one first
    return found if found and core.recommended(found) else None


def _kept_in_keyring(origin: str, key: str) -> bool:
    found = _keyring()
    if found is None:
        return False
    found.set_password(_SERVICE, origin, key)
    return found.get_password(_SERVICE, origin) == key


def _from_keyring(origin: str) -> str | None:
    found = _keyring()
    if found is None:
        raise CloudSetUpError(f"the keyring that holds the key is not there; {_AGAIN}")
    return found.get_password(_SERVICE, origin)


def _dropped_from_keyring(origin: str) -> None:
    found = _keyring()
    if found is not None and found.get_password(_SERVICE, origin) is not None:
        found.delete_password(_SERVICE, origin)


def _within(work: Callable[[], _T]) -> _T:
    """What `work` returns, waited for so long and no longer. Raises CloudSetUpError."""
    answers: queue.SimpleQueue[tuple[_T] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(),))
        except Exception as error:  # noqa: BLE001 - a keyring is whatever the person has installed
            answers.put(error)

    threading.Thread(target=run, name="mccom keyring", daemon=True).start()
    try:
        found = answers.get(timeout=_KEYRING_S)
    except queue.Empty:
        raise CloudSetUpError(f"the keyring did not answer within {_KEYRING_S:g} s; unlock it, or {_AGAIN}") from None
    if isinstance(found, CloudSetUpError):
        raise found
    if isinstance(found, Exception):
        raise CloudSetUpError(f"the keyring does not give the key ({type(found).__name__}); unlock it, or {_AGAIN}")
    return found[0]
