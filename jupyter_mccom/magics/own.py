"""A cascade of this process's own, on the event loop of a background thread: where there is no Jupyter server.

The model still runs in a child process, and ends with this one. Knows nothing of IPython.
"""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ..compose import OpenCascade, default_spent_file, open_for_person, open_set_up, why_not_persons
from ..server import wire
from ..server.completions import Completions
from ..server.live_cloud import LiveCloud
from ..server.live_settings import LiveSettings
from ..settings import MCCom

_T = TypeVar("_T")


class Own:
    """A `service.Service` with a model of this session. Its project is the current folder."""

    where = "no Jupyter server: this session runs its own model"
    config = "ipython_config.py"
    document = "ipython.py"

    def __init__(self, settings: MCCom) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mccom", daemon=True)
        self._thread.start()
        try:
            self._set_up, why_not = open_set_up(settings), why_not_persons(settings, ())
            self._persons = None if why_not else self._set_up
            live = self._call(lambda: LiveSettings(settings, self._open))
            self._completions = self._call(lambda: Completions(live))
            change = self._completions.change
            self._cloud = LiveCloud(self._set_up, why_not=why_not, opened=lambda: live.opened, change=change)
        except BaseException:
            self._end()
            raise
        atexit.register(self.close)

    def status(self) -> dict[str, Any]:
        """The state of completions, as `GET /mccom/status` gives it."""
        return self._wait(self._completions.status())

    def off_here(self, cell_id: str) -> str:
        """Nothing: there is no notebook."""
        return ""

    def traces(self) -> list[dict[str, Any]]:
        """The kept traces, oldest first."""
        return [wire.json_from_trace(trace) for trace in self._call(lambda: self._completions.traces())]

    def left(self) -> list[dict[str, Any]]:
        """What left the machine last."""
        found: list[dict[str, Any]] = wire.json_from_left(self._completions.left())["left"]
        return found

    def forget(self) -> None:
        """Deletes everything kept about suggestions."""
        self._wait(self._completions.forget())

    def change(self, values: Mapping[str, object]) -> None:
        """Changes settings, by name."""
        self._wait(self._completions.change(values))

    def snooze(self, minutes: float | None) -> None:
        """Pauses suggestions, or ends the pause."""
        snooze = self._completions.snooze
        self._call(snooze.end if minutes == 0 else lambda: snooze.begin(wire.minutes_from({"minutes": minutes})))

    def restart(self) -> None:
        """Starts the model's process anew, at once."""
        self._wait(self._completions.restart())

    def pull(self, model: str | None) -> None:
        """Starts a download; None: of the configured model."""
        self._wait(self._completions.pull(model))

    def cancel_pull(self) -> None:
        """Cancels the running download."""
        self._wait(self._completions.cancel_pull())

    def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The last line of the answer to a completion request."""

        async def last() -> dict[str, Any]:
            found: dict[str, Any] = {}
            async for suggestion in self._completions.complete(wire.request_from(request)):
                found = wire.line_from_suggestion(suggestion)
            return found

        return self._wait(last())

    def cloud(self) -> dict[str, Any]:
        """What is set up as the cloud, and what may be."""
        return self._wait(self._cloud.state())

    def cloud_models(self, cloud: Mapping[str, Any]) -> list[str]:
        """The models of a provider. Raises CloudKeyMissing where it wants a key."""
        return self._wait(self._cloud.models(wire.cloud_request_from(cloud, names_model=False)))

    def try_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """One real completion of a cloud, or of the one in use. Raises CloudKeyMissing where it wants a key."""
        return wire.json_from_trial(self._wait(self._cloud.try_out(wire.trial_request_from(cloud))))

    def put_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """Uses a cloud from now on."""
        self._wait(self._cloud.put(wire.cloud_request_from(cloud, names_model=True)))
        return self.cloud()

    def remove_cloud(self, provider: str) -> dict[str, Any]:
        """Deletes a cloud and its key."""
        self._wait(self._cloud.remove(provider))
        return self.cloud()

    def close(self) -> None:
        """Ends what was opened."""
        if self._thread.is_alive():
            atexit.unregister(self.close)
            self._wait(self._cloud.aclose())
            self._wait(self._completions.aclose())
            self._end()

    def _open(self, settings: MCCom, former: OpenCascade | None) -> OpenCascade:
        spent = default_spent_file()
        return open_for_person(settings, self._persons, jupyter_root=Path.cwd(), spent=spent, former=former)

    def _call(self, function: Callable[[], _T]) -> _T:
        async def run() -> _T:
            return function()

        return self._wait(run())

    def _wait(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs `work` on the loop; what interrupts the waiting cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
