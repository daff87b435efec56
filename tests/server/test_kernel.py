"""Asking live kernels: when they are asked, what is known of them, and kernels that are not there to answer."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import anyio
import pytest
from blockbuster import BlockBuster

from jupyter_mccom.frame import Frame
from jupyter_mccom.types import CompletionRequest
from tests.live import DOCUMENT, Notebook, notebook

posix = pytest.mark.skipif(os.name != "posix", reason="signals")


@pytest.fixture
def jp_server_config() -> dict[str, Any]:
    """A plain server, which needs no model and soon sees that a kernel is dead."""
    return {"ServerApp": {"jpserver_extensions": {}}, "KernelRestarter": {"time_to_dead": 0.2}}


def _asked(messages: list[dict[str, Any]], book: Notebook) -> int:
    """How often another client than the test's made the kernel run something."""
    parents = [message["parent_header"] for message in messages if message["msg_type"] == "status"]
    not_ours = [parent for parent in parents if parent.get("session") != book.client.session.session]
    return [parent.get("msg_type") for parent in not_ours].count("execute_request") // 2


async def test_a_real_column_reaches_the_prompt(jp_serverapp: Any, never_blocks: BlockBuster) -> None:
    """The columns and types of a live frame reach the prompt."""
    async with notebook(jp_serverapp) as book:
        await book.ran("import pandas\ndf = pandas.DataFrame({'rooms': [1], 'price': [1.5]})\n42")
        known = await book.knows("df")
        assert (known["df"].type_name, known["df"].shape) == ("pandas.DataFrame", "(1, 2)")
        assert known["df"].members == ("rooms: int64", "price: float64")
        assert not known.keys() & {"In", "Out", "exit", "quit", "get_ipython", "open", "_", "_i"}
        request = CompletionRequest(
            id="r", client="c", document=DOCUMENT, cell_id="1", language="python", prefix='df["pr', suffix=""
        )
        chunk = await book.names.chunk(request)
        assert chunk is not None
        assert chunk.text == "# df: pandas.DataFrame (1, 2) columns: rooms: int64, price: float64"


async def _frames(book: Notebook, *columns: str) -> None:
    """Waits until the chunk of a line that names nothing has one frame, with these columns; none: no frame."""
    request = CompletionRequest(
        id="r", client="c", document=DOCUMENT, cell_id="1", language="python", prefix="x = ", suffix=""
    )
    wanted = (Frame(name="df", columns=columns),) if columns else ()
    with anyio.fail_after(60):
        while (chunk := await book.names.chunk(request)) is None or (chunk.text, chunk.frames) != ("", wanted):
            await asyncio.sleep(0.05)


async def test_the_frames_are_told_while_nothing_runs(jp_serverapp: Any) -> None:
    """All columns of the frames are told, but not while a cell runs, which may change them."""
    async with notebook(jp_serverapp) as book:
        await book.ran("import pandas\ndf = pandas.DataFrame({'rooms': [1]})")
        await _frames(book, "rooms")
        book.client.execute("import time\ndf['price'] = 1.5\ntime.sleep(30)")
        await book.state("busy")
        await _frames(book)
        await book.manager.interrupt_kernel()
        await _frames(book, "rooms", "price")


async def test_it_is_asked_once_for_what_ran_however_many_keys(jp_serverapp: Any) -> None:
    """A kernel is asked once for each run, however many keys follow."""
    async with notebook(jp_serverapp) as book:
        await book.ran("first = 1")
        await book.knows("first")
        await book.heard()
        await asyncio.gather(*(book.names.names(DOCUMENT) for _ in range(5)))
        assert _asked(await book.heard(), book) == 0
        await book.ran("second = 2")
        found = await asyncio.gather(*(book.names.names(DOCUMENT) for _ in range(5)))
        await book.knows("second")
        assert _asked(await book.heard(), book) == 1
        assert len(found) == 5


async def test_a_busy_kernel_is_not_asked_and_what_it_held_is_known(jp_serverapp: Any) -> None:
    """A busy kernel is not asked, and what it held before is known."""
    async with notebook(jp_serverapp) as book:
        await book.ran("before = 1")
        await book.knows("before")
        await book.heard()
        book.client.execute("after = 2\nimport time\ntime.sleep(30)")
        await book.state("busy")
        for _ in range(5):
            assert [live.name for live in await book.names.names(DOCUMENT)] == ["before"]
        assert book.manager.execution_state == "busy"
        await book.manager.interrupt_kernel()
        await book.knows("before", "after")
        assert _asked(await book.heard(), book) == 1


async def test_after_a_restart_nothing_of_before_is_known(jp_serverapp: Any) -> None:
    """After a restart nothing of before is known."""
    async with notebook(jp_serverapp) as book:
        await book.ran("before = 1")
        await book.knows("before")
        restarting = asyncio.ensure_future(book.kernels.restart_kernel(book.kernel_id))
        await asyncio.sleep(0)
        while not restarting.done():
            assert await book.names.names(DOCUMENT) == ()
            await asyncio.sleep(0.02)
        await restarting.result()
        assert await book.names.names(DOCUMENT) == ()
        await book.ran("after = 1")
        assert "before" not in await book.knows("after")


@posix
async def test_a_killed_kernel_fails_nothing(jp_serverapp: Any) -> None:
    """A killed kernel fails no request, and its successor starts without names."""
    async with notebook(jp_serverapp) as book:
        await book.ran("before = 1")
        await book.knows("before")
        run = book.manager.ready
        os.kill(book.manager.provisioner.pid, signal.SIGKILL)
        while book.manager.ready is run:
            assert [live.name for live in await book.names.names(DOCUMENT)] == ["before"]
            await asyncio.sleep(0.02)
        assert await book.names.names(DOCUMENT) == ()
        while not (book.manager.ready.done() and await book.manager.is_alive()):
            await asyncio.sleep(0.02)


@posix
async def test_a_kernel_that_hangs_is_left_alone_until_it_goes_on(
    jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel that hangs is left alone until it goes on."""
    monkeypatch.setattr("jupyter_mccom.retrieval.kernel._ANSWER_S", 0.2)
    async with notebook(jp_serverapp) as book:
        await book.ran("before = 1")
        await book.knows("before")
        await book.ran("after = 1")
        os.kill(book.manager.provisioner.pid, signal.SIGSTOP)
        end_s = asyncio.get_running_loop().time() + 0.7
        while asyncio.get_running_loop().time() < end_s:  # it is asked twice and does not answer
            assert [live.name for live in await book.names.names(DOCUMENT)] == ["before"]
            await asyncio.sleep(0.02)
        os.kill(book.manager.provisioner.pid, signal.SIGCONT)
        await book.knows("before", "after")


@posix
async def test_closing_ends_what_is_being_asked(jp_serverapp: Any) -> None:
    """Closing ends the question that is under way."""
    async with notebook(jp_serverapp) as book:
        os.kill(book.manager.provisioner.pid, signal.SIGSTOP)
        assert await book.names.names(DOCUMENT) == ()
        asking = [task for task in asyncio.all_tasks() if task.get_name().startswith("mccom kernel")]
        assert len(asking) == 1
        await book.names.aclose()
        assert asking[0].cancelled()
        await book.names.aclose()
        os.kill(book.manager.provisioner.pid, signal.SIGCONT)


async def test_a_kernel_of_another_language_runs_nothing(jp_serverapp: Any) -> None:
    """A kernel of another language is sent nothing."""
    async with notebook(jp_serverapp, kernel="echo") as book:
        await book.run("hello")
        await book.state("idle")
        await book.heard()
        for _ in range(3):
            assert await book.names.names(DOCUMENT) == ()
            await asyncio.sleep(0.11)
        assert _asked(await book.heard(), book) == 0


async def test_a_document_without_a_kernel_has_no_names(jp_serverapp: Any) -> None:
    """A document without a kernel has no names."""
    async with notebook(jp_serverapp) as book:
        await book.ran("x = 1")
        await book.knows("x")
        assert await book.names.names("other.ipynb") == ()
        await book.kernels.shutdown_kernel(book.kernel_id)
        assert await book.names.names(DOCUMENT) == ()


async def test_of_50_000_names_frames_and_newest_are_known(jp_serverapp: Any) -> None:
    """A kernel with 50 000 names gives its frames and its newest names."""
    async with notebook(jp_serverapp) as book:
        await book.ran("import pandas\ndf = pandas.DataFrame({'a': [1]})")
        await book.ran("globals().update({f'n{i}': i for i in range(50_000)})\nlast = 1")
        known = await book.knows("df", "last", "n49999")
        assert len(known) == 200
        assert "n0" not in known


async def test_names_of_all_scripts_are_known(jp_serverapp: Any) -> None:
    """Names and columns of all scripts are known, except those that no comment can hold."""
    async with notebook(jp_serverapp) as book:
        await book.ran("import pandas\ngröße = 名前 = 1\nglobals()['🐼'] = 1\nglobals()['no name'] = 1")
        columns = ["🐼 x", "prix €", "two\nlines", "x" * 81, 2020, ("a", "b"), None]
        await book.ran(
            f"df = pandas.DataFrame([{[0] * len(columns)}], columns=pandas.Index({columns}, tupleize_cols=False))"
        )
        known = await book.knows("größe", "名前", "df")
        assert not known.keys() & {"🐼", "no name"}
        assert known["df"].members == ("🐼 x: int64", "prix €: int64", "2020: int64", "('a', 'b'): int64")
