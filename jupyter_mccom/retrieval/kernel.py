"""Asks a document's live kernel what it holds: an idle IPython kernel, by one silent request after something ran.

The request is an empty cell with one expression, so that nothing reaches the person's namespace, history or output.
What the expression runs is namespace.py; values never leave the kernel. Knows nothing of prompts.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ..errors import RetrievalError
from ..frame import Frame
from ..types import Chunk, CompletionRequest
from . import namespace
from .names import LiveName, chunk_of, frames_of, names_from

_ANSWER_S = 1.0
"""An idle kernel answers in 10 ms (measured); one that does not is left alone."""
_RETRY_S = 5.0
_HEARD_S = 0.05
"""The server hears that our request was begun before we have its answer, unless the kernel has only just started."""
_WAIT_S = 0.25
"""How long a completion waits for a kernel that is asked, so that the first key after a run finds the new names."""

_DRIVE = re.compile(r"^\w+:")
"""`RTC:a.ipynb`: the browser's name of a drive, which a document of ours does not have."""
EXPRESSION = (
    "(lambda user: (lambda builtins: (lambda scope: "
    f"builtins.exec({inspect.getsource(namespace)!r}, scope) or scope['NamespaceText'](user)"
    ")({'__name__': 'mccom', '__builtins__': {**builtins.__dict__, '__import__': lambda name, *rest: "
    "builtins.__spec__.loader.find_spec.__func__.__globals__['sys'].modules[name]}}"
    "))(user['__builtins__']))((lambda: 0).__globals__)"
)
"""To be evaluated in an IPython kernel as a user expression of an empty cell; `answered` reads the reply.

Uses no name of the person's namespace, which may hide any builtin, and imports by looking into `sys.modules`, which
it finds where the import system itself keeps it."""


_NOTHING = Chunk(source="kernel", first_line=1, last_line=1, text="")


class Sessions(Protocol):
    """What is used of a Jupyter server's session manager."""

    async def list_sessions(self) -> list[dict[str, Any]]: ...


class Kernels(Protocol):
    """What is used of a Jupyter server's kernel manager; its kernels are local AsyncKernelManager's."""

    def __contains__(self, kernel_id: str) -> bool: ...
    def get_kernel(self, kernel_id: str) -> Any: ...


class KernelNames:
    """The names that kernels hold; one for each server. `max_chars` bounds a chunk."""

    def __init__(self, sessions: Sessions, kernels: Kernels, *, max_chars: int, retry_s: float = _RETRY_S) -> None:
        """`retry_s`: how long a kernel that gave no names is left alone, unless something runs in it."""
        self._sessions = sessions
        self._managers = kernels
        self._max_chars = max_chars
        self._retry_s = retry_s
        self._kernels: dict[str, _Kernel] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def chunk(self, request: CompletionRequest) -> Chunk | None:
        """What the cursor's statement names, as comment lines; none of them where it names nothing that is known.

        None where no names are known: room for lines that may come is kept, so that they move no other text. It has the
        kernel's frames while nothing runs.
        """
        kernel = await self._asked_of(request.document)
        if kernel is None or not kernel.names or request.language != "python":
            return None
        return replace(chunk_of(kernel.names, request, max_chars=self._max_chars) or _NOTHING, frames=kernel.frames)

    async def names(self, document: str) -> tuple[LiveName, ...]:
        """Frames first, then newest; empty without a kernel that can be asked.

        Of a kernel that runs something, what it held when it was last idle.
        """
        kernel = await self._asked_of(document)
        return kernel.names if kernel else ()

    async def _asked_of(self, document: str) -> _Kernel | None:
        """The document's kernel, asked anew where something ran since; None without one."""
        self._drop_ended()
        kernel_id = await self._kernel_of(document)
        if kernel_id is None:
            return None
        if kernel_id not in self._kernels:
            self._kernels[kernel_id] = _Kernel(self._managers.get_kernel(kernel_id), self._retry_s)
        kernel = self._kernels[kernel_id]
        kernel.notice_restart()
        if kernel_id not in self._asking and kernel.wants_asking():
            task = asyncio.create_task(kernel.ask(), name=f"mccom kernel {kernel_id}")
            self._asking[kernel_id] = task
            task.add_done_callback(lambda _: self._asking.pop(kernel_id))
        if kernel_id in self._asking:
            await asyncio.wait({self._asking[kernel_id]}, timeout=_WAIT_S)
        return kernel

    async def aclose(self) -> None:
        """Cancels what is being asked and waits for its end. Idempotent."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for kernel in self._kernels.values():
            kernel.close()
        self._kernels.clear()

    async def _kernel_of(self, document: str) -> str | None:
        for session in await self._sessions.list_sessions():
            path = session["path"]
            if document in (path, _DRIVE.sub("", path)) and session["kernel"]["id"] in self._managers:
                return str(session["kernel"]["id"])
        return None

    def _drop_ended(self) -> None:
        for kernel_id in [known for known in self._kernels if known not in self._managers]:
            self._kernels.pop(kernel_id).close()


class _Kernel:
    """One kernel over its restarts. `manager.ready` is a new future at each start: that tells one run from the next."""

    def __init__(self, manager: Any, retry_s: float) -> None:
        self._manager = manager
        self._retry_s = retry_s
        self._is_ipython: bool | None = None
        self._not_before_s = 0.0
        self._run = manager.ready
        self._changed = True
        """Something ran since it was last asked."""
        self._own: asyncio.Future[None] | None = None
        """Done when our request is begun; None when it was, or there is none."""
        self.names: tuple[LiveName, ...] = ()
        """The names that this run was last known to hold."""
        self.frames: tuple[Frame, ...] = ()
        """Those of the names, until something runs that may change them."""
        manager.observe(self._noted, "execution_state")

    @property
    def idle(self) -> bool:
        """True while the kernel is idle, by the server's kernel manager."""
        return bool(self._manager.execution_state == "idle" and self._manager.ready.done())

    def notice_restart(self) -> None:
        """Forgets the names of the run before."""
        if self._manager.ready is not self._run:
            self._run = self._manager.ready
            self.names, self.frames = (), ()
            self._changed, self._not_before_s = True, 0.0

    def wants_asking(self) -> bool:
        """True when the kernel is idle and ran something since it was last asked."""
        may_ask = self._is_ipython is not False and asyncio.get_running_loop().time() >= self._not_before_s
        return may_ask and self._changed and self.idle

    async def ask(self) -> None:
        """Gets the names anew. Without an answer in time the old ones stay, and it is asked again later."""
        run = self._run
        client = self._manager.client(context=self._manager.context)
        client.session.session = str(uuid.uuid4())  # with the manager's own, the kernel would mix up their replies
        client.start_channels(iopub=False, stdin=False, hb=False, control=False)
        try:
            names = await self._asked(client)
        except (TimeoutError, RetrievalError):
            names = None
        finally:
            self._own = None
            client.stop_channels()
        if self._manager.ready is not run:
            return
        if names is not None:
            self.names, self.frames = names, () if self._changed else frames_of(names)
        if not names:  # nothing: the server may not have heard of what ran right after a start
            self._changed = True
            self._not_before_s = asyncio.get_running_loop().time() + self._retry_s

    async def _asked(self, client: Any) -> tuple[LiveName, ...]:
        if self._is_ipython is None:
            info = await client.kernel_info(reply=True, timeout=_ANSWER_S)
            self._is_ipython = info["content"].get("implementation") == "ipython"
        if not self._is_ipython or not self.idle:
            return self.names
        self._changed, self._own = False, asyncio.get_running_loop().create_future()
        reply = await client.execute(
            "",
            silent=True,
            store_history=False,
            user_expressions={"names": EXPRESSION},
            allow_stdin=False,
            stop_on_error=False,
            reply=True,
            timeout=_ANSWER_S,
        )
        if self._own is not None:
            await asyncio.wait({self._own}, timeout=_HEARD_S)
        return answered(reply["content"])

    def close(self) -> None:
        """Stops watching the kernel."""
        self._manager.unobserve(self._noted, "execution_state")

    def _noted(self, change: Any) -> None:
        """The kernel begins something. Where another's request came in before ours, it is asked once more."""
        if change["new"] == "busy" and self._own is not None:
            self._own.set_result(None)
            self._own = None
        elif change["new"] == "busy":
            self._changed, self._not_before_s = True, 0.0
            self.frames = ()


def answered(content: Mapping[str, Any]) -> tuple[LiveName, ...]:
    """What a kernel said of EXPRESSION in the content of its reply.

    Raises RetrievalError when it said nothing: the request was thrown away after an error in a cell.
    """
    try:
        text = content["user_expressions"]["names"]["data"]["text/plain"]
    except (KeyError, TypeError) as error:
        raise RetrievalError("the kernel did not say what it holds; run a cell") from error
    return names_from(text) if isinstance(text, str) and len(text) <= namespace.MAX_CHARS else ()
