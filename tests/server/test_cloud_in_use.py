"""Bad days of a cloud that is in use, on a real Jupyter server: switched, removed, full disk, midnight."""

from __future__ import annotations

import asyncio
import errno
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom import atomic_json
from jupyter_mccom.compose import default_spent_file
from jupyter_mccom.compose.cascade import SystemClock
from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider
from tests.cloud_requests import SERVER, Fetch, cloud_at, completed, json_of, refusal_of
from tests.cloud_server import Piece, answer, events, serving
from tests.keyring_backend import ringing

DAY_S = 86400


@pytest.fixture
def given() -> dict[str, Any]:
    """What an administrator has set."""
    return {}


@pytest.fixture
def jp_server_config(
    tmp_path: Path, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch, jp_environ: None
) -> dict[str, Any]:
    """A server without a model, whose person has a data folder of their own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    base = {"models_dir": str(tmp_path / "models"), "find_servers": False}
    return {"ServerApp": SERVER, "MCCom": base | given}


def _says(text: str) -> bytes:
    return events({"choices": [{"delta": {"content": text}}]}, done=False)


def _in_two_pieces(path: str, body: dict[str, Any]) -> Sequence[Piece]:
    head, *_ = answer(b"")
    return [head, _says("first "), 0.6, _says("+ second"), b"data: [DONE]\n\n"]


@pytest.mark.parametrize("what", ["switched", "removed", "tested"])
async def test_a_stream_goes_on_whatever_is_set_up_meanwhile(jp_fetch: Fetch, other: FakeProvider, what: str) -> None:
    """A provider that is switched, removed or tested in mid-stream ends no text that it is writing."""
    async with serving(by=_in_two_pieces) as server:
        here = {"provider": PROVIDER, "url": server.url, "model": MODELS[0], "key": KEY}
        await json_of(jp_fetch, "cloud", method="PUT", body=here)
        running = asyncio.create_task(completed(jp_fetch))
        while not server.asked:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        if what == "switched":
            await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(other))
        elif what == "removed":
            await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
        else:
            assert (await json_of(jp_fetch, "cloud", "test", method="POST", body={}))["text"] == "first + second"
        assert (await running)["text"] == "first + second"
    after = await completed(jp_fetch, document="b.ipynb")
    assert (after["text"] == "first - second", after["origin"] == "cloud") == (what == "switched",) * 2


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES], ids=["full", "read-only", "forbidden"])
async def test_a_disk_that_takes_nothing_keeps_what_was(
    jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be written a set-up and a removal say so, and the cloud in use, its calls and its key go on."""
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))

    def refused(path: Path, value: object, *, private: bool = False) -> None:
        raise OSError(number, os.strerror(number), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(atomic_json, "write", refused)
        code, message = await refusal_of(jp_fetch, "cloud", method="PUT", body=cloud_at(other))
        assert (code, "writ" in message, KEY in message) == (409, True, False)
        code, message = await refusal_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
        assert (code, "writ" in message) == (409, True)
        assert (await completed(jp_fetch))["text"] == "first + second"
        cloud = (await json_of(jp_fetch, "status"))["cloud"]
        assert (cloud["url"], cloud["state"], "counted for this server only" in cloud["detail"]) == (
            provider.url,
            "ready",
            True,
        )
    assert (await completed(jp_fetch, document="b.ipynb"))["text"] == "first + second"
    assert (await json_of(jp_fetch, "cloud"))["cloud"]["has_key"]
    assert (await json_of(jp_fetch, "status"))["cloud"]["detail"] == ""
    assert other.asked == []


async def test_a_removal_that_cannot_be_kept_deletes_no_key(
    jp_fetch: Fetch, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk a removal leaves the key in the keyring, since the cloud is still in use."""

    def full(path: Path, value: object, *, private: bool = False) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    with ringing() as ring:
        await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
        with monkeypatch.context() as patch:
            patch.setattr(atomic_json, "write", full)
            await refusal_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
        assert list(ring.kept.values()) == [KEY]
        assert (await json_of(jp_fetch, "cloud", "test", method="POST", body={}))["text"] == "first + second"
        await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
        assert ring.kept == {}


@pytest.mark.parametrize("given", [{"cloud_calls_a_day": 1}])
async def test_midnight_brings_the_calls_back(
    jp_fetch: Fetch, provider: FakeProvider, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the day's calls are used up the cloud is limited; midnight brings them back, and no jump back does."""
    now = [100.9 * DAY_S]
    monkeypatch.setattr(SystemClock, "unix_s", lambda self: now[0])
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    found = []
    for number, day in enumerate((100.9, 100.95, 101.0, 101.1, 100.99)):
        now[0] = day * DAY_S
        found.append((await completed(jp_fetch, document=f"{number}.ipynb"))["origin"] == "cloud")
        assert (await json_of(jp_fetch, "status"))["cloud"]["state"] == "limited"
    assert found == [True, False, True, False, False]


@pytest.mark.parametrize("content", ["{", '{"days": {"1": "all"}}', "\x00" * 100], ids=["half", "shape", "binary"])
async def test_a_corrupt_budget_costs_no_completion(jp_fetch: Fetch, provider: FakeProvider, content: str) -> None:
    """A budget file that is corrupted while the server runs costs no completion, and is whole after it."""
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    file = default_spent_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    assert (await completed(jp_fetch))["text"] == "first + second"
    ((calls, _),) = json.loads(file.read_text())["days"].values()
    assert calls == 1
    assert (await json_of(jp_fetch, "status"))["cloud"]["detail"] == ""
