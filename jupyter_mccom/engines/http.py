"""The one HTTP client under the engines: JSON posts and server-sent JSON streams over pooled connections.

Knows nothing of prompts or models. Proxies of the environment are not used: what runs on loopback stays there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from ..errors import EngineError, PromptTooLong

_CONNECT_S = 5.0


class JsonClient:
    """Speaks JSON with servers; one instance an engine. Open it inside a running event loop."""

    def __init__(self) -> None:
        import httpx

        self._failure = httpx.HTTPError
        # llama.cpp's server may close an idle connection while it is used again; a new one costs 0.2 ms on loopback
        limits = httpx.Limits(max_keepalive_connections=0)
        timeout = httpx.Timeout(None, connect=_CONNECT_S)
        self._http = httpx.AsyncClient(trust_env=False, timeout=timeout, limits=limits)

    async def post(self, url: str, body: Mapping[str, object], *, key: str) -> dict[str, Any]:
        """One JSON answer. Raises PromptTooLong or EngineError."""
        try:
            response = await self._http.post(url, json=body, headers=_bearer(key))
        except self._failure as error:
            raise _broken(type(error).__name__) from error
        _check(response.status_code, response.content)
        answer: dict[str, Any] = response.json()
        return answer

    async def stream(self, url: str, body: Mapping[str, object], *, key: str) -> AsyncGenerator[dict[str, Any], None]:
        """The JSON events of a streamed answer, the last one with `stop`; closing the iterator closes the connection.

        Raises as `post`, also when it ends before that.
        """
        whole = False
        try:
            async with self._http.stream("POST", url, json=body, headers=_bearer(key)) as response:
                if response.status_code != 200:
                    _check(response.status_code, await response.aread())
                async for line in response.aiter_lines():
                    if line.startswith("data: ") and line != "data: [DONE]":
                        event = json.loads(line[6:])
                        _check_event(event)
                        whole = bool(event.get("stop"))
                        yield event
        except self._failure as error:
            raise _broken(type(error).__name__) from error
        if not whole:
            raise _broken("in the middle of an answer")

    async def aclose(self) -> None:
        """Closes the pooled connections."""
        await self._http.aclose()


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _broken(what: str) -> EngineError:
    return EngineError(f"the model's process stopped answering ({what}); the next key starts it again")


def _check(status: int, content: bytes) -> None:
    if status == 200:
        return
    try:
        error = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError):
        error = {}
    raise _refusal(error, status)


def _check_event(event: Mapping[str, Any]) -> None:
    if "error" in event:
        raise _refusal(event["error"], 500)


def _refusal(error: Mapping[str, Any] | str, status: int) -> EngineError:
    if not isinstance(error, Mapping):
        return EngineError(f"the model's process refused the request ({error}); see `jupyter mccom status`")
    if error.get("type") == "exceed_context_size_error":
        return PromptTooLong(
            f"the prompt has {error.get('n_prompt_tokens')} tokens and the model's context holds "
            f"{error.get('n_ctx')}; lower prompt_tokens or raise context_tokens"
        )
    said = error.get("message", f"HTTP {status}")
    return EngineError(f"the model's process refused the request ({said}); see `jupyter mccom status`")
