"""The one HTTP client under the engines: JSON questions, and streams of JSON lines or server-sent events.

Its connections are opened at the one way out (`way_out.py`). The environment's proxies and certificates (HTTPS_PROXY,
SSL_CERT_FILE …) hold for other hosts and never for loopback.
Redirects are not followed: text goes to the address that was named, and nowhere else. What a failure is called differs
by who is asked, and is said by `Failures`. Knows nothing of dialects or prompts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import anyio

from .. import way_out
from ..errors import EngineError, SettingsError
from .chars_a_token import CharsAToken

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_BYTES = 1024 * 1024
"""Far above what a suggestion or a list of models takes."""
_MAX_SAID_BYTES = 4096
"""Most bytes that are read of a refusal's body."""
_SAID_S = 1.0
"""Longest wait for the body: the status alone says that it is a refusal."""
Headers: TypeAlias = Mapping[str, str]
Key: TypeAlias = Callable[[], "str | Awaitable[str]"]
"""Gives the key at once, or as soon as it was read. Raises SettingsError, then or at once."""
Transport: TypeAlias = "httpx.AsyncBaseTransport"
Unreadable: TypeAlias = Literal["endless", "no JSON", "no object"]


class Failures(Protocol):
    """The errors of one kind of server. None holds the key or what was sent."""

    def no_key(self, error: SettingsError) -> EngineError:
        """The error for a key that cannot be read."""
        ...

    def unreachable(self, error: Exception) -> EngineError:
        """The error for a server that cannot be reached, breaks off, or has no valid certificate."""
        ...

    def refused(self, status: int, headers: Headers, said: bytes) -> EngineError:
        """An HTTP status other than 200; `said` is the beginning of its body."""
        ...

    def broke_off(self, event: Mapping[str, Any]) -> EngineError:
        """An event of a stream that holds an error."""
        ...

    def unreadable(self, why: Unreadable) -> EngineError:
        """The answer is not what such a server answers."""
        ...

    def nothing(self) -> EngineError | None:
        """A stream without any event; None where that is an answer too."""
        ...

    def pause_s(self, error: EngineError) -> float | None:
        """Seconds after which it is asked once more; None: it is not."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds; None is for ever."""

    connect_s: float
    read_s: float | None
    """How long the server may be silent."""
    question_s: float | None
    """How long an answer that needs no model may take."""


class HttpClient:
    """JSON with one server. `key` is asked for at each request; an empty one sends none. Open it in an event loop."""

    def __init__(
        self,
        url: str,
        key: Key,
        failures: Failures,
        patience: Patience,
        *,
        keeps_alive: bool,
        key_headers: Callable[[str], Headers] | None = None,
        transport: Callable[[], Transport | None] = lambda: None,
        kind: way_out.Kind | None = "cloud",
    ) -> None:
        """`keeps_alive`: connections are used again, which is of use where a failure makes it ask once more.

        `key_headers`: the headers that carry a key; `bearer` unless given. `transport` makes what connects; httpx's
        own where it makes none. `kind`: for what something leaves this machine; None: it is a process of ours.
        """
        import httpx

        self.url = url.rstrip("/")
        self._key = key
        self._key_headers = key_headers or bearer
        self._failures = failures
        self._patience = patience
        self.chars_a_token = CharsAToken()
        """Of the model that is asked by it."""
        timeout = httpx.Timeout(patience.read_s, connect=patience.connect_s)
        limits = httpx.Limits(max_keepalive_connections=None if keeps_alive else 0)
        self._http: httpx.AsyncClient | OSError
        try:
            options = {"timeout": timeout, "limits": limits, "transport": transport()}
            self._http = way_out.async_client(kind, url, **options)
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            self._http = OSError(f"the environment's proxy or certificates cannot be used ({error})")

    async def get(self, path: str) -> object:
        """The JSON at a path. Raises EngineError, as `failures` has it."""
        return await self._question("GET", path, None, None)

    async def post(self, path: str, body: Mapping[str, object], *, headers: Headers | None = None) -> dict[str, Any]:
        """The JSON object that answers a body. Raises as `get`."""
        found = await self._question("POST", path, body, headers)
        if not isinstance(found, dict):
            raise self._failures.unreadable("no object")
        return found

    async def stream(
        self, path: str, body: Mapping[str, object], *, headers: Headers | None = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of a streamed answer up to `[DONE]`; closing it closes the connection. Raises as `get`."""
        n_events = 0
        async with self._answer("POST", path, body, headers) as response, aclosing(self._lines(response)) as lines:
            async for line in lines:
                data = _data_of(line.strip())
                if data == b"[DONE]":
                    break
                if data:
                    n_events += 1
                    event = self._event(data)
                    self.chars_a_token.heard(body, event)
                    yield event
        if not n_events and (error := self._failures.nothing()):
            raise error

    async def aclose(self) -> None:
        """Closes the connections."""
        if not isinstance(self._http, OSError):
            await self._http.aclose()

    async def _question(
        self, method: Literal["GET", "POST"], path: str, body: Mapping[str, object] | None, headers: Headers | None
    ) -> object:
        content = b""
        try:
            with anyio.fail_after(self._patience.question_s):
                async with self._answer(method, path, body, headers) as response:
                    async for part in response.aiter_bytes():
                        content += part
                        if len(content) > MAX_ANSWER_BYTES:
                            raise self._failures.unreadable("endless")
        except TimeoutError as error:
            raise self._failures.unreachable(error) from None
        try:
            return json.loads(content)
        except ValueError:
            raise self._failures.unreadable("no JSON") from None

    async def _lines(self, response: httpx.Response) -> AsyncGenerator[bytes, None]:
        """Lines end at a line feed and nowhere else: JSON may hold the other signs that text is split at."""
        n_bytes, rest = 0, b""
        async for part in response.aiter_bytes():
            n_bytes += len(part)
            if n_bytes > MAX_ANSWER_BYTES:
                raise self._failures.unreadable("endless")
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                yield line
        yield rest

    def _event(self, data: bytes) -> dict[str, Any]:
        try:
            event = json.loads(data)
        except ValueError:
            raise self._failures.unreadable("no JSON") from None
        if not isinstance(event, dict):
            raise self._failures.unreadable("no object")
        if event.get("error"):
            raise self._failures.broke_off(event)
        return event

    @asynccontextmanager
    async def _answer(
        self, method: Literal["GET", "POST"], path: str, body: Mapping[str, object] | None, headers: Headers | None
    ) -> AsyncGenerator[httpx.Response, None]:
        """A response of status 200, asked for once more where nothing was answered yet and that can help."""
        import httpx

        try:
            response = await self._sent(method, path, body, headers)
        except EngineError as error:
            pause_s = self._failures.pause_s(error)
            if pause_s is None:
                raise
            await asyncio.sleep(pause_s)
            response = await self._sent(method, path, body, headers)
        try:
            yield response
        except httpx.HTTPError as error:
            raise self._failures.unreachable(error) from _bare(error)
        finally:
            await response.aclose()

    async def _sent(
        self, method: Literal["GET", "POST"], path: str, body: Mapping[str, object] | None, headers: Headers | None
    ) -> httpx.Response:
        import httpx

        try:
            found = self._key()
            key = found if isinstance(found, str) else await found
        except SettingsError as error:
            raise self._failures.no_key(error) from error
        if isinstance(self._http, OSError):
            raise self._failures.unreachable(self._http) from _bare(self._http)
        try:
            every = {**(headers or {}), **self._key_headers(key)}
            request = self._http.build_request(method, self.url + path, json=body, headers=every)
            response = await self._http.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._failures.unreachable(error) from _bare(error)
        if response.status_code == 200:
            return response
        said = b""
        try:
            with anyio.move_on_after(_SAID_S):
                said = await anext(response.aiter_bytes(_MAX_SAID_BYTES), b"")
        except httpx.HTTPError:
            said = b""
        finally:
            await response.aclose()
        raise self._failures.refused(response.status_code, response.headers, said)


def bearer(key: str) -> Headers:
    """A key as most servers take it; an empty one is not sent."""
    return {"Authorization": f"Bearer {key}"} if key else {}


def routing(session: str) -> Headers:
    """The key by which a router sends one document's requests to one replica."""
    return {"X-Session-Id": session} if session else {}


def _data_of(line: bytes) -> bytes:
    """What a line of a stream holds, be it a server-sent event's or one of JSON; empty for a comment."""
    if line.startswith(b"data:"):
        return line[5:].strip()
    return line if line.startswith(b"{") else b""


def _bare(error: Exception) -> Exception:
    """The cause without its request, whose headers hold the key."""
    return type(error)(str(error)) if type(error).__module__.startswith("httpx") else ValueError("not a usable value")
