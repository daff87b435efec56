"""The one HTTP client of the engines, over real servers: where lines end, and whom proxies and certificates are for."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.engines.http import HttpClient
from jupyter_mccom.engines.remote.providers.table import cloud_client
from jupyter_mccom.errors import CloudBroken, CloudRefused
from tests.cloud_server import CloudServer, answer, events, serving

EVENT = {"choices": [{"text": "a"}]}
HOST = "models.example.test"
"""A host that only the proxy knows."""
ODD = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg"
"""Signs that text is split at, and JSON is not."""


@dataclass
class Proxy:
    """A real HTTP proxy that takes every host for one server."""

    port: int
    """The port of the server behind the proxy."""
    url: str = ""
    asked: list[str] = field(default_factory=list)
    """The request lines that it was sent."""
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: a tunnel for CONNECT, else one request, which is passed on with its path alone."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self.port)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            line, _, rest = head.partition(b"\r\n")
            self.asked.append(line.decode())
            if line.startswith(b"CONNECT"):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                method, target, version = line.split()
                to_writer.write(b" ".join([method, b"/" + target.split(b"/", 3)[3], version]) + b"\r\n" + rest)
            await asyncio.gather(_relay(reader, to_writer), _relay(to_reader, writer))
        to_writer.close()
        writer.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def _proxy(port: int) -> AsyncGenerator[Proxy, None]:
    proxy = Proxy(port)
    listening = await asyncio.start_server(proxy.talk, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        listening.close()
        for task in proxy.tasks:
            task.cancel()
        await asyncio.gather(*proxy.tasks, return_exceptions=True)


def _client(url: str) -> HttpClient:
    return cloud_client(url, lambda: "k", connect_s=5, read_s=5)


async def _events(url: str) -> list[dict[str, Any]]:
    async with aclosing(_client(url)) as client:
        return [event async for event in client.stream("/v1/completions", {"prompt": "x = "})]


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


@pytest.mark.parametrize("shape", ["event stream", "JSON lines"])
async def test_lines_end_at_line_feeds_alone(shape: str) -> None:
    """An event may hold U+2028, U+0085 and the like, whatever the stream's shape."""
    told = [{"choices": [{"text": ODD}]}, {"choices": [{"text": "é"}]}]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in told).encode()
    async with serving(answer(events(*told) if shape == "event stream" else lines)) as server:
        assert await _events(server.url) == told


async def test_a_refusal_whose_body_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A status is a refusal also where the server keeps its body back, long before it counts as silent."""
    monkeypatch.setattr("jupyter_mccom.engines.http._SAID_S", 0.05)

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 9\r\n\r\n")
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        async with aclosing(cloud_client(url, lambda: "k", connect_s=5, read_s=60)) as client:
            with pytest.raises(CloudRefused):
                await asyncio.wait_for(client.post("/v1/completions", {}), 10)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes the machine's own proxy settings."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("no_proxies")
async def test_a_proxy_is_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to another host goes through HTTP_PROXY; one to loopback never does."""
    async with serving(answer(events(EVENT))) as server, _proxy(_port(server.url)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert await _events(f"http://{HOST}") == [EVENT]
        assert proxy.asked == [f"POST http://{HOST}/v1/completions HTTP/1.1"]
        assert await _events(server.url) == [EVENT]
        assert await _events(f"http://localhost:{_port(server.url)}") == [EVENT]
        assert len(proxy.asked) == 1
        assert [path for path, _, _ in server.asked] == ["/v1/completions"] * 3


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, ssl.SSLContext]:
    """One that only itself has signed, for HOST and localhost."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = f"subjectAltName=DNS:{HOST},DNS:localhost"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={HOST}"]
    command += ["-addext", names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return certificate, context


@pytest.mark.usefixtures("no_proxies")
async def test_certificates_are_for_other_hosts(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host whose certificate SSL_CERT_FILE signs is trusted through HTTPS_PROXY; on loopback the file is not read."""
    path, context = certificate
    server = CloudServer([answer(events(EVENT))])
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=context)
    port = listening.sockets[0].getsockname()[1]
    async with _proxy(port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(CloudBroken, match="certificate"):
            await _events(f"https://{HOST}")
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert await _events(f"https://{HOST}") == [EVENT]
        assert set(proxy.asked) == {f"CONNECT {HOST}:443 HTTP/1.1"}
        n_asked = len(proxy.asked)
        with pytest.raises(CloudBroken, match="certificate"):
            await _events(f"https://localhost:{port}")
        assert len(proxy.asked) == n_asked
    listening.close()


@pytest.mark.usefixtures("no_proxies")
async def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy or a certificate file that cannot be used is one clear error at the request, not at the start."""
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    with pytest.raises(CloudRefused, match="check HTTPS_PROXY"):
        await _events(f"https://{HOST}")
