"""What runs in the server: one completion a window and document, one thing in advance while nobody types, one download.

All end with the server. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from contextvars import ContextVar
from itertools import islice
from typing import Any

from .. import way_out
from ..compose import OpenCascade
from ..configuration import WrongSetting
from ..errors import EngineBusy, InputError, MCComError, SettingsError
from ..settings import MCCom
from ..types import CompletionRequest, Off, Outcome, Route, Suggestion, Survival, Trace
from ..way_out import Left
from .live_settings import LiveSettings
from .opt_out import OptOuts
from .pulls import Pulls
from .report import report_of
from .snooze import Snooze
from .status import status_of

_REST_S = 0.3
"""After an answer, so that nothing is done for one that is typed over at once: a quick typist's gap is 0.1 s. A page
answers keys that are typed along by itself, and what is done in advance goes on beside them."""
_LOOK_S = 10.0
"""Seconds between two questions to a server in trouble, while nobody types."""
_WAITED_S = 5.0
"""Who types and has set a shorter `latency_budget_s` is told of no answer that took longer: it was not waited for."""
IN_ADVANCE: ContextVar[bool] = ContextVar("mccom_in_advance", default=False)
"""True in work that is done while nobody waits for an answer. A benchmark counts such calls of an engine apart."""


class Completions:
    """Owns every task that the routes start. Without `opt_outs`, no document opts out.

    `wrong`: what the server's configuration has wrong, which the status tells.
    """

    def __init__(
        self, live: LiveSettings, opt_outs: OptOuts | None = None, *, wrong: Sequence[WrongSetting] = ()
    ) -> None:
        self._live = live
        self._wrong = wrong
        self._opt_outs = opt_outs
        self._pulls = Pulls(lambda: live.opened.store, lambda: live.opened.local.models_changed())
        self.snooze = Snooze()
        """While it is on, only who asks by hand is answered."""
        self._warming: asyncio.Task[None] | None = None
        self._looks_next_s = 0.0
        """When a server in trouble is asked again what it is, on the monotonic clock."""
        self._in_advance: set[asyncio.Task[None]] = set()
        """Done while nobody waits for an answer: cancelled by the next request. All but the newest are cancelled."""

    def begin(self, request: CompletionRequest, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work`; an older request of the same window and document is cancelled."""
        self._nothing_in_advance()
        return self._live.opened.cascade.documents.of(request).begin(request, work)

    async def complete(self, request: CompletionRequest) -> AsyncGenerator[Suggestion, None]:
        """The suggestions of Cascade.complete.

        Raises SettingsError when completions are switched off, EngineBusy where the first model was too slow.
        """
        if not self._live.settings.enabled:
            raise SettingsError(
                next((one.line for one in self._wrong if one.switches_off), "")
                or "completions are switched off; switch them on in the settings (MCCom.enabled)"
            )
        reason = await self._why_not(request)
        if reason is not None:
            yield _refused(request, reason)
            return
        if self.snooze.on and request.trigger == "typing":
            return
        async with self._live.use() as opened, aclosing(opened.cascade.complete(request)) as suggestions:
            async for suggestion in suggestions:
                self._pulls.trouble = ""  # what was to be told of a download is old news
                if suggestion.final and _is_late(suggestion, request, opened):
                    raise EngineBusy(await asyncio.to_thread(_late_words, opened))
                if suggestion.final and suggestion.text:
                    self._do_in_advance(self._look_ahead(request, suggestion))
                yield suggestion

    def report(self, outcome: Outcome) -> None:
        """How a suggestion ended."""
        self._live.opened.cascade.journal.report(outcome)

    def traces(self) -> tuple[Trace, ...]:
        """Kept traces, oldest first."""
        return self._live.opened.cascade.journal.traces

    def last_trace(self) -> tuple[Trace, ...]:
        """The newest that is not the rest of a suggestion shown before; none where none is kept."""
        written = (trace for trace in reversed(self.traces()) if trace.origin != "again")
        return tuple(islice(written, 1))

    async def report_on(self, suggestion_id: str, request: CompletionRequest | None) -> str:
        """A report about a suggestion, without secrets. Raises InputError for one of which nothing is kept."""
        made = (trace for trace in reversed(self.traces()) if trace.origin != "again")
        trace = next((trace for trace in made if trace.suggestion_id == suggestion_id), None)
        if trace is None:
            raise InputError("nothing is kept of this suggestion; report a newer one, with keep_traces switched on")
        return await asyncio.to_thread(report_of, trace, request, self.settings, await self.status())

    def left(self) -> tuple[Left, ...]:
        """The requests that left this machine last, as they were sent, oldest first."""
        return way_out.left()

    def survived(self, survival: Survival) -> None:
        """How much of an accepted text is still there."""
        self._live.opened.cascade.journal.survived(survival)

    async def forget(self) -> None:
        """Drops the traces and every text, in memory and in the file. Raises TracesError."""
        self._nothing_in_advance()
        await self._live.opened.forget()

    def warm(self, request: CompletionRequest | None) -> asyncio.Task[None] | None:
        """Starts loading the model, if it is here and nothing loads it yet; then evaluates the prompt of `request`.

        The latter only while no answer is waited for; returned, so that who asked can give it up.
        """
        if not self._live.settings.enabled or self.snooze.on:
            return None
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._warm(), name="mccom warm")
        if request is None or self._live.opened.cascade.documents.asking():
            return None
        return self._do_in_advance(self._warm_at(request))

    async def pull(self, model_id: str | None) -> None:
        """Starts a download of the given or the configured model. Raises ModelError."""
        if not model_id:
            local = self._live.opened.local
            model_id = await asyncio.to_thread(lambda: local.wanted)
        await self._pulls.start(model_id)

    async def cancel_pull(self) -> None:
        """Ends the download."""
        await self._pulls.cancel()

    async def status(self, document: str = "", cell_id: str = "") -> dict[str, Any]:
        """The status as JSON; made in a thread, since it looks for the model's file.

        Where a document is named, `off_here` says why nothing is completed in it, and in a cell of it.
        """
        live, pulls = self._live, self._pulls
        self._look_for_the_server()
        off_here = None
        if document and self._opt_outs:
            off_here = await self._opt_outs.why_not_at(document, cell_id, live.settings)
        return await asyncio.to_thread(
            status_of,
            live.opened,
            locked=live.locked,
            wrong=[one.line for one in self._wrong],
            pull=pulls.progress,
            pull_trouble=pulls.trouble,
            snooze=self.snooze.as_json(),
            off_here=off_here,
        )

    @property
    def settings(self) -> MCCom:
        """The settings in force now."""
        return self._live.settings

    @property
    def locked(self) -> frozenset[str]:
        """Names of settings that the server's configuration has fixed."""
        return self._live.locked

    async def change(self, values: Mapping[str, object]) -> None:
        """Puts these settings in force, all or none. Raises as LiveSettings.change.

        Another model is loaded at once where the former one was in memory.
        """
        former = self._live.opened.host
        loaded = former is not None and former.state != "asleep"
        self._nothing_in_advance()
        await self._live.change(values)
        if not self._live.settings.enabled:
            for task in self._live.opened.cascade.documents.asking():
                task.cancel()
        elif loaded and self._live.opened.host is not former:
            if self._warming is not None:  # of the former model, which would be waited for until it is loaded
                self._warming.cancel()
                await asyncio.gather(self._warming, return_exceptions=True)
            self.warm(None)

    async def restart(self) -> None:
        """Ends the processes of the model and of the project's index, and starts the model's anew, without a pause."""
        self._nothing_in_advance()
        opened = self._live.opened
        await opened.local.restart()
        if opened.tree is not None:
            await opened.tree.restart()
        if self._warming is not None:
            await asyncio.wait({self._warming})
        self.warm(None)

    async def aclose(self) -> None:
        """Cancels what runs and ends the model's process."""
        tasks = [*self._in_advance, *([self._warming] if self._warming else [])]
        for task in tasks:
            task.cancel()
        await self._live.opened.cascade.documents.aclose()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._pulls.cancel()
        await self._live.aclose()

    def _do_in_advance(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Runs `work` in the place of what is done in advance now."""
        self._nothing_in_advance()
        before = set(self._in_advance)

        async def quiet() -> None:
            IN_ADVANCE.set(True)  # of this task, and of those that it starts
            if before:
                await asyncio.wait(before)
            with suppress(MCComError):  # the request that comes will meet it again, and say so
                await work

        task = asyncio.create_task(quiet(), name="mccom in advance")
        self._in_advance.add(task)
        task.add_done_callback(self._in_advance.discard)
        task.add_done_callback(lambda _: work.close())
        return task

    def _nothing_in_advance(self) -> None:
        for task in self._in_advance:
            task.cancel()

    async def _look_ahead(self, request: CompletionRequest, suggestion: Suggestion) -> None:
        await asyncio.sleep(_REST_S)
        async with self._live.use() as opened:
            opened.cascade.ask_ahead(request, suggestion)
            if await asyncio.to_thread(opened.local.present):
                await opened.cascade.look_ahead(request, suggestion)

    async def _warm_at(self, request: CompletionRequest) -> None:
        if await self._why_not(request) is not None:
            return
        async with self._live.use() as opened:
            await opened.cascade.warm(request)

    async def _why_not(self, request: CompletionRequest) -> Off | None:
        return await self._opt_outs.why_not(request, self.settings) if self._opt_outs else None

    def _look_for_the_server(self) -> None:
        """Asks a server that was in trouble what it is: it may be back, although nobody types."""
        local = self._live.opened.local
        now_s = time.monotonic()
        if local.server is not None and local.trouble and now_s >= self._looks_next_s:
            self._looks_next_s = now_s + _LOOK_S
            self.warm(None)

    async def _warm(self) -> None:
        try:
            async with self._live.use() as opened:
                await opened.warm()
        except MCComError:
            return  # the host keeps the reason, and the status shows it


def _is_late(suggestion: Suggestion, request: CompletionRequest, opened: OpenCascade) -> bool:
    """The first model wrote nothing in time, and somebody waited for it.

    What a cloud did not write in time is told by the status alone.
    """
    late = not suggestion.text and suggestion.route.reason == "late"
    waited = request.trigger != "typing" or opened.settings.latency_budget_s >= _WAITED_S
    return late and waited and not opened.cascade.journal.cloud_trouble


def _late_words(opened: OpenCascade) -> str:
    """Why a request got nothing in its time: nobody is to wait for that and be told nothing. Looks for files."""
    name = opened.model.family
    if opened.local.server is not None:
        return f"{name} did not answer in time; ask again, or have its server run a smaller model"
    if opened.host is None or opened.host.state in ("asleep", "loading"):
        return f"{name} is still being loaded; ask again in a moment, or try a smaller model"
    return f"{name} did not answer in time; ask again, try a smaller model, or start it anew with %mccom restart"


def _refused(request: CompletionRequest, reason: Off) -> Suggestion:
    """The answer where nothing is completed."""
    route = Route(to="nothing", reason=reason)
    return Suggestion(suggestion_id=uuid.uuid4().hex, request_id=request.id, text="", origin="local", route=route)
