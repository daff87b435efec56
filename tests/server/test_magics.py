"""`%mccom` in real kernels: of a notebook on a real Jupyter server, and of kernels that reach none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import AsyncKernelManager

from jupyter_mccom.models.store import Store
from jupyter_mccom.server.messages import message
from tests.conftest import SMALL
from tests.live import DOCUMENT, Notebook, notebook

from .asking import Fetch

LOAD = "%load_ext jupyter_mccom"
PLAIN: dict[str, Any] = {"ServerApp": {"jpserver_extensions": {}}}


async def _said(client: Any, code: str, cell_id: str = "") -> str:
    """Runs a cell; all that it printed and displayed, as text, and what it displayed as HTML."""
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    sent = client.session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else {})
    client.shell_channel.send(sent)
    said = ""
    while True:
        message = await client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != sent["header"]["msg_id"]:
            continue
        body, kind = message["content"], message["msg_type"]
        if kind == "stream":
            said += body["text"]
        elif kind == "display_data":
            said += "".join(body["data"].get(mime, "") for mime in ("text/plain", "text/html"))
        elif kind == "status" and body["execution_state"] == "idle":
            return said


@asynccontextmanager
async def _book(app: Any) -> AsyncGenerator[Notebook, None]:
    async with notebook(app) as book:
        assert await _said(book.client, LOAD) == ""
        yield book


async def _status(fetch: Fetch) -> Any:
    return json.loads((await fetch("mccom", "status")).body)


async def _traces(fetch: Fetch) -> Any:
    return json.loads((await fetch("mccom", "traces")).body)["traces"]


async def test_it_acts_on_the_notebooks_own_server(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """%mccom acts on the server of its own notebook."""
    async with _book(jp_serverapp) as book:
        assert (await _said(book.client, "%mccom")).startswith(f"ready: {SMALL} ")
        assert "pd" in await _said(book.client, "%mccom complete import pandas as ")
        (trace,) = await _traces(jp_fetch)
        assert (trace["document"], trace["route"]["to"]) == (DOCUMENT, "local")
        why = await _said(book.client, "%mccom why")
        assert f"local: {SMALL}" in why
        assert '<th scope="row"' in why
        stats = await _said(book.client, "%mccom stats")
        assert re.search(r"\b1\b.*\b0\b", stats)
        assert '<svg role="img"' in stats
        assert "deleted" in await _said(book.client, "%mccom forget")
        assert await _traces(jp_fetch) == []
        assert DOCUMENT in await _said(book.client, "%mccom why")
        assert SMALL in await _said(book.client, f"%mccom pull {SMALL}")


async def test_what_it_sets_holds_on_the_server(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """What %mccom sets holds on the server, and locked settings are refused."""
    async with _book(jp_serverapp) as book:
        await _said(book.client, "%mccom off")
        assert (await _status(jp_fetch))["state"] == "off"
        await _said(book.client, "%mccom on")
        assert (await _status(jp_fetch))["state"] != "off"
        assert "MCCom.model" in await _said(book.client, "%mccom model smollm2-135m")
        assert "c.MCCom.cloud_dialect" in await _said(book.client, "%mccom cloud on")


async def test_a_cell_is_completed_and_offered_as_the_next(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """%%mccom completes its cell with what ran before and offers it as the next input."""
    async with _book(jp_serverapp) as book:
        for source in ("revenue_north = 3", "print(revenue_north)", "total = 2 * revenue_north"):
            await book.ran(source)
        reply = await book.run("%%mccom\nprint('revenue')\nprint(revenue_")
        (payload,) = reply["payload"]
        assert payload["source"] == "set_next_input"
        assert payload["text"].startswith("print('revenue')\nprint(revenue_north")


async def test_it_honours_an_opt_out(jp_serverapp: Any, jp_fetch: Fetch, jp_root_dir: Path) -> None:
    """In a notebook or cell that opts out, %mccom completes nothing and says why; status and why say so too."""
    async with _book(jp_serverapp) as book:
        file = jp_root_dir / DOCUMENT
        cells = [{"id": "c1", "metadata": {"tags": ["no-completion"]}}, {"id": "c2", "metadata": {}}]
        file.write_text(json.dumps({"metadata": {}, "cells": cells}))
        cell, notebook = (message("reasons", code) for code in ("cell-off", "notebook-off"))
        assert await _said(book.client, "%mccom complete import pandas as ", "c1") == f"nothing: {cell}\n"
        assert "pd" in await _said(book.client, "%mccom complete import pandas as ", "c2")
        file.write_text(json.dumps({"metadata": {"mccom": {"completions": False}}, "cells": cells}))
        assert await _said(book.client, "%%mccom\nimport pandas as ", "c2") == f"nothing: {notebook}\n"
        for line in ("%mccom", "%mccom why"):
            assert f"nothing comes here: {notebook}" in await _said(book.client, line, "c2")


async def test_why_leaves_out_other_notebooks_and_the_cell_that_asks(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """%mccom why leaves out other notebooks and the cell that asks."""

    async def completed(document: str, cell_id: str) -> None:
        place = {"client_id": "w", "request_id": cell_id, "document": document, "cell_id": cell_id}
        body = {**place, "language": "python", "prefix": "import pandas as ", "suffix": "", "trigger": "invoke"}
        await jp_fetch("mccom", "complete", method="POST", body=json.dumps(body))

    async with _book(jp_serverapp) as book:
        await completed("other.ipynb", "c1")
        await completed(DOCUMENT, "c2")
        assert "(invoke)" not in await _said(book.client, "%mccom why", "c2")
        assert f"{DOCUMENT} (invoke)" in await _said(book.client, "%mccom why", "c3")
        (session,) = await jp_serverapp.session_manager.list_sessions()
        await jp_serverapp.session_manager.update_session(session["id"], path="other.ipynb")
        assert "other.ipynb (invoke)" in await _said(book.client, "%mccom why", "c3")


@pytest.mark.parametrize("jp_server_config", [PLAIN])
async def test_a_server_without_the_extension_is_named(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """A server without the extension is named with the next step."""
    async with _book(jp_serverapp) as book:
        assert "install jupyter-mccom" in await _said(book.client, "%mccom")


def _tell_token(info: Path, token: str) -> None:
    info.write_text(json.dumps({**json.loads(info.read_text()), "token": token}))


async def test_a_server_that_does_not_let_the_kernel_in_is_named(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """A server that refuses the kernel's token is named."""
    _tell_token(Path(jp_serverapp.info_file), "wrong")
    async with _book(jp_serverapp) as book:
        assert "token" in await _said(book.client, "%mccom")


@asynccontextmanager
async def _kernel(tmp_path: Path, models: Store, **environment: str) -> AsyncGenerator[Any, None]:
    """A kernel that no Jupyter server knows, in an empty folder, with the smallest model."""
    profile = tmp_path / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    settings = f"c.MCCom.model = {SMALL!r}\nc.MCCom.models_dir = {str(models.models_dir)!r}\n"
    (profile / "ipython_config.py").write_text(settings)
    manager: Any = AsyncKernelManager(kernel_name="python3")
    inherited = {name: value for name, value in os.environ.items() if name != "JPY_SESSION_NAME"}
    env = {**inherited, "IPYTHONDIR": str(tmp_path / "ipython"), **environment}
    await manager.start_kernel(cwd=str(tmp_path), env=env)
    client = manager.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        assert await _said(client, LOAD) == ""
        yield client
    finally:
        client.stop_channels()
        await manager.shutdown_kernel()


async def test_a_server_that_does_not_know_the_kernel(
    jp_serverapp: Any, jp_fetch: Fetch, models: Store, tmp_path: Path
) -> None:
    """A server with the recorded process id that does not know the kernel is not asked."""
    assert Path(jp_serverapp.info_file).name == f"jpserver-{os.getpid()}.json"
    async with _kernel(tmp_path, models) as client:
        assert "Jupyter server" in await _said(client, "%mccom")
        assert "pd" in await _said(client, "%mccom complete import pandas as ")
        assert await _traces(jp_fetch) == []


async def test_a_kernel_far_from_its_server_says_what_cannot_work(models: Store, tmp_path: Path) -> None:
    """A kernel far from its server says which verbs cannot work, and completes alone."""
    async with _kernel(tmp_path, models, JPY_SESSION_NAME="/home/me/a.ipynb") as client:
        said = await _said(client, "%mccom why")
        assert "%mccom why" in said
        assert "Traceback" not in said
        assert "pd" in await _said(client, "%mccom complete import pandas as ")
