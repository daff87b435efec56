"""The key of the cloud in use, held in memory for the one address that it belongs to, and asked for at each request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..errors import SettingsError

_AGAIN_S = 20.0
"""A keyring that gave no key is asked again after this time: it may have been unlocked."""


class HeldKey:
    """Calling it gives the key at once, or raises SettingsError: the keyring is read in a thread of its own."""

    def __init__(self, key: str | None, read: Callable[[], str]) -> None:
        """`key` None: `read` has to be asked; it may block, and raises SettingsError."""
        self._key = key
        self._read = read
        self._trouble = "the keyring has not given the key yet; the next key that you press tries again"
        self._next_s = 0.0
        self._guard = threading.Lock()
        if key is None:
            self._ask()

    def __call__(self) -> str:
        """The key; empty where the cloud needs none. Raises SettingsError where it is not known yet."""
        if self._key is None:
            self._ask()
            raise SettingsError(self._trouble)
        return self._key

    @property
    def trouble(self) -> str:
        """Why there is no key; empty when there is one."""
        return self._trouble if self._key is None else ""

    def wait(self) -> None:
        """Reads the key here and now, where it is not known; blocks."""
        if self._key is None:
            self._try()

    def _ask(self) -> None:
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + _AGAIN_S
            threading.Thread(target=self._try, name="mccom key", daemon=True).start()

    def _try(self) -> None:
        with self._guard:
            try:
                self._key = self._read()
            except SettingsError as error:
                self._trouble = str(error)
