"""A cloud is set up over the routes of a real Jupyter server, with a provider that speaks real HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tornado.httpclient import HTTPClientError

from jupyter_mccom.cloud import cloud_file
from jupyter_mccom.cloud.cloud_request import CloudRequest
from jupyter_mccom.compose import open_set_up
from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider
from tests.cloud_requests import SERVER, Fetch, cloud_at, completed, json_of, refusal_of
from tests.cloud_server import json_answer, serving

GOLDEN = Path(__file__).parents[1] / "wire"
ROUTES = [("GET", "cloud"), ("PUT", "cloud"), ("POST", "cloud/models"), ("POST", "cloud/test"), ("DELETE", "cloud/x")]


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    """A server without a model, whose person may set up a cloud."""
    return {"ServerApp": SERVER, "MCCom": {"models_dir": str(tmp_path / "models"), "find_servers": False}}


async def test_a_cloud_is_listed_tried_set_up_used_and_removed(
    jp_fetch: Fetch, provider: FakeProvider, folder: Path
) -> None:
    """A cloud is set up, tested, used and removed without a restart; its key is in no answer and in no open file."""
    before = await json_of(jp_fetch, "cloud")
    assert (before["cloud"], before["may_set_up"], before["why_not"], before["trouble"]) == (None, True, "", "")
    asked = cloud_at(provider)
    assert await json_of(jp_fetch, "cloud", "models", method="POST", body=asked) == {"models": MODELS}
    trial = await json_of(jp_fetch, "cloud", "test", method="POST", body=asked)
    assert (trial["text"], trial["model"], trial["checks_drafts"]) == ("first + second", MODELS[0], False)
    assert (await json_of(jp_fetch, "cloud"))["cloud"] is None
    state = await json_of(jp_fetch, "cloud", method="PUT", body=asked)
    assert state["cloud"] == {
        "provider": PROVIDER,
        "name": "Mistral",
        "url": provider.url,
        "model": MODELS[0],
        "has_key": True,
        "key_place": "file",
        "by": "person",
    }
    line = await completed(jp_fetch)
    assert (line["text"], line["origin"]) == ("first + second", "cloud")
    status = await json_of(jp_fetch, "status")
    assert (status["cloud"]["provider"], status["cloud"]["by"], status["cloud"]["state"]) == (
        PROVIDER,
        "person",
        "ready",
    )
    told = [state, trial, status, await json_of(jp_fetch, "settings"), await json_of(jp_fetch, "traces")]
    assert KEY not in json.dumps(told) + (folder / "cloud.json").read_text()
    assert KEY in (folder / "keys.json").read_text()
    if os.name == "posix":
        assert [stat.S_IMODE((folder / name).stat().st_mode) for name in ("keys.json", "cloud.json")] == [0o600, 0o600]
    after = await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
    assert (after["cloud"], (await json_of(jp_fetch, "status"))["cloud"]) == (None, None)
    assert KEY not in (folder / "keys.json").read_text()
    assert {key for _, key in provider.asked} == {KEY}


async def test_no_log_has_the_key(jp_fetch: Fetch, provider: FakeProvider, caplog: pytest.LogCaptureFixture) -> None:
    """With every logger at its most talkative, no line has the key: of what works, and of what is refused."""
    with caplog.at_level(logging.DEBUG):
        for body in (cloud_at(provider), cloud_at(provider, url="http://127.0.0.1:9"), cloud_at(provider, model="")):
            for route, method in ((("cloud", "models"), "POST"), (("cloud", "test"), "POST"), (("cloud",), "PUT")):
                with suppress(HTTPClientError):
                    await json_of(jp_fetch, *route, method=method, body=body)
        await completed(jp_fetch)
        await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
    assert "mccom/cloud" in caplog.text
    assert KEY not in caplog.text


async def test_the_routes_never_block(jp_fetch: Fetch, provider: FakeProvider, never_blocks: object) -> None:
    """No route of the cloud blocks the server's loop."""
    await json_of(jp_fetch, "cloud")
    asked = cloud_at(provider)
    await json_of(jp_fetch, "cloud", "models", method="POST", body=asked)
    await json_of(jp_fetch, "cloud", "test", method="POST", body=asked)
    await json_of(jp_fetch, "cloud", method="PUT", body=asked)
    await json_of(jp_fetch, "cloud", "test", method="POST", body={})
    await json_of(jp_fetch, "status")
    await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")


async def test_the_answers_are_shaped_as_the_golden_ones(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """What the routes answer has the fields of the golden messages."""
    body = cloud_at(provider)
    answers = {
        "cloud_none": await json_of(jp_fetch, "cloud"),
        "cloud_models": await json_of(jp_fetch, "cloud", "models", method="POST", body=body),
        "cloud_test": await json_of(jp_fetch, "cloud", "test", method="POST", body=body),
        "cloud_set_up": await json_of(jp_fetch, "cloud", method="PUT", body=body),
    }
    for name, found in answers.items():
        golden = json.loads((GOLDEN / f"{name}.json").read_text())
        assert found.keys() == golden.keys()
        assert (found.get("cloud") or {}).keys() == (golden.get("cloud") or {}).keys()
        assert all(one.keys() == golden["providers"][0].keys() for one in found.get("providers", []))
    cloud = (await json_of(jp_fetch, "status"))["cloud"]
    assert cloud.keys() == json.loads((GOLDEN / "status_cloud.json").read_text())["cloud"].keys()


@pytest.mark.parametrize(("method", "route"), ROUTES)
async def test_nobody_without_a_token_gets_in(jp_fetch: Fetch, method: str, route: str) -> None:
    """No route of the cloud answers without the token."""
    body = None if method in ("GET", "DELETE") else "{}"
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch("mccom", *route.split("/"), method=method, body=body, headers={"Authorization": "token wrong"})
    assert refused.value.code == 403


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"provider": "nobody"}, "no provider is named"),
        ({"model": ""}, "no model"),
        ({"model": "a\nb"}, "sign that no name has"),
        ({"key": "two keys"}, "copy only the key"),
        ({"url": "ftp://127.0.0.1"}, "https://"),
        ({"url": "http://me:secret@127.0.0.1"}, "user name"),
        ({"url": "http://127.0.0.1/?a=b"}, "behind ?"),
        ({"url": "http://169.254.169.254/latest"}, "link-local"),
        ({"url": "http://[fe80::1]:8000"}, "link-local"),
        ({"url": "http://metadata.google.internal"}, "link-local"),
        ({"url": "http://8.8.8.8"}, "https://"),
        ({"url": "https://no-such-host.invalid"}, "no machine"),
        ({"url": "", "key": "", "provider": "openai"}, "needs a key"),
        ({"url": "", "provider": "vllm"}, "no address of its own"),
    ],
)
async def test_what_cannot_be_is_named(
    jp_fetch: Fetch, provider: FakeProvider, values: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person names wrongly is refused in one line, for a test call and for a set-up, and nobody is asked."""
    monkeypatch.setattr("jupyter_mccom.cloud.cloud_set_up.check", _check_without_network)
    for route, method in ((("cloud", "test"), "POST"), (("cloud",), "PUT")):
        code, message = await refusal_of(jp_fetch, *route, method=method, body=cloud_at(provider, **values))
        assert (code, said in message, KEY in message) == (400, True, False), message
    assert provider.asked == []
    assert (await json_of(jp_fetch, "cloud"))["cloud"] is None


async def test_a_cloud_replaces_the_one_in_use_and_its_key_stays(
    jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider
) -> None:
    """A second cloud takes the first one's place at once; the first one's key is kept for it, and goes nowhere else."""
    other.key = "sk-of-the-other"
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    code, message = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=cloud_at(other, key=""))
    assert (code, "key" in message) == (400, True)
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(other, key=other.key))
    assert (await completed(jp_fetch))["text"] == "first - second"
    state = await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider, key=""))
    assert (state["cloud"]["url"], state["cloud"]["has_key"]) == (provider.url, True)
    assert (await completed(jp_fetch, document="b.ipynb"))["text"] == "first + second"
    assert {key for _, key in provider.asked} == {KEY}
    assert {key for _, key in other.asked} == {"", other.key}


async def test_a_running_call_keeps_its_cloud(jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider) -> None:
    """A provider that is switched while an answer is waited for does not end that answer."""
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    provider.wait.clear()
    running = asyncio.create_task(completed(jp_fetch))
    while not provider.asked:
        await asyncio.sleep(0.02)
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(other))
    assert (await completed(jp_fetch, document="b.ipynb"))["text"] == "first - second"
    provider.wait.set()
    assert (await running)["text"] == "first + second"


async def test_two_windows_set_up_at_once(
    jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider, folder: Path
) -> None:
    """Of two windows that set up a cloud at once, the later one's cloud is in use, and both keys are kept."""
    wanted = [cloud_at(provider), cloud_at(other)]
    await asyncio.gather(*(json_of(jp_fetch, "cloud", method="PUT", body=body) for body in wanted))
    in_use = (await json_of(jp_fetch, "cloud"))["cloud"]["url"]
    kept = json.loads((folder / "cloud.json").read_text())
    assert in_use in (provider.url, other.url)
    assert (kept["cloud"]["url"], len(kept["keys"])) == (in_use, 2)
    assert (await completed(jp_fetch))["text"] == (provider if in_use == provider.url else other).text


async def test_two_servers_set_up_at_once(provider: FakeProvider, other: FakeProvider, folder: Path) -> None:
    """Of two servers or commands that set up a cloud at once, the later one's is in use, and both keys are kept."""
    asked = [CloudRequest(provider=PROVIDER, url=one.url, model=MODELS[0], key=KEY) for one in (provider, other)]
    await asyncio.gather(*(open_set_up().add(request) for request in asked))
    kept = open_set_up()
    assert kept.held is not None
    assert len(kept.clouds.keys) == len(json.loads((folder / "keys.json").read_text())["keys"]) == 2


async def test_whoever_sets_up_for_ever_blocks_nobody(
    jp_fetch: Fetch, provider: FakeProvider, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another command holds the lock a set-up says so in time, and completions and the status go on."""
    monkeypatch.setattr(cloud_file, "_LOCK_S", 0.2)
    assert (await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider)))["cloud"]
    await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
    with FileLock(folder / "cloud.lock"):
        code, message = await refusal_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
        assert (code, "try again" in message) == (409, True)
        assert (await completed(jp_fetch))["origin"] != "cloud"
        assert (await json_of(jp_fetch, "status"))["cloud"] is None
    assert (await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider)))["cloud"]


async def test_what_another_process_sets_up_is_picked_up(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """A cloud that a command or another server sets up or removes is in use here without a restart."""
    assert (await json_of(jp_fetch, "status"))["cloud"] is None
    elsewhere = open_set_up()
    await elsewhere.add(CloudRequest(provider=PROVIDER, url=provider.url, model=MODELS[0], key=KEY))
    assert (await json_of(jp_fetch, "status"))["cloud"]["url"] == provider.url
    assert (await completed(jp_fetch))["text"] == "first + second"
    await elsewhere.remove(PROVIDER)
    assert (await json_of(jp_fetch, "status"))["cloud"] is None


async def test_a_found_server_becomes_the_local_model(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """A server of this machine that wants no key takes the local model's place and gives it back; any other may not."""
    code, message = await refusal_of(jp_fetch, "cloud", method="PUT", body={**cloud_at(provider), "local": True})
    assert (code, "no key" in message) == (400, True)
    async with serving(by=lambda path, body: json_answer({"data": [{"id": "m", "owned_by": "llamacpp"}]})) as server:
        here = {"provider": "lmstudio", "url": f"{server.url}/v1", "model": "m", "key": "", "local": True}
        state = await json_of(jp_fetch, "cloud", method="PUT", body=here)
        assert (state["cloud"], state["local"]["url"]) == (None, server.url)
        status = await json_of(jp_fetch, "status")
        assert (status["engine"], status["server"]["url"], status["cloud"]) == ("server", server.url, None)
        assert (await json_of(jp_fetch, "cloud", "lmstudio", method="DELETE"))["local"] is None
        assert (await json_of(jp_fetch, "status"))["server"] is None


async def test_setting_up_a_cloud_switches_it_on(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """A cloud that a person sets up is asked, also where the cloud was switched off before; off stays possible."""
    await json_of(jp_fetch, "settings", method="PATCH", body={"use_cloud": False})
    state = await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    assert "never sent" in state["consent"]
    assert (await json_of(jp_fetch, "status"))["cloud"]["on"]
    await json_of(jp_fetch, "settings", method="PATCH", body={"use_cloud": False})
    assert (await json_of(jp_fetch, "status"))["cloud"]["state"] == "off"
    n_asked = len(provider.asked)
    await completed(jp_fetch)
    assert len(provider.asked) == n_asked


async def _check_without_network(url: str) -> Any:
    """As `check`; no name but those of this machine is resolved, as where there is no network."""
    from jupyter_mccom.cloud import addresses

    if url.startswith("https://api."):
        return addresses.address_of(url)
    return await addresses.check(url)
