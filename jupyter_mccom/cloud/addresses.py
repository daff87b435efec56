"""Which addresses a person may name for a cloud: by their letters, and by what their host's name resolves to.

A page could otherwise make the server ask what only the server reaches. So a cloud metadata service and the link-local
network are never asked, and plain HTTP goes to this machine and to private networks only. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import urllib.request
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

import anyio

from ..errors import InputError

IpAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
_RESOLVE_S = 5.0
_METADATA_NAMES = frozenset(
    {
        *("metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal"),
        *("instance-data", "instance-data.ec2.internal"),
    }
)
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192")))
"""Metadata services outside the link-local network: Amazon and Google over IPv6, Alibaba, Oracle."""
_PRIVATE = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fc00::/7"))
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudAddress:
    """A base address whose letters are right; nothing is resolved yet."""

    url: str
    """Without a slash at its end."""
    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """Scheme, host and port: what a key belongs to."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def address_of(url: str) -> CloudAddress:
    """The parts of an address. Raises InputError, with the next step."""
    if not url.isprintable() or set(url) & set(" \\"):
        raise InputError("the address holds a space or another sign that no address has; write it anew")
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise InputError(f"{url!r} is not an address ({error}); write one like https://gpu-box.example:8000") from None
    if scheme not in _PORTS or not host:
        raise InputError(f"{url!r} is not a web address; write one that begins with https:// or http://")
    if "@" in parts.netloc:
        raise InputError("the address holds a user name or a password; leave them out: the key has a field of its own")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise InputError("the address has a part behind ? or #; leave it out")
    if host in _METADATA_NAMES:
        raise _metadata(host)
    return CloudAddress(url=url.rstrip("/"), scheme=scheme, host=host, port=port or _PORTS[scheme])


async def check(url: str) -> CloudAddress:
    """The address, after its name was resolved. Raises InputError where it may not be asked, or nobody has the name."""
    address = address_of(url)
    if not await resolved(address) and (not by_proxy(address) or address.scheme == "http"):
        raise InputError(f"no machine is named {address.host!r}; check the address and the network")
    return address


def allow(address: CloudAddress, ip: IpAddress) -> None:
    """Raises InputError for an IP address that may not be asked in this way."""
    bare = _within(ip)
    if bare.is_link_local or bare in _METADATA:
        raise _metadata(address.host)
    if bare.is_unspecified or bare.is_multicast or bare == ipaddress.IPv4Address("255.255.255.255"):
        raise InputError(f"{address.host} is not the address of one machine ({ip}); name the machine itself")
    if address.scheme == "http" and not any(bare in network for network in _PRIVATE):
        raise InputError(
            f"{address.host} is not in a private network ({ip}), and http:// would send the code and the key "
            "unencrypted; write https://"
        )


async def resolved(address: CloudAddress) -> list[IpAddress]:
    """The IP addresses of the host, each of which may be asked, in the order of the resolver; none: it is not known.

    Raises InputError where any of them may not be asked, or where the resolver does not answer.
    """
    try:
        with anyio.fail_after(_RESOLVE_S):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise InputError(f"the name {address.host!r} was not resolved in time; check the network") from None
    except (OSError, UnicodeError):
        return []
    ips = list(dict.fromkeys(ipaddress.ip_address(str(sockaddr[0])) for *_, sockaddr in found))
    for ip in ips:
        allow(address, ip)
    return ips


def by_proxy(address: CloudAddress) -> bool:
    """The environment names a proxy for the address. Never for this machine, and never for a literal IP address."""
    if address.host == "localhost" or literal(address.host) or urllib.request.proxy_bypass(address.host):
        return False
    found = urllib.request.getproxies()
    return bool(found.get(address.scheme) or found.get("all"))


def literal(host: str) -> IpAddress | None:
    """The IP address that a host is written as, also as one number (`2130706433`); None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        numbers = host.lower().replace("0x", "").replace(".", "")
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host)) if numbers.isalnum() else None
        except OSError:
            return None


def _within(ip: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _metadata(host: str) -> InputError:
    return InputError(
        f"{host} is in the link-local network, or serves a machine's own metadata: no model is asked there; name "
        "another address"
    )
