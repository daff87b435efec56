"""Where a key comes from: an environment variable, or a file that only its owner can read. Never keeps or prints it."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from ..errors import SettingsError


def named_key(env: str, key_file: str) -> Callable[[], str | Awaitable[str]]:
    """Gives what `key_from` gives, and raises as it does; a file is read in a thread."""
    read = partial(key_from, env, key_file)
    return partial(asyncio.to_thread, read) if key_file and not env else read


def key_from(env: str, key_file: str) -> str:
    """The key; empty when neither is named; the variable's when both are.

    Raises SettingsError when what is named is missing, empty, more than one line, or readable by others.
    """
    if env:
        if env not in os.environ:
            raise SettingsError(f"the environment variable {env} is not set; set it to the server's key")
        return _one_line(os.environ[env], f"the environment variable {env}")
    return _one_line(_contents(key_file), f"the key file {key_file!r}") if key_file else ""


def _one_line(text: str, where: str) -> str:
    key = text.strip()
    if not key:
        raise SettingsError(f"{where} is empty; put the server's key there")
    if not key.isprintable() or not key.isascii() or " " in key:
        raise SettingsError(f"{where} must hold exactly one key; put only the server's key there")
    return key


def _contents(key_file: str) -> str:
    try:
        path = Path(key_file).expanduser()
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise SettingsError(
                f"the key file {key_file!r} is not a regular file; name a file that holds the server's key"
            )
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(f"others can read the key file {str(path)!r}; run: chmod 600 {path}")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        why = "it is not UTF-8"  # the error itself holds the file's bytes
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
    raise SettingsError(f"the key file {key_file!r} cannot be read ({why}); check the setting that names it")
