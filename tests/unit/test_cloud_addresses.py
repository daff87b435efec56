"""Addresses that a person may name for a cloud: by their letters, by what they resolve to, and at each connection."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from jupyter_mccom.cloud import addresses
from jupyter_mccom.cloud.addresses import address_of, by_proxy, check
from jupyter_mccom.cloud.checked_transport import checked_transport
from jupyter_mccom.errors import InputError
from tests.cloud_provider import providing

METADATA = ["169.254.169.254", "fd00:ec2::254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]
ANY = "0.0.0.0"  # noqa: S104 - it is refused
NUMBERS = ["http://2852039166", "http://0xa9fea9fe", "http://169.16689662"]
"""169.254.169.254, as a resolver reads it too."""


class Names:
    """A resolver: the n-th question gets the n-th answer, the last one again and again."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = answers
        self.n_asked = 0

    async def getaddrinfo(self, host: str, port: int, **options: Any) -> list[Any]:
        """The addresses of the next answer, as the loop's own method gives them."""
        found = self.answers[min(self.n_asked, len(self.answers) - 1)]
        self.n_asked += 1
        if not found:
            raise OSError("nobody has this name")
        return [(0, 0, 0, "", (ip, port)) for ip in found]


def _resolving(monkeypatch: pytest.MonkeyPatch, *answers: Sequence[str]) -> Names:
    names = Names(*answers)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names.getaddrinfo, raising=False)
    return names


@pytest.mark.parametrize("ip", [*METADATA, "100.100.100.200", ANY, "::", "224.0.0.1"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_what_no_model_serves_is_refused(scheme: str, ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Link-local and metadata addresses, and those of no single machine, are refused whatever name leads there."""
    _resolving(monkeypatch, ["10.0.0.1", ip])
    with pytest.raises(InputError, match="name"):
        await check(f"{scheme}://gpu.example")


@pytest.mark.parametrize("url", [*NUMBERS, "http://169.254.169.254:80/v1", "http://[fd00:ec2::254]", "http://metadata"])
async def test_metadata_is_refused_as_it_is_written(url: str) -> None:
    """A metadata service is refused in every way in which its address can be written."""
    with pytest.raises(InputError, match="link-local"):
        await check(url)


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "fd12::1"])
async def test_plain_http_goes_to_private_networks(ip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP goes to this machine and to private networks."""
    _resolving(monkeypatch, [ip])
    assert (await check("http://gpu-box:8000/v1")).origin == "http://gpu-box:8000"


@pytest.mark.parametrize("ips", [["93.184.216.34"], ["10.0.0.1", "93.184.216.34"], ["100.64.0.1"], ["2001:db8::1"]])
async def test_plain_http_goes_nowhere_else(ips: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain HTTP is refused where any address of the name is public; HTTPS is not."""
    _resolving(monkeypatch, ips)
    with pytest.raises(InputError, match="https://"):
        await check("http://gpu.example")
    assert (await check("https://gpu.example/v1/")).url == "https://gpu.example/v1"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        *((url, "web address") for url in ("", "gpu-box:8000", "file:///etc/passwd", "https://", "javascript:1")),
        *((url, "user name") for url in ("http://me@10.0.0.1", "http://me:pw@10.0.0.1", "http://@10.0.0.1")),
        *((url, "behind") for url in ("http://10.0.0.1#x", "http://10.0.0.1?", "http://10.0.0.1/a?b=c")),
        *((url, "sign") for url in ("http://10.0.0.1 /", "http://10.0.0.1\\x", "http://10.0.0.1\n")),
        *((url, "not an address") for url in ("http://10.0.0.1:x", "http://10.0.0.1:99999", "http://[::1")),
    ],
)
def test_letters_that_no_address_has(url: str, said: str) -> None:
    """An address that is none, or that holds what an address here may not, is refused with a message of its own."""
    with pytest.raises(InputError, match=said):
        address_of(url)


def test_a_key_belongs_to_scheme_host_and_port() -> None:
    """The origin is the same for every path and spelling of an address, and another one for another port or scheme."""
    same = ["https://Api.Example.com/v1", "https://api.example.com:443", "HTTPS://api.example.com./v1/"]
    assert {address_of(url).origin for url in same} == {"https://api.example.com:443"}
    others = ["http://api.example.com", "https://api.example.com:8443", "https://example.com", "https://[::1]"]
    assert len({address_of(url).origin for url in [*same, *others]}) == 5


async def test_a_name_that_moves_is_refused_at_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to a metadata service after it was checked is not connected to."""
    names = _resolving(monkeypatch, ["10.0.0.1"], ["169.254.169.254"])
    await check("http://rebinding.example:8000")
    transport = checked_transport("http://rebinding.example:8000")
    assert transport is not None
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError, match="link-local"):
            await client.get("http://rebinding.example:8000/v1/models")
    assert names.n_asked == 2


async def test_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the checked address, the next one where the first refuses, and the name stays the host."""
    with providing() as provider:
        provider.key = ""
        port = provider.url.rpartition(":")[2]
        _resolving(monkeypatch, ["127.0.0.9", "127.0.0.1"])
        transport = checked_transport(f"http://gpu.example:{port}")
        assert transport is not None
        async with httpx.AsyncClient(transport=transport) as client:
            response = await client.get(f"http://gpu.example:{port}/models")
        assert (response.status_code, response.request.headers["host"]) == (200, f"gpu.example:{port}")


async def test_the_certificate_is_that_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS the server is asked for the certificate of the name, not of the checked IP address."""
    greeted: list[str | None] = []

    def hello(socket: object, name: str | None, context: ssl.SSLContext) -> int:
        greeted.append(name)
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = hello
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    _resolving(monkeypatch, ["127.0.0.1"])
    transport = checked_transport(f"https://gpu.example:{port}")
    assert transport is not None
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(f"https://gpu.example:{port}/models")
    server.close()
    assert greeted == ["gpu.example"]


@pytest.mark.parametrize(
    ("url", "proxied"),
    [
        ("https://api.example.com", True),
        ("http://api.example.com", False),
        ("https://inside.example", False),
        ("https://localhost:8000", False),
        ("https://10.0.0.1", False),
        ("https://0x0a000001", False),
    ],
)
def test_a_proxy_connects_where_one_is_set(url: str, proxied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's proxy connects to names, but never to this machine, an IP address or what NO_PROXY names."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert by_proxy(address_of(url)) is proxied
    assert (checked_transport(url) is None) is proxied


async def test_behind_a_proxy_a_name_need_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy a name that only the proxy knows may be asked over HTTPS; one that leads to metadata may not."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    _resolving(monkeypatch, [], ["169.254.169.254"])
    await check("https://api.example.com")
    with pytest.raises(InputError, match="link-local"):
        await check("https://api.example.com")


def test_a_host_as_one_number_is_an_address() -> None:
    """A host that a resolver reads as an IP address is one, and a name is none."""
    assert addresses.literal("2130706433") == ipaddress.IPv4Address("127.0.0.1")
    assert addresses.literal("0x7f.1") == ipaddress.IPv4Address("127.0.0.1")
    assert addresses.literal("api.example.com") is None
    assert addresses.literal("face.bad") is None
