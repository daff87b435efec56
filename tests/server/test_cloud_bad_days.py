"""Bad days of a cloud's set-up, over the routes of a real Jupyter server: files, providers, administrators."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jupyter_server.serverapp import ServerApp

from jupyter_mccom.cloud import found_servers, held_key, key_store, trial
from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider
from tests.cloud_requests import SERVER, Fetch, cloud_at, completed, json_of, refusal_of
from tests.cloud_server import json_answer, serving
from tests.keyring_backend import Ring, ringing

ADMIN = "sk-of-the-administrator"


@pytest.fixture
def given() -> dict[str, Any]:
    """What an administrator has set."""
    return {}


@pytest.fixture
def jp_server_config(tmp_path: Path, given: dict[str, Any]) -> dict[str, Any]:
    """A server without a model."""
    base = {"models_dir": str(tmp_path / "models"), "find_servers": False}
    return {"ServerApp": SERVER, "MCCom": base | given}


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _wrote(path: Path, content: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)


async def test_a_wrong_key_is_said_and_not_kept(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """A key that the provider refuses fails the test call, and no answer holds it; a call without one asks for it."""
    body = cloud_at(provider, key="sk-wrong")
    code, message = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=body)
    assert (code, "401" in message, "sk-wrong" in message) == (502, True, False)
    code, message = await refusal_of(jp_fetch, "cloud", "models", method="POST", body=cloud_at(provider, key=""))
    assert (code, "key" in message) == (400, True)


async def test_a_revoked_key_is_asked_for_anew(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """A kept key that is refused meanwhile leaves completions as they are, and a test call asks for another one."""
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    provider.key = "sk-new"
    await completed(jp_fetch)
    code, message = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=cloud_at(provider, key=""))
    assert (code, "another" in message) == (400, True)
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider, key="sk-new"))
    assert (await completed(jp_fetch, document="b.ipynb"))["text"] == "first + second"


async def test_no_redirect_is_followed(
    jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider, caplog: pytest.LogCaptureFixture
) -> None:
    """A provider that sends a request elsewhere fails the call, nobody else is asked, and no log has the key."""
    provider.redirect = other.url
    code, _ = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=cloud_at(provider))
    assert (code, other.asked) == (502, [])
    assert KEY not in caplog.text


async def test_a_silent_port_ends_in_time(jp_fetch: Fetch, silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test call to a port that accepts and says nothing ends, and says so."""
    monkeypatch.setattr(trial, "_TRIAL_S", 0.3)
    body = {"provider": PROVIDER, "url": silent, "model": "m", "key": ""}
    code, message = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=body)
    assert (code, "within 0.3 s" in message) == (502, True)


@pytest.mark.parametrize("given", [{"cloud_timeout_s": 0.2}])
async def test_a_test_call_is_as_patient_as_a_completion(jp_fetch: Fetch, silent: str, given: dict[str, Any]) -> None:
    """A test call waits as long as the configuration lets a completion wait."""
    body = {"provider": PROVIDER, "url": silent, "model": "m", "key": ""}
    code, message = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=body)
    assert (code, "MCCom.cloud_timeout_s" in message) == (502, True)


async def test_going_away_ends_a_test_call(jp_fetch: Fetch, jp_serverapp: ServerApp, provider: FakeProvider) -> None:
    """Closing the connection ends a test call at the provider too."""
    await json_of(jp_fetch, "cloud")
    provider.wait.clear()
    headers = {"Authorization": f"token {jp_serverapp.identity_provider.token}"}
    async with httpx.AsyncClient(base_url=jp_serverapp.connection_url, headers=headers) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post("mccom/cloud/test", json=cloud_at(provider), timeout=0.5)
    assert await asyncio.to_thread(provider.left.wait, 10)


async def test_a_cloud_that_is_late_fails_no_completion(jp_fetch: Fetch, provider: FakeProvider) -> None:
    """Nothing in time from a cloud is an empty answer, which the local model is not blamed for; the status tells."""
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    provider.wait.clear()
    line = await completed(jp_fetch, deadline_s=0.5)
    assert (line["type"], line["text"], line["route"]["reason"]) == ("final", "", "late")
    assert "the cloud did not answer in time" in (await json_of(jp_fetch, "status"))["cloud"]["trouble"]


async def test_a_folder_that_cannot_be_written(jp_fetch: Fetch, provider: FakeProvider, folder: Path) -> None:
    """Where the configuration folder cannot be written, nothing is set up, and the file is named."""
    _wrote(folder, "a file where the folder should be")
    code, message = await refusal_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    assert (code, "cannot be written" in message, KEY in message) == (409, True, False)
    assert (await json_of(jp_fetch, "status"))["cloud"] is None


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1, "cloud": {"provider": 3}, "keys": {}}', "\x00"])
async def test_a_corrupt_file_is_told_and_replaced(
    jp_fetch: Fetch, provider: FakeProvider, folder: Path, content: str
) -> None:
    """A file that cannot be read is told, completions go on without a cloud, and a new set-up replaces the file."""
    _wrote(folder / "cloud.json", content)
    state = await json_of(jp_fetch, "cloud")
    assert (state["cloud"], state["may_set_up"], "again" in state["trouble"]) == (None, True, True)
    state = await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    assert (state["cloud"]["url"], state["trouble"]) == (provider.url, "")


async def test_a_file_of_a_newer_version_is_left_alone(jp_fetch: Fetch, provider: FakeProvider, folder: Path) -> None:
    """What a newer version wrote is not replaced: setting up says why it cannot be done here."""
    _wrote(folder / "cloud.json", '{"version": 2, "clouds": []}')
    state = await json_of(jp_fetch, "cloud")
    assert (state["cloud"], state["may_set_up"], "newer" in state["why_not"]) == (None, False, True)
    code, message = await refusal_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    assert (code, "newer" in message) == (409, True)
    assert '"version": 2' in (folder / "cloud.json").read_text()


async def test_a_cloud_that_nobody_knows_any_more(jp_fetch: Fetch, folder: Path) -> None:
    """A provider that this version does not know is told, and no cloud is in use."""
    cloud = {"provider": "gone", "url": "https://gone.example", "model": "m"}
    _wrote(folder / "cloud.json", json.dumps({"version": 1, "cloud": cloud, "keys": {}}))
    state = await json_of(jp_fetch, "cloud")
    assert (state["cloud"], "'gone'" in state["trouble"]) == (None, True)


@pytest.fixture
def ring() -> Iterator[Ring]:
    """The keyring of the system."""
    with ringing() as found:
        yield found


async def test_a_keyring_keeps_the_key_and_may_be_locked(
    jp_fetch: Fetch, provider: FakeProvider, folder: Path, ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in the keyring is in no file; while it is locked completions go on without the cloud, and are told why."""
    monkeypatch.setattr(held_key, "_AGAIN_S", 0.0)
    state = await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    assert (state["cloud"]["key_place"], list(ring.kept.values())) == ("keyring", [KEY])
    assert not (folder / "keys.json").exists()
    ring.locked = True
    _wrote(folder / "cloud.json", (folder / "cloud.json").read_text() + " ")  # as another server's set-up would
    n_asked = len(provider.asked)
    while "unlock" not in (await json_of(jp_fetch, "cloud"))["trouble"]:
        await asyncio.sleep(0.02)
    assert (await completed(jp_fetch))["origin"] != "cloud"
    assert len(provider.asked) == n_asked
    ring.locked = False
    await completed(jp_fetch, document="b.ipynb")
    while (await json_of(jp_fetch, "cloud"))["trouble"]:
        await asyncio.sleep(0.02)
    assert (await completed(jp_fetch, document="c.ipynb"))["origin"] == "cloud"
    await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
    assert ring.kept == {}


@pytest.mark.parametrize("trouble", ["locked", "slow"])
async def test_a_keyring_that_is_away_is_left_out(
    jp_fetch: Fetch, provider: FakeProvider, ring: Ring, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A keyring that is locked or slow delays a set-up briefly; the key goes to the file."""
    monkeypatch.setattr(key_store, "_KEYRING_S", 0.3)
    ring.locked = trouble == "locked"
    if trouble == "slow":
        ring.slow.clear()
    state = await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    assert state["cloud"]["key_place"] == "file"
    assert (await completed(jp_fetch))["origin"] == "cloud"


async def test_a_cloud_is_removed_though_its_key_is_stuck(jp_fetch: Fetch, provider: FakeProvider, ring: Ring) -> None:
    """Where the keyring is locked, a removed cloud is not used any more, and its key can be removed later."""
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider))
    ring.locked = True
    code, message = await refusal_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
    assert (code, "once more" in message) == (409, True)
    assert (await json_of(jp_fetch, "status"))["cloud"] is None
    ring.locked = False
    await json_of(jp_fetch, "cloud", PROVIDER, method="DELETE")
    assert ring.kept == {}


GIVEN = [
    {"cloud_dialect": PROVIDER, "cloud_url": "http://127.0.0.1:9", "cloud_model": "m"},
    {"use_cloud": False},
    {"cloud_setup": "admin"},
    {"cloud_key_env": "MCCOM_TEST_KEY"},
]


@pytest.mark.parametrize("given", GIVEN, ids=["cloud", "off", "admin", "key"])
async def test_what_an_administrator_sets_is_locked(
    jp_fetch: Fetch, provider: FakeProvider, given: dict[str, Any]
) -> None:
    """Where the server's configuration speaks of the cloud, a person sets up nothing, and reads why."""
    state = await json_of(jp_fetch, "cloud")
    assert (state["may_set_up"], f"MCCom.{next(iter(given))}" in state["why_not"]) == (False, True)
    assert (state["cloud"] or {"by": None})["by"] == ("administrator" if "cloud_dialect" in given else None)
    body = cloud_at(provider)
    asked = [("models", "POST", body), ("test", "POST", body), (None, "PUT", body), (PROVIDER, "DELETE", None)]
    for rest, method, content in asked:
        options = {"body": content} if content else {}
        code, message = await refusal_of(jp_fetch, *("cloud", *([rest] if rest else [])), method=method, **options)
        assert (code, message) == (403, state["why_not"])
    assert provider.asked == []


@pytest.mark.parametrize("given", [{"cloud_model": MODELS[1]}], ids=["model"])
async def test_a_model_that_is_fixed_leaves_the_rest(
    jp_fetch: Fetch, provider: FakeProvider, given: dict[str, Any]
) -> None:
    """Where the configuration sets only the model, a person sets up provider, address and key for that model alone."""
    state = await json_of(jp_fetch, "cloud")
    assert (state["may_set_up"], state["fixed"]) == (True, {"url": "", "model": MODELS[1]})
    for rest, method in (("test", "POST"), (None, "PUT")):
        route = ("cloud", *([rest] if rest else []))
        code, message = await refusal_of(jp_fetch, *route, method=method, body=cloud_at(provider))
        assert (code, "MCCom.cloud_model" in message) == (403, True)
    assert provider.asked == []
    state = await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider, model=""))
    assert (state["cloud"]["model"], state["cloud"]["by"]) == (MODELS[1], "person")
    assert (await completed(jp_fetch))["origin"] == "cloud"
    assert (await json_of(jp_fetch, "status"))["cloud"]["model"] == MODELS[1]


@pytest.fixture
def gateway(given: dict[str, Any], provider: FakeProvider) -> None:
    """An administrator who has set only the address."""
    given |= {"cloud_url": f"{provider.url}/"}


async def test_an_address_that_is_fixed_leaves_the_rest(
    gateway: None, jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider
) -> None:
    """Where the configuration sets only the address, no other one is asked, and the person names the rest."""
    state = await json_of(jp_fetch, "cloud")
    assert (state["may_set_up"], state["fixed"]["url"], state["found"]) == (True, provider.url, [])
    code, message = await refusal_of(jp_fetch, "cloud", "test", method="POST", body=cloud_at(other))
    assert (code, "MCCom.cloud_url" in message, other.asked) == (403, True, [])
    assert (await json_of(jp_fetch, "cloud", "test", method="POST", body=cloud_at(provider, url="")))["text"]
    await json_of(jp_fetch, "cloud", method="PUT", body=cloud_at(provider, url=""))
    assert (await completed(jp_fetch))["origin"] == "cloud"


async def test_a_cloud_from_before_follows_what_is_fixed(
    gateway: None, jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider, folder: Path
) -> None:
    """A cloud that was set up at another address before is not used, and the person reads why."""
    cloud = {"provider": PROVIDER, "url": other.url, "model": MODELS[0]}
    _wrote(folder / "cloud.json", json.dumps({"version": 1, "cloud": cloud, "keys": {}}))
    state = await json_of(jp_fetch, "cloud")
    assert (state["cloud"], "MCCom.cloud_url" in state["trouble"]) == (None, True)
    assert (await completed(jp_fetch))["origin"] != "cloud"
    assert other.asked == []


@pytest.fixture
def administered(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> None:
    """An administrator who has set up the cloud, with a key of their own."""
    provider.key = ADMIN
    monkeypatch.setenv("MCCOM_TEST_KEY", ADMIN)
    given |= {"cloud_dialect": PROVIDER, "cloud_url": provider.url, "cloud_model": MODELS[0]}
    given |= {"cloud_key_env": "MCCOM_TEST_KEY"}


async def test_an_administrators_cloud_is_tested_and_used(
    administered: None, jp_fetch: Fetch, provider: FakeProvider, other: FakeProvider
) -> None:
    """A person may test the administrator's cloud and use it; its key goes to its address only."""
    state = await json_of(jp_fetch, "cloud")
    assert (state["cloud"]["key_place"], ADMIN in json.dumps(state)) == ("environment", False)
    assert (await json_of(jp_fetch, "cloud", "test", method="POST", body={}))["text"] == "first + second"
    await refusal_of(jp_fetch, "cloud", "test", method="POST", body=cloud_at(other, key=""))
    assert (await completed(jp_fetch))["origin"] == "cloud"
    assert ({key for _, key in provider.asked}, other.asked) == ({ADMIN}, [])


@pytest.mark.parametrize("given", [{"find_servers": True}, {"find_servers": False}], ids=["on", "off"])
async def test_servers_of_this_machine_are_offered(
    jp_fetch: Fetch, silent: str, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A running server is found with its models; a silent port or another program is none. A trait ends it."""

    def answers(path: str, body: object) -> Any:
        return json_answer({"models": [{"name": "qwen2.5-coder:1.5b"}], "data": [{"id": "x", "owned_by": "somebody"}]})

    async with serving(by=answers) as server:
        places = [
            ("ollama", server.url),
            ("lmstudio", silent),
            ("llama-server", server.url),
            ("ollama", "http://127.0.0.1:9"),
        ]
        monkeypatch.setattr(found_servers, "PLACES", places)
        found = (await json_of(jp_fetch, "cloud"))["found"]
    ollama = {"provider": "ollama", "name": "Ollama", "url": server.url, "models": ["qwen2.5-coder:1.5b"]}
    assert found == ([ollama] if given["find_servers"] else [])
