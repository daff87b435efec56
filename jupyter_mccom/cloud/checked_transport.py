"""HTTP to an address that a person named: each connection goes to an IP address that was checked for it.

The name is resolved at each request, and what was checked is what is connected to: a name that resolves otherwise a
moment later changes nothing. Where the environment names a proxy for the address, the proxy connects, not we.
"""

from __future__ import annotations

import httpx

from ..errors import InputError
from .addresses import CloudAddress, address_of, by_proxy, resolved


def checked_transport(url: str) -> httpx.AsyncBaseTransport | None:
    """The transport of a client for this address; None where a proxy connects. Raises InputError."""
    address = address_of(url)
    return None if by_proxy(address) else _Checked(address)


class _Checked(httpx.AsyncBaseTransport):
    def __init__(self, address: CloudAddress) -> None:
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
