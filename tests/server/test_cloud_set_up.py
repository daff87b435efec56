"""A cloud is set up over the routes of a real Jupyter server, with a provider that speaks real HTTP."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider, providing

Fetch = Callable[..., Awaitable[HTTPResponse]]
SERVER: dict[str, Any] = {"jpserver_extensions": {"jupyter_mccom": True}, "allow_unauthenticated_access": False}


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    """A server without a model, whose person may set up a cloud."""
    return {"ServerApp": SERVER, "MCCom": {"models_dir": str(tmp_path / "models"), "find_servers": False}}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A running provider."""
    with providing() as found:
        yield found


@pytest.fixture
def folder(jp_config_dir: Path, jp_environ: None) -> Path:
    """Where the person's clouds are kept."""
    return jp_config_dir / "mccom"


async def _json(fetch: Fetch, *route: str, **options: Any) -> Any:
    if "body" in options:
        options["body"] = json.dumps(options["body"])
    return json.loads((await fetch("mccom", *route, **options)).body)


async def _refused(fetch: Fetch, *route: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as refused:
        await _json(fetch, *route, **options)
    assert refused.value.response is not None
    message: str = json.loads(refused.value.response.body)["message"]
    assert "\n" not in message
    return refused.value.code, message


def _cloud(provider: FakeProvider, **values: str) -> dict[str, str]:
    return {"provider": PROVIDER, "url": provider.url, "model": MODELS[0], "key": KEY, **values}


async def _completed(fetch: Fetch, **values: object) -> dict[str, Any]:
    """The last line of an answer for which the cloud is asked at once."""
    place = {"client_id": "w", "request_id": "r", "document": "a.ipynb", "cell_id": "c", "language": "python"}
    body = {**place, "prefix": "def add(first, second):\n    return ", "suffix": "", "trigger": "ask", **values}
    response = await fetch("mccom", "complete", method="POST", body=json.dumps(body))
    line: dict[str, Any] = json.loads(response.body.decode().splitlines()[-1])
    return line


async def test_a_cloud_is_listed_tried_set_up_used_and_removed(
    jp_fetch: Fetch, provider: FakeProvider, folder: Path
) -> None:
    """A cloud is set up, tested, used and removed without a restart; its key is in no answer and in no open file."""
    before = await _json(jp_fetch, "cloud")
    assert (before["cloud"], before["may_set_up"], before["why_not"], before["trouble"]) == (None, True, "", "")
    asked = _cloud(provider)
    assert await _json(jp_fetch, "cloud", "models", method="POST", body=asked) == {"models": MODELS}
    trial = await _json(jp_fetch, "cloud", "test", method="POST", body=asked)
    assert (trial["text"], trial["model"], trial["checks_drafts"]) == ("first + second", MODELS[0], False)
    assert (await _json(jp_fetch, "cloud"))["cloud"] is None
    state = await _json(jp_fetch, "cloud", method="PUT", body=asked)
    assert state["cloud"] == {
        "provider": PROVIDER,
        "name": "Mistral",
        "url": provider.url,
        "model": MODELS[0],
        "has_key": True,
        "key_place": "file",
        "by": "person",
    }
    line = await _completed(jp_fetch)
    assert (line["text"], line["origin"]) == ("first + second", "cloud")
    status = await _json(jp_fetch, "status")
    assert (status["cloud"]["provider"], status["cloud"]["by"], status["cloud"]["state"]) == (
        PROVIDER,
        "person",
        "ready",
    )
    told = [state, trial, status, await _json(jp_fetch, "settings"), await _json(jp_fetch, "traces")]
    assert KEY not in json.dumps(told) + (folder / "cloud.json").read_text()
    assert KEY in (folder / "keys.json").read_text()
    if os.name == "posix":
        assert [stat.S_IMODE((folder / name).stat().st_mode) for name in ("keys.json", "cloud.json")] == [0o600, 0o600]
    after = await _json(jp_fetch, "cloud", PROVIDER, method="DELETE")
    assert (after["cloud"], (await _json(jp_fetch, "status"))["cloud"]) == (None, None)
    assert KEY not in (folder / "keys.json").read_text()
    assert {key for _, key in provider.asked} == {KEY}


async def test_the_routes_never_block(jp_fetch: Fetch, provider: FakeProvider, never_blocks: object) -> None:
    """No route of the cloud blocks the server's loop."""
    await _json(jp_fetch, "cloud")
    asked = _cloud(provider)
    await _json(jp_fetch, "cloud", "models", method="POST", body=asked)
    await _json(jp_fetch, "cloud", "test", method="POST", body=asked)
    await _json(jp_fetch, "cloud", method="PUT", body=asked)
    await _json(jp_fetch, "cloud", "test", method="POST", body={})
    await _json(jp_fetch, "status")
    await _json(jp_fetch, "cloud", PROVIDER, method="DELETE")
