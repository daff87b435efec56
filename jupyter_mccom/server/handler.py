"""What all routes share: who may call, how a body is read and bounded, how an error becomes one line.

Knows nothing of models or prompts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import tornado.iostream
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.http1connection import HTTP1Connection

from ..errors import (
    CloudError,
    CloudKeyMissing,
    CloudSetUpError,
    InputError,
    MCComError,
    SettingsError,
    SettingsLocked,
    WireError,
)
from . import wire
from .completions import Completions
from .live_cloud import LiveCloud

SERVICE = "mccom"
"""Key under which the running `Completions` stands in the server's settings."""
CLOUD = "mccom_cloud"
"""Key under which the server's `LiveCloud` stands there."""


_MOST_CHARS = 800
"""Longest refusal. Its beginning says what is wrong and its end the next step: a longer one loses its middle."""
_MAX_READ_BYTES = 4 * 1024 * 1024
"""Of a body that is too large: so much is read, so that its sender sees the refusal; then the connection is closed."""


@tornado.web.stream_request_body
class MCComHandler(APIHandler):
    """Shared by all routes: who may call, how a bad request is answered. Nothing is kept before that is known.

    A refusal waits until the body was read, if that is small: a connection that is closed over unread bytes is reset,
    and its peer sees no refusal at all.
    """

    auth_resource = SERVICE

    def initialize(self) -> None:
        """Called by tornado for each request."""
        self._received = bytearray()
        self.refusal: tornado.web.HTTPError | None = None
        """Raised once the body was read."""

    def check_xsrf_cookie(self) -> None:
        """Refuses a request that another page forged. Called by tornado before `prepare`."""
        try:
            super().check_xsrf_cookie()
        except tornado.web.HTTPError as error:
            self._refuse_later(error)

    async def prepare(self) -> None:  # type: ignore[override]  # as APIHandler has it
        """Refuses who may not call, and a body that says that it is too large."""
        cast(HTTP1Connection, self.request.connection).set_max_body_size(_MAX_READ_BYTES)
        try:
            await super().prepare()
        except tornado.web.HTTPError as error:
            self._refuse_later(error)
        size = self.request.headers.get("Content-Length", "")
        if not self._finished and size.isdigit() and int(size) > wire.MAX_BODY_BYTES:
            self.set_header("Connection", "close")
            self.refuse_size()

    def data_received(self, chunk: bytes) -> None:
        """Keeps a piece of the body, and nothing of one that is too large or that nobody reads."""
        if self.refusal is None and len(self._received) <= wire.MAX_BODY_BYTES:
            self._received += chunk

    def _refuse_later(self, error: tornado.web.HTTPError) -> None:
        size = self.request.headers.get("Content-Length", "0")
        if not size.isdigit() or int(size) > wire.MAX_BODY_BYTES:
            raise error
        self.refusal = self.refusal or error

    @property
    def completions(self) -> Completions:
        """The service behind the routes."""
        return cast(Completions, self.settings[SERVICE])

    @property
    def cloud(self) -> LiveCloud:
        """The cloud of the server, which a person may set up."""
        return cast(LiveCloud, self.settings[CLOUD])

    def body(self) -> object:
        """The request's JSON. Raises WireError."""
        try:
            return json.loads(self._received or b"{}")
        except (ValueError, RecursionError):  # its text may hold a person's code: it is in no message
            raise WireError("the request body is not JSON, or nested too deeply; send a JSON object") from None

    @property
    def too_large(self) -> bool:
        """The body is over the limit."""
        return len(self._received) > wire.MAX_BODY_BYTES

    def refuse_size(self) -> None:
        """Says that the body is too large."""
        self.refuse(413, f"the body is over {wire.MAX_BODY_BYTES // 1024} KiB; send fewer or shorter cells")

    def refuse(self, status: int, message: str, **more: bool) -> None:
        """One line that says what is wrong. What it repeats of a request is cut off."""
        if len(message) > _MOST_CHARS:
            message = f"{message[: _MOST_CHARS // 2]}…{message[-_MOST_CHARS // 2 :]}"
        self.set_status(status)
        self.finish(json.dumps({"message": message, **more}))


def route(method: Callable[..., Any]) -> Any:
    """Authenticated, authorized, size-checked, and with our errors turned into one clear line."""
    admitted = authorized(_told(method))

    @wraps(method)
    async def checked(self: MCComHandler, *args: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        await admitted(self, *args)

    return tornado.web.authenticated(checked)


def _told(method: Callable[..., Any]) -> Callable[..., Any]:
    """Runs a method; a body that is too large and each of our errors becomes a status and one line."""

    @wraps(method)
    async def guarded(self: MCComHandler, *args: str) -> None:
        if self.too_large:
            self.refuse_size()
            return
        try:
            await method(self, *args)
        except SettingsLocked as error:
            self.refuse(403, str(error))
        except CloudSetUpError as error:
            self.refuse(409, str(error))
        except CloudKeyMissing as error:
            self.refuse(400, str(error), needs_key=True)
        except (WireError, SettingsError, InputError) as error:
            self.refuse(400, str(error))
        except CloudError as error:
            self.refuse(502, str(error))
        except MCComError as error:
            self.refuse(409, str(error))
        except (tornado.web.HTTPError, tornado.iostream.StreamClosedError):
            raise
        except Exception as error:
            self.log.exception("mccom: a fault in %s", self.request.path)
            self.refuse(409, fault(error))

    return guarded


def fault(error: Exception) -> str:
    """What is said of an error that nobody has foreseen: a fault of ours."""
    return f"jupyter-mccom failed ({type(error).__name__}); please report it with the lines of the server's log"
