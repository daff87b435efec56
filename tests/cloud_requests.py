"""What a page asks of a Jupyter server to set up a cloud, and a completion that asks that cloud."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider

Fetch: TypeAlias = Callable[..., Awaitable[HTTPResponse]]
SERVER: dict[str, Any] = {"jpserver_extensions": {"jupyter_mccom": True}, "allow_unauthenticated_access": False}
"""Of `ServerApp`: a route without authentication is refused at the start."""


async def json_of(fetch: Fetch, *route: str, **options: Any) -> Any:
    """The JSON that answers; `body` is sent as JSON."""
    if "body" in options:
        options["body"] = json.dumps(options["body"])
    return json.loads((await fetch("mccom", *route, **options)).body)


async def refusal_of(fetch: Fetch, *route: str, **options: Any) -> tuple[int, str]:
    """Status and message of a refusal, which is one line."""
    with pytest.raises(HTTPClientError) as refused:
        await json_of(fetch, *route, **options)
    assert refused.value.response is not None
    message: str = json.loads(refused.value.response.body)["message"]
    assert "\n" not in message
    return refused.value.code, message


def cloud_at(running: FakeProvider, /, **values: str) -> dict[str, str]:
    """The body that names a running provider, with its key."""
    return {"provider": PROVIDER, "url": running.url, "model": MODELS[0], "key": KEY, **values}


async def completed(fetch: Fetch, **values: object) -> dict[str, Any]:
    """The last line of an answer for which the cloud is asked at once."""
    place = {"client_id": "w", "request_id": "r", "document": "a.ipynb", "cell_id": "c", "language": "python"}
    body = {**place, "prefix": "def add(first, second):\n    return ", "suffix": "", "trigger": "ask", **values}
    response = await fetch("mccom", "complete", method="POST", body=json.dumps(body))
    line: dict[str, Any] = json.loads(response.body.decode().splitlines()[-1])
    return line
