"""Bad days of a cloud's server: each becomes one clear error, with no key in it."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.engines.http import HttpClient
from jupyter_mccom.engines.remote.providers.table import cloud_client
from jupyter_mccom.errors import CloudBroken, CloudError, CloudLimited, CloudRefused, CloudTimeout, SettingsError
from tests.cloud_server import Piece, answer, events, json_answer, serving

KEY = "the-key-of-a-person"
EVENT = {"choices": [{"text": "a"}]}
HEAD = answer(b"")[:1]
LATER = [*answer(events(EVENT, done=False))]


def _client(url: str, read_s: float = 0.3) -> HttpClient:
    return cloud_client(url, lambda: KEY, connect_s=1.0, read_s=read_s)


async def _streamed(client: HttpClient) -> list[dict[str, Any]]:
    try:
        return [event async for event in client.stream("/v1/completions", {"prompt": "x = "})]
    finally:
        await client.aclose()


async def _error(client: HttpClient) -> CloudError:
    with pytest.raises(CloudError) as raised:
        await _streamed(client)
    error: BaseException | None = raised.value
    while error is not None:
        assert KEY not in f"{error!r} {error} {vars(error)}"
        error = error.__cause__
    assert "\n" not in str(raised.value)
    assert ";" in str(raised.value)
    return raised.value


@pytest.mark.parametrize(
    ("script", "kind", "status"),
    [
        (json_answer({}, status="401 Unauthorized"), CloudRefused, 401),
        (json_answer({}, status="403 Forbidden"), CloudRefused, 403),
        (json_answer({}, status="400 Bad Request"), CloudRefused, 400),
        (json_answer({}, status="429 Too Many Requests"), CloudLimited, 429),
        (json_answer({}, status="429 Too Many Requests", headers="Retry-After: 60\r\n"), CloudLimited, 429),
        (json_answer({}, status="500 Internal Server Error"), CloudBroken, 500),
        (json_answer({}, status="503 Service Unavailable"), CloudBroken, 503),
        ([2.0], CloudTimeout, None),
        ([*LATER, 2.0], CloudTimeout, None),
        ([*HEAD, b'data: {"choi', None], CloudBroken, None),
        (answer(b'data: {"choices": [{"te\n\n'), CloudBroken, None),
        (answer(b"<html>Welcome</html>", kind="text/html"), CloudBroken, None),
        (answer(b""), CloudBroken, None),
        (answer(events({"error": {"message": "overloaded"}})), CloudBroken, None),
    ],
)
async def test_a_bad_answer_is_one_clear_error(
    script: Sequence[Piece], kind: type[CloudError], status: int | None
) -> None:
    """Each bad answer is one error of its kind with the server's status."""
    async with serving(script) as server:
        error = await _error(_client(server.url))
    assert type(error) is kind
    assert error.status == status


async def test_nobody_listens() -> None:
    """A port where nobody listens is a broken cloud."""
    async with serving(json_answer({})) as server:
        pass
    assert isinstance(await _error(_client(server.url)), CloudBroken)


async def test_a_name_that_does_not_exist() -> None:
    """A host name that does not exist is a broken cloud."""
    assert isinstance(await _error(_client("http://no-such-host.invalid")), CloudBroken)


@pytest.fixture
def unsigned(tmp_path: Path) -> ssl.SSLContext:
    """A certificate of nobody's."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run(
        [*command, "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "c")], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c", tmp_path / "k")
    return context


async def test_a_certificate_that_nobody_signed(unsigned: ssl.SSLContext) -> None:
    """An unsigned certificate is an error that names the certificate."""
    listening = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=unsigned)
    port = listening.sockets[0].getsockname()[1]
    error = await _error(_client(f"https://localhost:{port}"))
    listening.close()
    assert "certificate" in str(error)


async def test_a_server_that_comes_back_is_asked_once_more() -> None:
    """A request that fails with 503 is sent once more."""
    async with serving(json_answer({}, status="503 Service Unavailable"), answer(events(EVENT))) as server:
        assert await _streamed(_client(server.url)) == [EVENT]
        assert len(server.asked) == 2


async def test_a_short_retry_after_is_honoured() -> None:
    """A short Retry-After is waited for."""
    limited = json_answer({}, status="429 Too Many Requests", headers="Retry-After: 1\r\n")
    async with serving(limited, answer(events(EVENT))) as server:
        assert await _streamed(_client(server.url)) == [EVENT]


async def test_what_has_begun_is_not_asked_again() -> None:
    """An answer that has begun is not asked for again."""
    async with serving([*LATER, None]) as server:
        await _error(_client(server.url))
        assert len(server.asked) == 1


async def test_an_answer_of_ten_megabytes_is_cut_off() -> None:
    """An answer beyond the limit of size ends as a broken cloud."""
    async with serving([*HEAD, b"data: " + b"x" * 10_000_000]) as server:
        assert isinstance(await _error(_client(server.url, read_s=5)), CloudBroken)
    async with serving([*HEAD, *([events(EVENT, done=False) * 1000] * 100)]) as server:
        assert "KiB" in str(await _error(_client(server.url, read_s=5)))


async def test_leaving_closes_the_stream() -> None:
    """Closing the iterator closes the connection to the server."""
    async with serving([*LATER, 5.0]) as server:
        client = _client(server.url, read_s=5)
        stream = client.stream("/v1/completions", {})
        assert await anext(stream) == EVENT
        await stream.aclose()
        while not server.closed:
            await asyncio.sleep(0.01)
        await client.aclose()


async def test_a_key_that_cannot_be_had_is_a_refusal() -> None:
    """A key that cannot be read is a refusal with the reason."""

    def no_key() -> str:
        raise SettingsError("the environment variable X is not set; set it to the cloud's key")

    client = cloud_client("http://127.0.0.1:1", no_key, connect_s=1, read_s=1)
    with pytest.raises(CloudRefused, match="X is not set"):
        await _streamed(client)
