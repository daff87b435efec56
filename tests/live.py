"""A notebook with a live kernel on a real Jupyter server, as a person at the keyboard would use it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from queue import Empty
from typing import Any

from jupyter_mccom.retrieval.kernel import KernelNames
from jupyter_mccom.retrieval.names import LiveName

DOCUMENT = "a.ipynb"
_PATIENCE_S = 60.0


class Notebook:
    """A notebook's kernel, a client of it, and the names that our code knows of it."""

    def __init__(self, app: Any, kernel_id: str) -> None:
        self.kernel_id = kernel_id
        self.kernels = app.kernel_manager
        self.manager = app.kernel_manager.get_kernel(kernel_id)
        self.names = KernelNames(app.session_manager, app.kernel_manager, max_chars=400, retry_s=0.1)
        self.client = self.manager.client(context=self.manager.context)
        self.client.session.session = str(uuid.uuid4())
        self.client.start_channels(hb=False, stdin=False)

    async def run(self, code: str, **options: object) -> dict[str, Any]:
        """Runs a cell; the content of the kernel's reply."""
        reply = await self.client.execute(code, reply=True, timeout=_PATIENCE_S, **options)
        content: dict[str, Any] = reply["content"]
        return content

    async def ran(self, code: str) -> None:
        """Runs a cell that must not fail, and waits until the server knows that the kernel is idle."""
        content = await self.run(code)
        assert content["status"] == "ok", content
        await self.state("idle")

    async def value(self, expression: str) -> str:
        """What an expression is in the kernel, as text; leaves no trace there."""
        content = await self.run("", silent=True, user_expressions={"x": expression})
        assert content["user_expressions"]["x"]["status"] == "ok", content
        text: str = content["user_expressions"]["x"]["data"]["text/plain"]
        return text

    async def state(self, state: str) -> None:
        """Waits until the server's kernel manager knows it."""
        await _until(lambda: self.manager.execution_state == state)

    async def knows(self, *names: str, document: str = DOCUMENT) -> dict[str, LiveName]:
        """Asks until all these names are known; then all that is known."""
        for _ in range(int(_PATIENCE_S / 0.05)):
            known = {live.name: live for live in await self.names.names(document)}
            if known.keys() >= {*names}:
                return known
            await asyncio.sleep(0.05)
        raise AssertionError(f"{names} are not known; {sorted(known)} are")

    async def heard(self) -> list[dict[str, Any]]:
        """What the kernel told everybody since the last call; all that our code has asked it by now is answered."""
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name().startswith("mccom kernel")))
        reply = await self.client.kernel_info(reply=True, timeout=_PATIENCE_S)
        question, messages = reply["parent_header"]["msg_id"], []
        while True:
            message = await self.client.get_iopub_msg(timeout=_PATIENCE_S)
            if message["parent_header"].get("msg_id") != question:
                messages.append(message)
            elif message["content"]["execution_state"] == "idle":
                return messages

    async def started(self) -> None:
        """Waits until the kernel is heard by us, and by the server to be idle."""
        is_heard = False
        while not is_heard or self.manager.execution_state != "idle":  # the server hears of it with the next message
            await self.client.kernel_info(reply=True, timeout=_PATIENCE_S)
            with suppress(Empty):
                await self.client.get_iopub_msg(timeout=0.02)
                is_heard = True


@asynccontextmanager
async def notebook(app: Any, kernel: str = "python3", path: str = DOCUMENT) -> AsyncGenerator[Notebook, None]:
    """Opened and started; ended with all that was started."""
    session = await app.session_manager.create_session(path=path, name=DOCUMENT, type="notebook", kernel_name=kernel)
    opened = Notebook(app, session["kernel"]["id"])
    try:
        await opened.started()
        yield opened
    finally:
        await opened.names.aclose()
        opened.client.stop_channels()
        if opened.kernel_id in app.kernel_manager:  # at once: the cells of some tests keep it from ending by itself
            await app.kernel_manager.shutdown_kernel(opened.kernel_id, now=True)


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(int(_PATIENCE_S / 0.01)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the server never knew")
