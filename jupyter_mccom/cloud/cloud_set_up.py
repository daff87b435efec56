"""Setting up a cloud: what a person names is checked, tried, kept and removed. Start here.

The same for a page, a magic and the command line; it acts on the person's files, and whoever runs a cascade looks at
`held` and `changed`. Nothing is sent but by `models` and `try_out`, which send no text of the person's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

from ..engines.http import Transport
from ..engines.remote.providers.provider import Provider
from ..engines.remote.providers.table import PROVIDERS, checked, list_models
from ..errors import CloudError, CloudKeyMissing, CloudSetUpError, InputError, SettingsError, SettingsLocked
from ..protocols import Engine
from ..way_out import is_loopback
from .addresses import CloudAddress, address_of, check
from .cloud_file import ChosenCloud, CloudFile, PersonsClouds, PlacedKey
from .cloud_request import CloudRequest, FixedCloud
from .held_key import HeldKey
from .key_store import KeyPlace, KeyStore
from .trial import Trial, trial

_KEY_REFUSED = (401, 403)
_MOST_KEY_CHARS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCloud:
    """The cloud in use and its key. A new one after each change, so that whoever compares sees it."""

    cloud: ChosenCloud
    key: HeldKey


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A request whose provider and address are known and may be asked."""

    provider: Provider
    address: CloudAddress
    key: str = field(repr=False)
    kept: PlacedKey | None
    """Where the key is kept already; None for a new one, and where there is none."""


class CloudSetUp:
    """The clouds of one person, kept in `folder`. `open_engine` opens one for a trial, in a running event loop."""

    def __init__(
        self,
        folder: Path,
        open_engine: Callable[[ChosenCloud, str], Engine],
        *,
        fixed: FixedCloud = FixedCloud(),  # noqa: B008 - frozen
        names_local: bool = True,
    ) -> None:
        self._file = CloudFile(folder)
        self._keys = KeyStore(folder)
        self._open_engine = open_engine
        self.fixed = fixed
        """What the person does not name."""
        self.names_local = names_local
        """False where the configuration names the server that is the local model."""
        self._stamp: tuple[int, int, int] | None = None
        self.clouds = PersonsClouds()
        """What is set up, as it was read last."""
        self.held: HeldCloud | None = None
        """The cloud in use; None without one."""
        self.load()

    @property
    def trouble(self) -> str:
        """Why the set-up or its key cannot be used, with the next step; empty when they can."""
        return self.clouds.trouble or (self.held.key.trouble if self.held else "")

    @property
    def providers(self) -> tuple[Provider, ...]:
        """All that may be named, in the order in which people see them."""
        return tuple(PROVIDERS.values())

    def place_of(self, cloud: ChosenCloud) -> KeyPlace | Literal["none"]:
        """Where the key of a cloud is kept."""
        placed = self.clouds.keys.get(address_of(cloud.url).origin)
        return placed.place if placed else "none"

    def load(self) -> None:
        """Reads what is set up; blocks. The keyring is read in a thread of its own, and not waited for."""
        self._stamp = self._file.stamp()
        self.clouds = self._usable(self._file.read())
        self.held = self._held(None)

    async def changed(self) -> bool:
        """True once after somebody else has changed the file; what is set up is then read anew."""
        if await asyncio.to_thread(self._file.stamp) == self._stamp:
            return False
        await asyncio.to_thread(self.load)
        return True

    async def models(self, request: CloudRequest) -> list[str]:
        """The names of a provider's models. Raises InputError, CloudSetUpError or CloudError."""
        request = self.fixed.of(request)
        named = await self._named(request)
        url = named.address.url
        with self._asking_for_a_key(request, named):
            return await list_models(named.provider.id, url, named.key, transport=partial(_transport, url))

    async def try_out(self, request: CloudRequest) -> Trial:
        """One real completion. Raises InputError, CloudSetUpError or CloudError."""
        request = self.fixed.of(request)
        named = await self._named(request)
        cloud = _cloud(named, request.model)
        engine = await asyncio.to_thread(self._open_engine, cloud, named.key)
        with self._asking_for_a_key(request, named):
            return await trial(engine, name=named.provider.name)

    async def add(self, request: CloudRequest) -> None:
        """Puts a cloud in the place of the one in use, if any, whose key stays; or a server in that of the local model.

        Raises InputError for what the person named, CloudSetUpError where it cannot be kept.
        """
        await asyncio.to_thread(await self.prepared(request))

    async def prepared(self, request: CloudRequest) -> Callable[[], None]:
        """What keeps a cloud as `add` does; it blocks. Resolvers and keyrings have been waited for. Raises as `add`."""
        request = self.fixed.of(request)
        named = await self._named(request)
        cloud = _cloud(named, request.model)
        if not request.local:
            return partial(self._add, named, cloud)
        if not is_loopback(named.address.host) or named.key:
            raise InputError("only a server on this machine that wants no key can be the local model")
        if not self.names_local:
            raise SettingsLocked("the server's configuration names the local model (MCCom.local_url)")
        return partial(self._use_as_local, replace(cloud, url=cloud.url.removesuffix("/v1")))  # as local_url has it

    async def remove(self, provider: str) -> None:
        """Deletes a provider's cloud and keys. Raises InputError where there are none, or CloudSetUpError."""
        await asyncio.to_thread(self._remove, provider)

    def _add(self, named: _Named, cloud: ChosenCloud) -> None:
        origin = named.address.origin
        with self._file.locked():
            clouds = self._writable()
            keys = dict(clouds.keys)
            if named.key and named.kept is None:
                place = self._keys.keep(origin, named.key)
                keys[origin] = PlacedKey(provider=cloud.provider, place=place)
            elif named.kept is not None:
                keys[origin] = replace(named.kept, provider=cloud.provider)
            try:
                self._write(replace(clouds, cloud=cloud, keys=keys, trouble=""))
            except CloudSetUpError:
                if origin in keys and origin not in clouds.keys:
                    self._keys.drop(origin, keys[origin].place)
                raise
        self.held = self._held(named.key)

    def _use_as_local(self, server: ChosenCloud) -> None:
        with self._file.locked():
            self._write(replace(self._writable(), local=server, trouble=""))

    def _remove(self, provider: str) -> None:
        with self._file.locked():
            clouds = self._writable()
            theirs = {origin: key for origin, key in clouds.keys.items() if key.provider == provider}
            in_use = [one for one in (clouds.cloud, clouds.local) if one is not None and one.provider == provider]
            if not theirs and not in_use:
                raise InputError(f"no cloud of {provider!r} is set up; {_what_is(clouds)}")
            cloud, local = (None if one in in_use else one for one in (clouds.cloud, clouds.local))
            self._write(PersonsClouds(cloud=cloud, local=local, keys=clouds.keys))  # else no key is deleted
            self.held = self.held if cloud else None
            stuck, why = self._dropped(theirs)
            kept = {origin: key for origin, key in clouds.keys.items() if origin not in theirs or origin in stuck}
            self._write(PersonsClouds(cloud=cloud, local=local, keys=kept))
        if stuck:
            raise CloudSetUpError(f"the cloud is removed, but its key is not: {why}; then remove it once more")

    def _dropped(self, keys: Mapping[str, PlacedKey]) -> tuple[list[str], str]:
        """Deletes keys; the origins of those that could not be deleted, and why."""
        stuck, why = [], ""
        for origin, key in keys.items():
            try:
                self._keys.drop(origin, key.place)
            except CloudSetUpError as error:
                stuck.append(origin)
                why = str(error)
        return stuck, why

    def _writable(self) -> PersonsClouds:
        """What is in the file now. Raises CloudSetUpError where it may not be replaced."""
        clouds = self._file.read()
        if not clouds.writable:
            raise CloudSetUpError(clouds.trouble)
        return clouds

    def _write(self, clouds: PersonsClouds) -> None:
        self._file.write(clouds)
        self._stamp, self.clouds = self._file.stamp(), self._usable(clouds)

    def _usable(self, clouds: PersonsClouds) -> PersonsClouds:
        """The clouds with what the configuration fixes, less those that cannot be opened here, which `trouble` says."""
        cloud, local = clouds.cloud, clouds.local
        if cloud is not None and self.fixed.model:
            cloud = replace(cloud, model=self.fixed.model)
        why_no_cloud = self._why_not(cloud) if cloud else ""
        why_no_local = _why_unusable(local) if local else ""
        why = why_no_cloud or why_no_local
        return replace(
            clouds,
            cloud=None if why_no_cloud else cloud,
            local=None if why_no_local else local,
            trouble=f"the cloud that is set up cannot be used: {why}" if why else clouds.trouble,
        )

    def _why_not(self, cloud: ChosenCloud) -> str:
        """Why a cloud cannot be used here; empty when it can."""
        fixed = self.fixed.url
        if fixed and cloud.url != fixed:
            return f"the server's configuration sets another address, {fixed} (MCCom.cloud_url); set it up again"
        return _why_unusable(cloud)

    def _held(self, key: str | None) -> HeldCloud | None:
        """The cloud in use with this key; None: with the one that is kept for it."""
        cloud = self.clouds.cloud
        if cloud is None:
            return None
        origin = address_of(cloud.url).origin
        placed = self.clouds.keys.get(origin)
        if placed is None:
            return HeldCloud(cloud=cloud, key=HeldKey(key or "", lambda: ""))
        read = partial(self._keys.key, origin, placed.place)
        if key is None and placed.place == "file":
            with suppress(CloudSetUpError):  # then it is read once more by HeldKey, which keeps the reason
                key = read()
        return HeldCloud(cloud=cloud, key=HeldKey(key, read))

    async def _named(self, request: CloudRequest) -> _Named:
        """The provider, the checked address and the key, given or kept."""
        provider = _provider(request.provider)
        if not (request.url or provider.url):
            raise InputError(f"{provider.name} has no address of its own; name the address of the server")
        address = await check(request.url or provider.url)
        key, placed = _one_key(request.key), None
        if not key:
            placed = (await asyncio.to_thread(self._file.read)).keys.get(address.origin)
            if placed is not None:
                key = await asyncio.to_thread(self._keys.key, address.origin, placed.place)
        own = bool(provider.url) and address.origin == address_of(provider.url).origin
        if not key and provider.needs_key and (own or not provider.url):
            raise CloudKeyMissing(self._no_key(provider, address))
        return _Named(provider=provider, address=address, key=key, kept=placed)

    @contextmanager
    def _asking_for_a_key(self, request: CloudRequest, named: _Named) -> Iterator[None]:
        """Raises CloudKeyMissing where a provider wants a key, and none, or one that it does not take, is kept."""
        try:
            yield
        except CloudError as error:
            if request.key or error.status not in _KEY_REFUSED:
                raise
            kept = f"{named.provider.name} refuses the key that is kept for {named.address.origin}; give another one"
            none = f"{named.provider.name} at {named.address.origin} wants a key; give yours"
            raise CloudKeyMissing(kept if named.key else none) from error

    def _no_key(self, provider: Provider, address: CloudAddress) -> str:
        others = [origin for origin, key in self.clouds.keys.items() if key.provider == provider.id]
        if others:
            kept = f"the key that is kept for {', '.join(others)} is not sent elsewhere"
            return f"{kept}; give the key for {address.origin}"
        return f"{provider.name} needs a key; give yours"


def _provider(name: str) -> Provider:
    found = PROVIDERS.get(name)
    if found is None:
        raise InputError(f"no provider is named {name!r}; name one of {', '.join(PROVIDERS)}")
    return found


def _why_unusable(chosen: ChosenCloud) -> str:
    """Why what the file names cannot be opened here; empty when it can."""
    try:
        _provider(chosen.provider)
        address_of(chosen.url)
        checked(chosen.provider, chosen.url, chosen.model)
    except (InputError, SettingsError) as error:
        return str(error)
    return ""


def _what_is(clouds: PersonsClouds) -> str:
    """The providers that could be removed."""
    named = {key.provider for key in clouds.keys.values()}
    named |= {one.provider for one in (clouds.cloud, clouds.local) if one is not None}
    return f"there is {', '.join(sorted(named))}" if named else "there is none"


def _cloud(named: _Named, model: str) -> ChosenCloud:
    if not model:
        raise InputError(f"no model is named; name one of {named.provider.name}, as {named.provider.example_model}")
    if not model.isprintable():
        raise InputError("the model's name holds a sign that no name has; write it anew")
    checked(named.provider.id, named.address.url, model)
    return ChosenCloud(provider=named.provider.id, url=named.address.url, model=model)


def _one_key(text: str) -> str:
    key = text.strip()
    if not key.isprintable() or not key.isascii() or " " in key or len(key) > _MOST_KEY_CHARS:
        raise InputError("the key holds a space or another sign that no key has; copy only the key")
    return key


def _transport(url: str) -> Transport | None:
    from .checked_transport import checked_transport

    return checked_transport(url)
