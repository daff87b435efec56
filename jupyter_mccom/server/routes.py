"""HTTP in, HTTP out: authenticates, validates through `wire`, streams NDJSON, cancels what nobody waits for.

Knows nothing of models or prompts.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from functools import wraps
from typing import Any, cast

import tornado.iostream
import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler

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
from ..types import CompletionRequest
from . import wire
from .completions import Completions
from .live_cloud import LiveCloud

SERVICE = "mccom"
"""Key under which the running `Completions` stands in the server's settings."""
CLOUD = "mccom_cloud"
"""Key under which the server's `LiveCloud` stands there."""


class MCComHandler(APIHandler):
    """Shared by all routes: who may call, how a bad request is answered."""

    auth_resource = SERVICE

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
            return json.loads(self.request.body or b"{}")
        except ValueError as error:
            raise WireError("the request body is not JSON; send a JSON object") from error

    def refuse(self, status: int, message: str, **more: bool) -> None:
        """One line that says what is wrong."""
        self.set_status(status)
        self.finish(json.dumps({"message": message, **more}))


def route(method: Callable[..., Any]) -> Any:
    """Authenticated, authorized, size-checked, and with our errors turned into one clear line."""

    @wraps(method)
    async def guarded(self: MCComHandler, *args: str) -> None:
        if len(self.request.body) > wire.MAX_BODY_BYTES:
            self.refuse(413, f"the body is over {wire.MAX_BODY_BYTES // 1024} KiB; send fewer or shorter cells")
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

    return tornado.web.authenticated(authorized(guarded))


class CompleteHandler(MCComHandler):
    """`POST /mccom/complete` → NDJSON lines."""

    _task: asyncio.Task[None] | None = None

    @route
    async def post(self) -> None:
        request = wire.request_from(self.body())
        self.cloud.look_soon()
        self.set_header("Content-Type", "application/x-ndjson")
        self.set_header("X-Accel-Buffering", "no")
        self._task = self.completions.begin(request, self._answer(request))
        await asyncio.gather(self._task, return_exceptions=True)
        if self._task.cancelled():
            self.finish()
        else:
            self._task.result()

    def on_connection_close(self) -> None:
        """The browser went away: stop the model."""
        if self._task is not None:
            self._task.cancel()

    async def _answer(self, request: CompletionRequest) -> None:
        try:
            async with aclosing(self.completions.complete(request)) as suggestions:
                async for suggestion in suggestions:
                    await self._line(wire.line_from_suggestion(suggestion))
        except MCComError as error:
            await self._line(wire.line_from_trouble(request.id, str(error)))
        except tornado.iostream.StreamClosedError:
            return
        self.finish()

    async def _line(self, line: dict[str, Any]) -> None:
        self.write(json.dumps(line) + "\n")
        await self.flush()


class OutcomeHandler(MCComHandler):
    """`POST /mccom/outcome`."""

    @route
    async def post(self) -> None:
        self.completions.report(wire.outcome_from(self.body()))
        self.set_status(204)
        self.finish()


class SurvivalHandler(MCComHandler):
    """`POST /mccom/survival`."""

    @route
    async def post(self) -> None:
        self.completions.survived(wire.survival_from(self.body()))
        self.set_status(204)
        self.finish()


class WarmHandler(MCComHandler):
    """`POST /mccom/warm`: load the model before the first key; with a position, evaluate its prompt too.

    Answers when the prompt was read, or is read no more; whoever goes away earlier ends that.
    """

    _reading: asyncio.Task[None] | None = None

    @route
    async def post(self) -> None:
        self._reading = self.completions.warm(wire.position_from(self.body()))
        if self._reading is not None:
            await asyncio.wait([self._reading])
        self.set_status(204)
        self.finish()

    def on_connection_close(self) -> None:
        """A key was typed, or the browser went away."""
        if self._reading is not None:
            self._reading.cancel()


class PullHandler(MCComHandler):
    """`POST /mccom/pull` starts a download, `DELETE` cancels it; both answer with the status."""

    @route
    async def post(self) -> None:
        self.completions.pull(wire.model_from(self.body()))
        self.set_status(202)
        self.finish(json.dumps(await self.completions.status()))

    @route
    async def delete(self) -> None:
        await self.completions.cancel_pull()
        self.finish(json.dumps(await self.completions.status()))


class StatusHandler(MCComHandler):
    """`GET /mccom/status`."""

    @route
    async def get(self) -> None:
        await self.cloud.look()
        self.finish(json.dumps(await self.completions.status()))


class TracesHandler(MCComHandler):
    """`GET /mccom/traces` → `{traces: [...]}` of this server, oldest first, `?last=1` the last suggestion's.

    `DELETE` forgets all, kept ones too.
    """

    @route
    async def get(self) -> None:
        last = self.get_query_argument("last", "") == "1"
        traces = self.completions.last_trace() if last else self.completions.traces()
        self.finish(json.dumps({"traces": [wire.json_from_trace(trace) for trace in traces]}))

    @route
    async def delete(self) -> None:
        await self.completions.forget()
        self.set_status(204)
        self.finish()


class LeftHandler(MCComHandler):
    """`GET /mccom/left` → `{left: [...]}`: what left this machine last, as it was sent, oldest first."""

    @route
    async def get(self) -> None:
        self.finish(json.dumps(wire.json_from_left(self.completions.left())))


class SettingsHandler(MCComHandler):
    """`GET /mccom/settings` → `{settings: {name: value}, locked: [name]}`; `PATCH {name: value}` answers so too.

    Lists what a person may set. What is locked, or is only the administrator's, is refused with 403.
    """

    @route
    async def get(self) -> None:
        self.finish(json.dumps(wire.json_from_settings(self.completions.settings, self.completions.locked)))

    @route
    async def patch(self) -> None:
        await self.completions.change(wire.settings_from(self.body()))
        self.finish(json.dumps(wire.json_from_settings(self.completions.settings, self.completions.locked)))


HANDLERS = [
    (r"/mccom/complete", CompleteHandler),
    (r"/mccom/outcome", OutcomeHandler),
    (r"/mccom/survival", SurvivalHandler),
    (r"/mccom/warm", WarmHandler),
    (r"/mccom/pull", PullHandler),
    (r"/mccom/status", StatusHandler),
    (r"/mccom/traces", TracesHandler),
    (r"/mccom/left", LeftHandler),
    (r"/mccom/settings", SettingsHandler),
]
