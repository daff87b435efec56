"""What a page asks of a real server, for tests of several parts of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import psutil
from tornado.httpclient import HTTPResponse

Fetch = Callable[..., Awaitable[HTTPResponse]]
PATIENCE_S = 60
REQUEST: dict[str, Any] = {
    "client_id": "w",
    "request_id": "r-1",
    "document": "a.ipynb",
    "cell_id": "c",
    "language": "python",
    "prefix": "import numpy as np\nimport pandas as ",
    "suffix": "",
}


async def complete(fetch: Fetch, **values: object) -> list[dict[str, Any]]:
    """The lines of a completion's answer; `values` replace those of REQUEST."""
    response = await fetch("mccom", "complete", method="POST", body=json.dumps({**REQUEST, **values}))
    return [json.loads(line) for line in response.body.decode().splitlines()]


async def answer(fetch: Fetch, *route: str, **options: object) -> Any:
    """The JSON of a route's answer."""
    return json.loads((await fetch("mccom", *route, **options)).body)


def model_processes() -> list[int]:
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "jupyter_mccom.engines.local.llamacpp" in " ".join(child.cmdline())]
