"""The one HTTP client under the cloud's engines: JSON posts and event streams, every failure one of CloudError's kinds.

No message and no cause holds the key or what was sent. Knows nothing of dialects or prompts.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from ...errors import (
    CloudBroken,
    CloudError,
    CloudLimited,
    CloudRefused,
    CloudTimeout,
    EngineError,
    PromptTooLong,
    SettingsError,
)

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_BYTES = 1024 * 1024
_MAX_WAIT_S = 2.0
"""A longer Retry-After is not waited for: the local text is shown instead."""
_RETRIED = (429, 502, 503, 504)
_MAX_SAID_BYTES = 4096
_NAMES = (rb'"n_prompt_tokens": ?(\d+)', rb'"n_ctx": ?(\d+)')
"""Where llama.cpp's server tells that a prompt is too long."""
_Headers = Mapping[str, str]


class CloudClient:
    """`key` is asked for at each request; empty sends none. `read_s`: seconds that the server may be silent."""

    def __init__(self, url: str, key: Callable[[], str], *, connect_s: float, read_s: float) -> None:
        import httpx

        self.url = url
        self._key = key
        self._http = httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(read_s, connect=connect_s))

    async def post(self, path: str, body: Mapping[str, object], *, headers: _Headers | None = None) -> dict[str, Any]:
        """One JSON object. Raises CloudError."""
        async with self._answer(path, body, headers) as response:
            content = b""
            async for part in response.aiter_bytes():
                content = _bounded(content + part)
        return _object(content)

    async def stream(
        self, path: str, body: Mapping[str, object], *, headers: _Headers | None = None
    ) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON objects of a server-sent event stream up to `[DONE]`; closing it closes the stream.

        Raises CloudError, CloudBroken too when the stream holds no event at all.
        """
        n_bytes = n_events = 0
        async with self._answer(path, body, headers) as response:
            async for line in response.aiter_lines():
                n_bytes += len(line)
                if n_bytes > MAX_ANSWER_BYTES:
                    raise _too_long()
                data = line.removeprefix("data:").strip()
                if data == "[DONE]":
                    break
                if line.startswith("data:") and data:
                    n_events += 1
                    yield _event(data)
        if not n_events:
            raise CloudBroken("the cloud's answer is no event stream; check cloud_url and cloud_dialect")

    async def aclose(self) -> None:
        """Closes the pooled connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def _answer(
        self, path: str, body: Mapping[str, object], headers: _Headers | None
    ) -> AsyncGenerator[httpx.Response, None]:
        """A response of status 200, tried once more where nothing was answered yet and that can help."""
        try:
            response = await self._sent(path, body, headers)
        except CloudError as error:
            if not error.retryable:
                raise
            await asyncio.sleep(_wait_s(error))
            response = await self._sent(path, body, headers)
        import httpx

        try:
            yield response
        except httpx.HTTPError as error:
            raise _failure(error) from _bare(error)
        finally:
            await response.aclose()

    async def _sent(self, path: str, body: Mapping[str, object], headers: _Headers | None) -> httpx.Response:
        import httpx

        try:
            key = self._key()
        except SettingsError as error:
            raise CloudRefused(str(error)) from error
        bearer = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            request = self._http.build_request("POST", path, json=body, headers={**(headers or {}), **bearer})
            response = await self._http.send(request, stream=True)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _failure(error) from _bare(error)
        if response.status_code == 200:
            return response
        try:
            said = await anext(response.aiter_bytes(_MAX_SAID_BYTES), b"") if response.status_code == 400 else b""
        except httpx.HTTPError:
            said = b""
        finally:
            await response.aclose()
        raise _refusal(response, said)


def _event(data: str) -> dict[str, Any]:
    event = _object(data.encode())
    if event.get("error"):
        raise CloudBroken("the cloud broke off its answer with an error; the next key tries again")
    return event


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        raise CloudBroken("the cloud's answer is not JSON; check cloud_url and cloud_dialect") from None
    if not isinstance(found, dict):
        raise CloudBroken("the cloud's answer is no JSON object; check cloud_url and cloud_dialect")
    return found


def _bounded(content: bytes) -> bytes:
    if len(content) > MAX_ANSWER_BYTES:
        raise _too_long()
    return content


def _too_long() -> CloudBroken:
    return CloudBroken(f"the cloud's answer is over {MAX_ANSWER_BYTES // 1024} KiB; check cloud_url and cloud_dialect")


def _wait_s(error: CloudError) -> float:
    if isinstance(error, CloudLimited) and error.retry_after_s is not None:
        if error.retry_after_s > _MAX_WAIT_S:
            raise error
        return error.retry_after_s
    if isinstance(error, CloudLimited):
        raise error
    return 0.1


def _refusal(response: httpx.Response, said: bytes) -> EngineError:
    status = response.status_code
    if b"exceed_context_size" in said:
        n_prompt, n_context = (int(found[1]) if (found := re.search(name, said)) else 0 for name in _NAMES)
        return PromptTooLong(
            f"the prompt has {n_prompt} tokens and the cloud's context holds {n_context}; lower cloud_prompt_tokens"
        )
    if status == 429:
        wait_s = _retry_after_s(response.headers.get("Retry-After", ""))
        return CloudLimited(
            "the cloud has had too many requests for now (HTTP 429); it is asked again later", retry_after_s=wait_s
        )
    if status in (401, 403):
        return CloudRefused(f"the cloud refused the key (HTTP {status}); check cloud_key_env", status=status)
    if status == 408:
        return CloudTimeout("the cloud gave up waiting (HTTP 408); the next key tries again", status=status)
    if status < 500:
        hint = "check cloud_url, cloud_model and cloud_dialect"
        return CloudRefused(f"the cloud refused the request (HTTP {status}); {hint}", status=status)
    return CloudBroken(
        f"the cloud's server failed (HTTP {status}); the next key tries again",
        status=status,
        retryable=status in _RETRIED,
    )


def _retry_after_s(value: str) -> float | None:
    """Seconds from a Retry-After header, which is a number or a date; None where it is neither."""
    from datetime import datetime, timezone

    if value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())


def _failure(error: Exception) -> CloudError:
    import httpx

    if isinstance(error, httpx.ConnectTimeout):
        return CloudTimeout("the cloud cannot be reached in time; check cloud_url and the network")
    if isinstance(error, httpx.TimeoutException):
        return CloudTimeout("the cloud fell silent; the next key tries again (MCCom.cloud_timeout_s)")
    if isinstance(error, httpx.ConnectError):
        why = "its certificate is not trusted" if "CERTIFICATE" in str(error).upper() else "no connection"
        return CloudBroken(f"the cloud cannot be reached ({why}); check cloud_url and the network", retryable=True)
    if isinstance(error, httpx.TransportError):
        why = f"the connection to the cloud broke ({type(error).__name__}); the next key tries again"
        return CloudBroken(why, retryable=True)
    return CloudRefused("the cloud's address or key cannot be used; check cloud_url and cloud_key_env")


def _bare(error: Exception) -> Exception:
    """The cause without its request, whose headers hold the key."""
    return type(error)(str(error)) if type(error).__module__.startswith("httpx") else ValueError("not a usable value")
