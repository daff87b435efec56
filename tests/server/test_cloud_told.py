"""Every open page hears at once that another cloud is set up, whoever did it: on Jupyter's event bus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import pytest
from tornado.websocket import WebSocketClientConnection

from jupyter_mccom.cloud.cloud_request import CloudRequest
from jupyter_mccom.compose import open_set_up
from jupyter_mccom.server import live_cloud
from jupyter_mccom.server.events import SETTINGS_CHANGED
from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider
from tests.cloud_requests import SERVER, Fetch, cloud_at, completed, json_of

PATIENCE_S = 10.0


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    """A server without a model."""
    return {"ServerApp": SERVER, "MCCom": {"models_dir": str(tmp_path / "models"), "find_servers": False}}


Listen: TypeAlias = Callable[..., Awaitable[WebSocketClientConnection]]


@asynccontextmanager
async def _pages(listen: Listen) -> AsyncGenerator[list[WebSocketClientConnection], None]:
    """Two pages that listen to the bus."""
    found = [await listen("api", "events", "subscribe") for _ in range(2)]
    try:
        yield found
    finally:
        for page in found:
            page.close()


async def _told(pages: list[WebSocketClientConnection]) -> list[str]:
    """What each page hears next, whole."""
    heard = []
    with anyio.fail_after(PATIENCE_S):
        for page in pages:
            message = await page.read_message()
            assert isinstance(message, str)
            assert json.loads(message)["schema_id"] == SETTINGS_CHANGED
            heard.append(message)
    return heard


async def test_every_page_hears_of_a_cloud(jp_fetch: Fetch, jp_ws_fetch: Listen, provider: FakeProvider) -> None:
    """A set-up and a removal in one page are told to all, without the key."""
    async with _pages(jp_ws_fetch) as pages:
        await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
        heard = await _told(pages)
        await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
        heard += await _told(pages)
    assert KEY not in "".join(heard)


async def test_every_page_hears_of_a_command(
    jp_fetch: Fetch, jp_ws_fetch: Listen, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a page is open, what a command or another server sets up is told within seconds, though nobody asks."""
    monkeypatch.setattr(live_cloud, "_LOOK_S", 0.05)
    assert (await json_of(jp_fetch, "status"))["cloud"] is None
    elsewhere = open_set_up()
    async with _pages(jp_ws_fetch) as pages:
        await elsewhere.add(CloudRequest(provider=PROVIDER, url=provider.url, model=MODELS[0], key=KEY))
        await _told(pages)
        assert (await completed(jp_fetch))["text"] == "first + second"
        await elsewhere.remove(PROVIDER)
        await _told(pages)
    assert (await completed(jp_fetch, document="b.ipynb"))["origin"] != "cloud"


async def test_a_server_that_nobody_uses_looks_at_nothing(jp_fetch: Fetch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once no page has asked for a while, the file is looked at no more."""
    monkeypatch.setattr(live_cloud, "_LOOK_S", 0.01)
    monkeypatch.setattr(live_cloud, "_ATTENDED_S", 0.05)
    await json_of(jp_fetch, "status")
    with anyio.fail_after(PATIENCE_S):
        while any(task.get_name() == "mccom cloud" for task in asyncio.all_tasks()):
            await asyncio.sleep(0.02)
