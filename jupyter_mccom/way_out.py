"""The one way out of this machine: who opens a connection to another one asks here, and what left last is kept here.

Kept are the last requests of each kind as they were sent, so with placeholders for secrets: in memory, without headers
and without what stands behind a `?`, where keys may be. `tests/test_way_out.py` lists who may open a connection at all.
"""

from __future__ import annotations

import ipaddress
import ssl
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

Kind: TypeAlias = Literal["cloud", "local_url", "hub", "package index"]
"""For what something leaves: text for a model in the cloud or on another machine, or a download of a model."""
_KEPT = 4
"""Requests of a kind: some servers take as many for one completion."""
_MOST_CHARS = 256 * 1024
"""Of a body; more than any prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """One request that left this machine."""

    kind: Kind
    at_s: float
    """Unix time."""
    address: str
    """What was asked, and where: `POST https://host/path`."""
    body: str
    """As it was sent; empty for a question without one. Its end is missing where it is longer than any prompt."""


_left: dict[Kind, deque[Left]] = {}


def left() -> tuple[Left, ...]:
    """The last requests of each kind, oldest first."""
    return tuple(sorted((one for kept in tuple(_left.values()) for one in tuple(kept)), key=lambda one: one.at_s))


def forget() -> None:
    """Drops them. Any thread may call it."""
    _left.clear()


def leaves(kind: Kind, address: str, body: str = "") -> None:
    """Notes what another program is about to send for us; clients that are opened here do so by themselves."""
    one = Left(kind=kind, at_s=time.time(), address=address, body=body[:_MOST_CHARS])
    _left.setdefault(kind, deque(maxlen=_KEPT)).append(one)


def async_client(kind: Kind | None, url: str, **options: Any) -> httpx.AsyncClient:
    """An httpx client for one server. None: a process of ours, on this machine. `options` are httpx's.

    The environment's proxies hold for other hosts and never for loopback. Raises ValueError for another machine without
    a kind, and what httpx raises.
    """
    import httpx

    if kind is None and not on_loopback(url):
        raise ValueError(f"{url} is not on this machine; say what for it is asked")

    async def note(request: httpx.Request) -> None:
        if kind is not None:
            await request.aread()
            _note(kind, request)

    is_local = on_loopback(url)
    # no TLS is spoken with it, and reading the certificates takes 20 ms
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if is_local and url.startswith("http:") else True
    options = {"trust_env": not is_local, "verify": trusted, **options}
    return httpx.AsyncClient(event_hooks={"request": [note]}, **options)


def client(kind: Kind, **options: Any) -> httpx.Client:
    """A blocking httpx client; `options` are httpx's. Raises what httpx raises."""
    import httpx

    def note(request: httpx.Request) -> None:
        request.read()
        _note(kind, request)

    return httpx.Client(event_hooks={"request": [note]}, **options)


def on_loopback(url: str) -> bool:
    """True for an address of this machine, False for any other and for what is no address."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """True for `localhost` and for a loopback IP address, without brackets."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _note(kind: Kind, request: httpx.Request) -> None:
    """A cloud may be played on this machine, which is then worth a look; nothing else leaves to loopback."""
    stays = is_loopback(request.url.host)
    if not stays or (kind == "cloud" and request.content):
        where = request.url.copy_with(query=None, fragment=None, userinfo=b"")
        leaves(kind, f"{request.method} {where}", request.content.decode("utf-8", "replace"))
