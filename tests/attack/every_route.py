"""Every route of the server with each of its methods, and a body that it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jupyter_mccom.server.cloud_routes import CLOUD_HANDLERS
from jupyter_mccom.server.routes import HANDLERS

_WIRE = Path(__file__).parents[1] / "wire"
_METHODS = ("get", "post", "put", "patch", "delete")
_GOLDEN = {
    ("POST", "complete"): "complete_request.json",
    ("POST", "warm"): "complete_request.json",
    ("POST", "outcome"): "outcome.json",
    ("POST", "survival"): "survival.json",
    ("POST", "pull"): "pull_request.json",
    ("PUT", "snooze"): "snooze.json",
    ("PATCH", "settings"): "settings_patch.json",
    ("PUT", "cloud"): "cloud_put_request.json",
    ("POST", "cloud/models"): "cloud_models_request.json",
    ("POST", "cloud/test"): "cloud_test_request.json",
}


def _routes() -> list[tuple[str, str]]:
    """(method, path below `mccom/`) of each route, as the handlers have them."""
    found = []
    for pattern, handler in [*HANDLERS, *CLOUD_HANDLERS]:
        path = pattern.removeprefix("/mccom/").replace("([a-z-]+)", "openai")
        found += [(method.upper(), path) for method in _METHODS if method in vars(handler)]
    return found


ROUTES = _routes()
TAKING = [route for route in ROUTES if route in _GOLDEN]
"""Those that read a body."""


def body_of(route: tuple[str, str]) -> Any:
    """The golden message that the route takes; an empty object where it reads none."""
    return json.loads((_WIRE / _GOLDEN[route]).read_text(encoding="utf-8")) if route in _GOLDEN else {}
