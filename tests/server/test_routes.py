"""The routes on a real server with a real model: what is answered, refused, cancelled and remembered."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import closing, suppress
from pathlib import Path

import anyio
import httpx
import pytest
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from jupyter_mccom.compose import traces_file
from jupyter_mccom.errors import ModelError
from jupyter_mccom.learning.evidence import Example
from jupyter_mccom.learning.trace_file import TraceStore
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from tests.conftest import SMALL
from tests.server.asking import PATIENCE_S, REQUEST, Fetch, answer, complete, model_processes

GOLDEN = Path(__file__).parents[1] / "wire"


async def test_a_completion_then_typing_along_then_its_outcome(jp_fetch: Fetch, never_blocks: object) -> None:
    """A completion, typing along and the outcome are one suggestion in the traces."""
    (line,) = await complete(jp_fetch)
    assert (line["type"], line["request_id"], line["origin"]) == ("final", "r-1", "local")
    assert line["text"]
    typed = REQUEST["prefix"] + line["text"][0]
    (again,) = await complete(jp_fetch, request_id="r-2", prefix=typed)
    assert (again["text"], again["origin"]) == (line["text"][1:], "again")
    assert again["suggestion_id"] == line["suggestion_id"]
    (last,) = (await answer(jp_fetch, "traces", params={"last": "1"}))["traces"]
    assert (last["request_id"], last["text"]) == ("r-1", line["text"])
    outcome = {"suggestion_id": line["suggestion_id"], "kind": "accepted", "kept_chars": 3, "shown_ms": 900}
    assert (await jp_fetch("mccom", "outcome", method="POST", body=json.dumps(outcome))).code == 204
    first, second = (await answer(jp_fetch, "traces"))["traces"]
    assert (first["outcome"], second["outcome"]) == (outcome, None)
    survival = {"suggestion_id": line["suggestion_id"], "after_s": 30, "kept_chars": 3, "of_chars": 4}
    assert (await jp_fetch("mccom", "survival", method="POST", body=json.dumps(survival))).code == 204
    with anyio.fail_after(PATIENCE_S):
        while [found.survived_30 for found in await asyncio.to_thread(_kept)] != [0.75]:
            await asyncio.sleep(0.05)
    assert (await jp_fetch("mccom", "traces", method="DELETE")).code == 204
    assert (await answer(jp_fetch, "traces"))["traces"] == []
    assert await asyncio.to_thread(_kept) == []


async def test_a_newer_request_cancels_the_older(jp_fetch: Fetch) -> None:
    """A newer request cancels the older of the same window and document, and no other."""
    await complete(jp_fetch)
    long = "".join(f"name_{i} = {i}\n" for i in range(60))
    older = asyncio.create_task(complete(jp_fetch, prefix=long + "print("))
    await asyncio.sleep(0.05)
    other = asyncio.create_task(complete(jp_fetch, client_id="other", prefix=long + "print(name_"))
    newer = await complete(jp_fetch, prefix=long + "print(na")
    assert (await older, len(newer), len(await other)) == ([], 1, 1)


async def test_status_warm_and_unload_with_the_server(jp_fetch: Fetch) -> None:
    """The status has the golden fields, and warming starts the model's process."""
    status = await answer(jp_fetch, "status")
    golden = json.loads((GOLDEN / "status_ready.json").read_text())
    assert status.keys() == golden.keys()
    assert status["model"] == {"id": "smollm2-135m", "bytes": 98_362_432, "present": True}
    assert (await jp_fetch("mccom", "warm", method="POST", body="{}")).code == 204
    with anyio.fail_after(PATIENCE_S):
        while not model_processes():
            await asyncio.sleep(0.05)


async def test_a_snooze_answers_only_who_asks(jp_fetch: Fetch) -> None:
    """While suggestions are snoozed a key gets no line and a request by hand is answered."""
    body = (GOLDEN / "snooze.json").read_text()
    told = json.loads((await jp_fetch("mccom", "snooze", method="PUT", body=body)).body)
    assert 14 * 60 < told["snooze"]["left_s"] <= 15 * 60
    assert await complete(jp_fetch, trigger="typing") == []
    assert len(await complete(jp_fetch, trigger="invoke")) == 1
    with pytest.raises(HTTPClientError, match="400"):
        await jp_fetch("mccom", "snooze", method="PUT", body='{"minutes": -1}')
    told = json.loads((await jp_fetch("mccom", "snooze", method="PUT", body="{}")).body)
    assert told["snooze"] == {"left_s": None}
    told = json.loads((await jp_fetch("mccom", "snooze", method="DELETE")).body)
    assert told["snooze"] is None
    assert len(await complete(jp_fetch, trigger="typing")) == 1


async def test_who_opts_out_gets_nothing(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    """A notebook that opts out gets an answer that says so, and the status says why nothing comes in it."""
    book = {"metadata": {"mccom": {"completions": False}}, "cells": []}
    (jp_root_dir / "out.ipynb").write_text(json.dumps(book))
    for trigger in ("typing", "invoke", "ask"):
        (line,) = await complete(jp_fetch, document="out.ipynb", trigger=trigger)
        assert (line["type"], line["text"], line["route"]["to"]) == ("final", "", "nothing")
        assert line["route"]["reason"] == "notebook-off"
    (line,) = await complete(jp_fetch, opt_out="cell")
    assert line["route"]["reason"] == "cell-off"
    told = json.loads((await jp_fetch("mccom", "status", params={"document": "out.ipynb"})).body)
    assert (told["off_here"], told["opt_outs_bind"]) == ("notebook-off", [])
    assert json.loads((await jp_fetch("mccom", "status")).body)["off_here"] is None


async def test_no_process_outlives_the_server() -> None:
    """No model process outlives the server."""
    with anyio.fail_after(PATIENCE_S):
        while model_processes():
            await asyncio.sleep(0.05)


async def test_why_a_download_failed_is_told_until_a_model_answers(
    jp_fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status tells why a download failed until a model answers."""

    def full(*args: object, **kwargs: object) -> None:
        raise ModelError("the disk is full; free some space")

    monkeypatch.setattr(Store, "pull", full)
    await jp_fetch("mccom", "pull", method="POST", body="{}")
    with anyio.fail_after(PATIENCE_S):
        while (status := await answer(jp_fetch, "status"))["pull"] is not None:
            await asyncio.sleep(0.05)
    assert (status["state"], status["detail"]) == ("trouble", "the disk is full; free some space")
    await complete(jp_fetch)
    assert (await answer(jp_fetch, "status"))["state"] == "ready"


async def test_a_model_that_is_there_needs_no_download(jp_fetch: Fetch) -> None:
    """A pull of a model that is here is accepted and ends at once."""
    response = await jp_fetch("mccom", "pull", method="POST", body="{}")
    assert response.code == 202
    assert (await answer(jp_fetch, "pull", method="DELETE"))["pull"] is None


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("{", 400, "not JSON"),
        ("[]", 400, "JSON object"),
        ("{}", 400, "'request_id'"),
        (json.dumps({**REQUEST, "prefix": 1}), 400, "'prefix'"),
        (json.dumps({**REQUEST, "trigger": "no"}), 400, "'trigger'"),
        (json.dumps({**REQUEST, "cells_before": [3]}), 400, "cells_before"),
        (json.dumps({**REQUEST, "deadline_s": -1}), 400, "deadline_s"),
        (json.dumps({**REQUEST, "deadline_s": 10**400}), 400, "deadline_s"),
        (json.dumps({**REQUEST, "language": "x" * 200_000}), 400, "language"),
        (json.dumps({**REQUEST, "document": "a\0.py"}), 400, "document"),
        (json.dumps({**REQUEST, "document": "\ud800.py"}), 400, "document"),
        ("[" * 100_000 + "]" * 100_000, 400, "nested"),
        (json.dumps({**REQUEST, "prefix": "x" * 300_000}), 413, "256 KiB"),
    ],
    ids=[
        *("broken", "list", "empty", "type", "choice", "cells", "range", "number", "language", "nul", "half", "nested"),
        "large",
    ],
)
async def test_bad_bodies_get_one_clear_line(jp_fetch: Fetch, body: str, code: int, said: str) -> None:
    """A bad body gets a status and one clear line."""
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("mccom", "complete", method="POST", body=body)
    assert refused.value.code == code
    assert refused.value.response is not None
    message = json.loads(refused.value.response.body)["message"]
    assert said in message
    assert "\n" not in message


DEEP = "".join(f"{' ' * depth}if x:\n" for depth in range(300))
HOSTILE = {
    "deep": f"{DEEP}{' ' * 300}y = ",
    "minuses": f"x = {'-' * 500}1\ny = ",
    "brackets": "(" * 250_000,
    "words": "a b c d e " * 25_000,
    "blanks": " " * 250_000,
    "half": "x = '\ud800'\ny = ",
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_cells_are_completed(jp_fetch: Fetch, never_blocks: object, kind: str) -> None:
    """A cell that no parser takes is answered in time, and the loop goes on meanwhile."""
    prefix = HOSTILE[kind]
    slowest_s = 0.0

    async def beat() -> None:
        nonlocal slowest_s
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(0.01)
            slowest_s = max(slowest_s, time.monotonic() - began_s)

    beating = asyncio.create_task(beat())
    with anyio.fail_after(PATIENCE_S):
        lines = await complete(jp_fetch, prefix=prefix, request_id=kind)
    beating.cancel()
    assert lines[-1]["type"] == "final"
    assert slowest_s < 1


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_not_read(jp_fetch: Fetch, jp_serverapp: ServerApp, chunked: bool) -> None:
    """A body of 150 MB is refused or cut off before more than a few of them were sent."""
    url = httpx.URL(jp_serverapp.connection_url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    size = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {150 << 20}"
    token = f"Authorization: token {jp_serverapp.identity_provider.token}"
    writer.write(
        f"POST {url.raw_path.decode()}mccom/complete HTTP/1.1\r\nHost: {url.host}\r\n{token}\r\n{size}\r\n\r\n".encode()
    )
    n_sent, piece = 0, b"x" * 100_000
    with suppress(ConnectionError):
        while n_sent < 30 << 20 and not writer.is_closing():
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
            n_sent += len(piece)
            await asyncio.sleep(0)
    assert n_sent < 30 << 20
    with suppress(ConnectionError):
        assert (await reader.readline()).split()[1] in (b"413", b"400")
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()


@pytest.mark.parametrize(
    "route", ["complete", "outcome", "survival", "warm", "pull", "status", "traces", "left", "settings"]
)
async def test_nobody_without_a_token_gets_in(jp_fetch: Fetch, route: str) -> None:
    """No route answers without the token."""
    method = "GET" if route in ("status", "traces", "left", "settings") else "POST"
    body = None if method == "GET" else "{}"
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("mccom", route, method=method, body=body, headers={"Authorization": "token wrong"})
    assert refused.value.code == 403


def _kept() -> list[Example]:
    with closing(TraceStore(traces_file(MCCom()))) as store:
        return store.examples(SMALL, "anchored-block, healed")


async def test_a_restart_is_at_once(jp_fetch: Fetch) -> None:
    """A restart ends the model's process, and the next one answers without a pause."""
    await complete(jp_fetch)
    (former,) = model_processes()
    status = json.loads((await jp_fetch("mccom", "restart", method="POST", body="")).body)
    assert status["state"] in ("loading", "ready")
    (line,) = await complete(jp_fetch, prefix="import numpy as ")
    assert line["type"] == "final"
    assert former not in model_processes()
