"""JSON over HTTP with a server that is not ours: `GET`, `POST`, and streams of JSON lines or server-sent events.

Knows nothing of what the answers mean. Redirects are not followed and proxies of the environment not used: text goes
to the address that was named, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

import anyio

from ...errors import EngineError, PromptTooLong, SettingsError

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 5.0
_QUESTION_S = 10.0
"""For an answer that needs no model."""
_MAX_BYTES = 1 << 20
"""Of one answer: far above what a suggestion or a list of models takes."""
_MAX_SAID_BYTES = 4096
_SAID_CHARS = 200
"""Of a server's own words in a message."""


class Refused(EngineError):
    """An HTTP status other than 200."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class ServerClient:
    """`key` gives the bearer key, empty for none, and may raise SettingsError. Open it in a running event loop."""

    def __init__(self, url: str, key: Callable[[], str]) -> None:
        import httpx

        self.url = url.rstrip("/").removesuffix("/v1")
        """Without the `/v1` that some people write behind it."""
        self._key = key
        self._failures = (httpx.HTTPError, httpx.InvalidURL, ValueError)
        timeout = httpx.Timeout(None, connect=_CONNECT_S)
        # llama.cpp's server may close an idle connection while it is used again; only for TLS is a new one dear
        kept = None if url.startswith("https:") else 0
        limits = httpx.Limits(max_keepalive_connections=kept)
        self._http = httpx.AsyncClient(trust_env=False, timeout=timeout, limits=limits)

    async def get(self, path: str) -> object:
        """The JSON at a path. Raises Refused, EngineError."""
        return await self._question("GET", path, None)

    async def post(self, path: str, body: Mapping[str, object]) -> object:
        """The JSON answer to a question that needs no model. Raises as `get`."""
        return await self._question("POST", path, body)

    async def stream(
        self, path: str, body: Mapping[str, object], *, session: str
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of a streamed answer; closing the iterator closes the connection. Raises as `get`.

        `session` is the routing key: requests of one document go to one replica, if a router heeds it.
        """
        n_bytes = 0
        async with self._answer("POST", path, body, {"X-Session-Id": session} if session else {}) as response:
            async for line in response.aiter_lines():
                n_bytes += len(line)
                if n_bytes > _MAX_BYTES:
                    raise self.strange("its answer does not end")
                data = line.removeprefix("data:").strip()
                if data == "[DONE]":
                    return
                if data.startswith("{"):
                    yield self._event(data)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    def strange(self, why: str) -> EngineError:
        """The server is not what it says."""
        return EngineError(
            f"the server at {self.url} is not a model server that we know ({why}); check MCCom.local_url"
        )

    async def _question(self, method: Literal["GET", "POST"], path: str, body: Mapping[str, object] | None) -> object:
        content = b""
        try:
            with anyio.fail_after(_QUESTION_S):
                async with self._answer(method, path, body, {}) as response:
                    async for part in response.aiter_bytes():
                        content += part
                        if len(content) > _MAX_BYTES:
                            raise self.strange("its answer does not end")
            return json.loads(content)
        except TimeoutError:
            raise EngineError(f"the server at {self.url} does not answer; start it or check MCCom.local_url") from None
        except ValueError:
            raise self.strange("its answer is not JSON") from None

    def _event(self, data: str) -> dict[str, Any]:
        try:
            event: dict[str, Any] = json.loads(data)
        except ValueError:
            raise self.strange("its answer is not JSON") from None
        if event.get("error"):
            raise EngineError(f"the server at {self.url} broke off ({_said(event)}); the next key tries again")
        return event

    @asynccontextmanager
    async def _answer(
        self, method: Literal["GET", "POST"], path: str, body: Mapping[str, object] | None, headers: Mapping[str, str]
    ) -> AsyncGenerator[httpx.Response, None]:
        try:
            key = self._key()
        except SettingsError as error:
            raise EngineError(str(error)) from error
        bearer = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            async with self._http.stream(method, self.url + path, json=body, headers={**headers, **bearer}) as response:
                if response.status_code != 200:
                    raise self._refusal(response.status_code, await anext(response.aiter_bytes(_MAX_SAID_BYTES), b""))
                yield response
        except self._failures as error:
            why = f"the server at {self.url} cannot be reached ({type(error).__name__})"
            raise EngineError(f"{why}; start it or check MCCom.local_url") from type(error)(str(error))

    def _refusal(self, status: int, content: bytes) -> EngineError:
        if status in (401, 403):
            return Refused(f"the server at {self.url} refused the key (HTTP {status}); check local_key_env", status)
        try:
            answer = json.loads(content)
        except ValueError:
            answer = {}
        error = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(error, dict) and error.get("type") == "exceed_context_size_error":
            return PromptTooLong(
                f"the prompt has {error.get('n_prompt_tokens')} tokens and the server's context holds "
                f"{error.get('n_ctx')}; lower prompt_tokens"
            )
        why = f"the server at {self.url} refused ({_said(answer) or f'HTTP {status}'})"
        return Refused(f"{why}; check MCCom.local_url and local_model", status)


def _said(answer: object) -> str:
    """The server's own words about an error; empty where it has none."""
    error = answer.get("error") if isinstance(answer, dict) else answer
    words = error.get("message") if isinstance(error, dict) else error
    return str(words or "")[:_SAID_CHARS].replace("\n", " ")
