"""The file that says which cloud a person uses, and whose keys are kept where; it holds no key. Blocks.

One file for all servers and commands of a person: a change is made under a lock, and whoever looks at `stamp` sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from .. import atomic_json
from ..errors import CloudSetUpError
from .key_store import KeyPlace

_VERSION = 1
_LOCK_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCloud:
    """The cloud that is in use, or a server in the place of the local model."""

    provider: str
    url: str
    """Base address, also where it is the provider's own."""
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedKey:
    """Where a key is kept, and for which provider it was given."""

    provider: str
    place: KeyPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsClouds:
    """What one person has set up."""

    cloud: ChosenCloud | None = None
    local: ChosenCloud | None = None
    """A server of this machine that is used as the local model; None without one."""
    keys: Mapping[str, PlacedKey] = field(default_factory=dict)
    """By the origin that the key belongs to; of clouds that are not in use too."""
    trouble: str = ""
    """Why nothing could be read, with the next step; empty when it could."""
    writable: bool = True
    """False where writing would destroy what a newer version wrote."""


class CloudFile:
    """The file in one folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "cloud.json"

    def read(self) -> PersonsClouds:
        """What is set up; a file that cannot be read says so in `trouble`."""
        try:
            told = atomic_json.read(self._file)
            if isinstance(told, dict) and isinstance(told.get("version"), int) and told["version"] > _VERSION:
                why = f"{self._file} was written by a newer jupyter-mccom; upgrade this one, or delete the file"
                return PersonsClouds(trouble=why, writable=False)
            return _clouds_of(told)
        except FileNotFoundError:
            return PersonsClouds()
        except OSError as error:
            return PersonsClouds(trouble=f"{self._file} cannot be read ({error.strerror}); check who may read it")
        except (ValueError, KeyError, TypeError, AttributeError):
            return PersonsClouds(trouble=f"{self._file} cannot be read; set up the cloud again, which replaces it")

    def write(self, clouds: PersonsClouds) -> None:
        """Replaces what is set up. Raises CloudSetUpError."""
        keys = {origin: asdict(key) for origin, key in clouds.keys.items()}
        chosen = {
            name: asdict(one) if one else None for name, one in (("cloud", clouds.cloud), ("local", clouds.local))
        }
        told = {"version": _VERSION, **chosen, "keys": keys}
        try:
            atomic_json.write(self._file, told, private=True)
        except OSError as error:
            raise self._unwritable(error) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes anything meanwhile. Raises CloudSetUpError."""
        from filelock import FileLock, Timeout

        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = FileLock(self._file.with_suffix(".lock"), timeout=_LOCK_S)
            lock.acquire()
        except Timeout:
            why = f"another window or command is setting up a cloud (it holds {self._file.with_suffix('.lock')})"
            raise CloudSetUpError(f"{why}; try again") from None
        except OSError as error:
            raise self._unwritable(error) from None
        try:
            yield
        finally:
            lock.release()

    def stamp(self) -> tuple[int, int, int] | None:
        """Differs after each change of the file; None without one."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _unwritable(self, error: OSError) -> CloudSetUpError:
        return CloudSetUpError(
            f"{self._file} cannot be written ({error.strerror}), so nothing was set up; make that folder writable"
        )


def _clouds_of(told: Any) -> PersonsClouds:
    return PersonsClouds(
        cloud=_chosen(told["cloud"]),
        local=_chosen(told.get("local")),
        keys={origin: _placed(key) for origin, key in told["keys"].items()},
    )


def _chosen(told: Any) -> ChosenCloud | None:
    return ChosenCloud(**{name: _text(told[name]) for name in ("provider", "url", "model")}) if told else None


def _placed(told: Any) -> PlacedKey:
    place = next(place for place in (*get_args(KeyPlace), None) if place == told["place"])
    if place is None:
        raise ValueError(told["place"])
    return PlacedKey(provider=_text(told["provider"]), place=place)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
