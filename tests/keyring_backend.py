"""A real keyring backend in memory, which can be locked or slow, and how it becomes the system's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class Ring(KeyringBackend):
    """A keyring in memory, which can be locked or slow."""

    priority: float = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.slow = threading.Event()
        self.slow.set()

    def _ask(self) -> None:
        self.slow.wait()
        if self.locked:
            raise KeyringLocked("locked, and sk-a-secret is not told")

    def get_password(self, service: str, username: str) -> str | None:
        """The kept password."""
        self._ask()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keeps a password."""
        self._ask()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Deletes a password."""
        self._ask()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class Plain(Ring):
    """A keyring that does not count, since it keeps passwords as they are; `keyrings.alt` gives its kind this rank."""

    priority = 0.5


@contextmanager
def ringing() -> Iterator[Ring]:
    """A Ring as the keyring of the system."""
    former, found = keyring.get_keyring(), Ring()
    keyring.set_keyring(found)
    try:
        yield found
    finally:
        found.slow.set()
        keyring.set_keyring(former)
