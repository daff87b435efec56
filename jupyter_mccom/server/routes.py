"""HTTP in, HTTP out: validates through `wire`, streams NDJSON, cancels what nobody waits for. `handler.py` lets in.

Knows nothing of models or prompts.
"""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import aclosing
from typing import Any

import tornado.iostream

from ..errors import EngineBusy, MCComError
from ..types import CompletionRequest
from . import wire
from .events import tell_settings_changed
from .handler import MCComHandler, fault, route


class CompleteHandler(MCComHandler):
    """`POST /mccom/complete` → NDJSON lines."""

    _task: asyncio.Task[None] | None = None

    @route
    async def post(self) -> None:
        request = wire.request_from(self.body())
        self.cloud.watch()
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
        super().on_connection_close()
        if self._task is not None:
            self._task.cancel()

    async def _answer(self, request: CompletionRequest) -> None:
        try:
            async with aclosing(self.completions.complete(request)) as suggestions:
                async for suggestion in suggestions:
                    await self._line(wire.line_from_suggestion(suggestion))
        except MCComError as error:
            if isinstance(error, EngineBusy) and error.retry_after_s is not None and not self._headers_written:
                self.set_header("Retry-After", str(math.ceil(error.retry_after_s)))
            await self._line(wire.line_from_trouble(request.id, str(error)))
        except tornado.iostream.StreamClosedError:
            return
        except Exception as error:
            self.log.exception("mccom: a fault in a completion")
            await self._line(wire.line_from_trouble(request.id, fault(error)))
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
        super().on_connection_close()
        if self._reading is not None:
            self._reading.cancel()


class PullHandler(MCComHandler):
    """`POST /mccom/pull` starts a download, `DELETE` cancels it; both answer with the status."""

    @route
    async def post(self) -> None:
        await self.completions.pull(wire.model_from(self.body()))
        self.set_status(202)
        self.finish(json.dumps(await self.completions.status()))

    @route
    async def delete(self) -> None:
        await self.completions.cancel_pull()
        self.finish(json.dumps(await self.completions.status()))


class SnoozeHandler(MCComHandler):
    """`PUT /mccom/snooze` with `{minutes: number or null}` pauses suggestions, null until the server restarts.

    `DELETE` ends the pause. Both answer with the status, and tell every open page.
    """

    @route
    async def put(self) -> None:
        self.completions.snooze.begin(wire.minutes_from(self.body()))
        await self._told()

    @route
    async def delete(self) -> None:
        self.completions.snooze.end()
        await self._told()

    async def _told(self) -> None:
        tell_settings_changed(self.event_logger, self.completions.settings)
        self.finish(json.dumps(await self.completions.status()))


class RestartHandler(MCComHandler):
    """`POST /mccom/restart`: a model's process that failed, or hangs, is started anew at once. The status is told."""

    @route
    async def post(self) -> None:
        await self.completions.restart()
        self.set_status(202)
        self.finish(json.dumps(await self.completions.status()))


class StatusHandler(MCComHandler):
    """`GET /mccom/status`; `?document=PATH&cell=ID` also asks why nothing is completed there."""

    @route
    async def get(self) -> None:
        await self.cloud.look()
        place = self.get_query_argument("document", ""), self.get_query_argument("cell", "")
        self.finish(json.dumps(await self.completions.status(*place)))


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


class ReportHandler(MCComHandler):
    """`POST /mccom/report` → `{report: text}` about one suggestion; nothing is saved or sent."""

    @route
    async def post(self) -> None:
        report = await self.completions.report_on(*wire.report_request_from(self.body()))
        self.finish(json.dumps({"report": report}))


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
        tell_settings_changed(self.event_logger, self.completions.settings)
        self.finish(json.dumps(wire.json_from_settings(self.completions.settings, self.completions.locked)))


HANDLERS = [
    (r"/mccom/complete", CompleteHandler),
    (r"/mccom/outcome", OutcomeHandler),
    (r"/mccom/survival", SurvivalHandler),
    (r"/mccom/warm", WarmHandler),
    (r"/mccom/pull", PullHandler),
    (r"/mccom/snooze", SnoozeHandler),
    (r"/mccom/restart", RestartHandler),
    (r"/mccom/status", StatusHandler),
    (r"/mccom/traces", TracesHandler),
    (r"/mccom/report", ReportHandler),
    (r"/mccom/left", LeftHandler),
    (r"/mccom/settings", SettingsHandler),
]
