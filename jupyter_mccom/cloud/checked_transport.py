"""HTTP to an address that a person named: each connection goes to an IP address that was checked for it.

The name is resolved at each request, and what was checked is what is connected to: a name that resolves otherwise a
moment later changes nothing. Where the environment names a proxy for the address, the proxy connects, not we.
"""

from __future__ import annotations

import urllib.request

import httpx

from ..errors import InputError
from .addresses import Address, address_of, literal, resolved


async def check(url: str) -> Address:
    """The address, after its name was resolved. Raises InputError where it may not be asked, or nobody has the name."""
    address = address_of(url)
    if not await resolved(address) and (not by_proxy(address) or address.scheme == "http"):
        raise InputError(f"no machine is named {address.host!r}; check the address and the network")
    return address


def checked_transport(url: str) -> httpx.AsyncBaseTransport | None:
    """The transport of a client for this address; None where a proxy connects. Raises InputError."""
    address = address_of(url)
    return None if by_proxy(address) else _Checked(address)


def by_proxy(address: Address) -> bool:
    """The environment names a proxy for the address. Never for this machine, and never for a literal IP address."""
    if address.host == "localhost" or literal(address.host) or urllib.request.proxy_bypass(address.host):
        return False
    found = urllib.request.getproxies()
    return bool(found.get(address.scheme) or found.get("all"))


class _Checked(httpx.AsyncBaseTransport):
    def __init__(self, address: Address) -> None:
        self._address = address
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            ips = await resolved(self._address)
        except InputError as error:
            raise httpx.ConnectError(str(error)) from error
        failed: httpx.TransportError = httpx.ConnectError("nobody has this name")
        request.extensions = {**request.extensions, "sni_hostname": self._address.host}
        for ip in ips:
            request.url = request.url.copy_with(host=str(ip))  # the header Host and the certificate keep the name
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def aclose(self) -> None:
        await self._inner.aclose()
