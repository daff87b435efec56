"""Settings on a running server: what may be changed, what is refused, what becomes of answers and processes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
from tornado.httpclient import HTTPClientError, HTTPResponse

from jupyter_mccom.learning.calibrate import EAGERNESS
from jupyter_mccom.models.store import Store
from tests.conftest import CODER, SMALL

from .asking import PATIENCE_S, answer, complete, model_processes

Fetch = Callable[..., Awaitable[HTTPResponse]]
LONG = "".join(f"name_{i} = {i}\n" for i in range(30)) + "def add(first, second):\n    return "


@pytest.fixture
def jp_server_config(models: Store) -> dict[str, Any]:
    """An administrator who has fixed a threshold and a cloud that is away, and left the rest to the person."""
    return {
        "ServerApp": {"jpserver_extensions": {"jupyter_mccom": True}, "allow_unauthenticated_access": False},
        "MCCom": {
            "models_dir": str(models.models_dir),
            "show_threshold": 0.0,
            "cloud_dialect": "llama-server",
            "cloud_url": "http://127.0.0.1:9",
            "cloud_model": "m",
            "cloud_key_env": "MCCOM_TEST_KEY",
        },
    }


async def _patch(fetch: Fetch, **values: object) -> Any:
    return await answer(fetch, "settings", method="PATCH", body=json.dumps(values))


async def _refused(fetch: Fetch, body: str) -> tuple[int, str]:
    with pytest.raises(HTTPClientError) as refused:
        await fetch("mccom", "settings", method="PATCH", body=body)
    assert refused.value.response is not None
    message = json.loads(refused.value.response.body)["message"]
    assert "\n" not in message
    return refused.value.code, message


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"threads": 10**30}, "threads must be between 0 and 1,024, not 1000"),
        ({"idle_unload_s": 1e-9}, "idle_unload_s must be 0 (never) or at least 0.1"),
        ({"idle_unload_s": 10**12}, "idle_unload_s must be between 0 and 31,536,000"),
        ({"max_tokens": 10**400}, "max_tokens must be between 1 and 4,096, not 1000"),
        ({"route_threshold": float("nan")}, "route_threshold must be between -1 and 1, not nan"),
    ],
)
async def test_an_absurd_number_is_refused_with_its_range(
    values: dict[str, object], said: str, jp_fetch: Fetch
) -> None:
    """A number outside its range is answered with 400 and one line that names the range."""
    status, message = await _refused(jp_fetch, json.dumps(values))
    assert (status, said in message) == (400, True), message


async def test_a_page_changes_no_locked_setting_and_no_path(
    jp_fetch: Fetch,
) -> None:
    """A page changes neither what the configuration sets nor the cloud's address, key or any path."""
    before = await answer(jp_fetch, "settings")
    assert before["locked"] == ["cloud_model", "show_threshold"] == (await answer(jp_fetch, "status"))["locked"]
    assert not {"cloud_url", "cloud_key_env", "cloud_key_file", "models_dir"} & before["settings"].keys()
    secret = {"cloud_dialect": "openai", "cloud_key_env": "HOME", "cloud_key_file": "/etc/passwd", "cloud_url": "x"}
    for name, value in {"show_threshold": 0.5, "models_dir": "/", "project_root": "/", **secret}.items():
        code, message = await _refused(jp_fetch, json.dumps({"threads": 3, name: value}))
        assert (code, name in message) == (403, True)
    assert await answer(jp_fetch, "settings") == before


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"threads": 2, "nope": 1}', "'nope'"),
        ('{"threads": "2"}', "'threads'"),
        ('{"threads": true}', "'threads'"),
        ('{"threads": -1}', "threads must be between 0"),
        ('{"enabled": 1}', "'enabled'"),
        ('{"route_threshold": NaN}', "route_threshold must be between -1"),
        ('{"threads": 2, "model": "/etc/passwd"}', "'model'"),
        ("[]", "JSON object"),
        (json.dumps({"languages_off": ["z" * 5000]}), "'languages_off' has more than 4096 characters"),
        (json.dumps({"languages_off": ["python"] * 1001}), "'languages_off' has 1001 items; 1000 are allowed"),
        ('{"paths_off": ["a", "\\u0000"]}', "'paths_off' holds a NUL"),
        ('{"paths_off": ["a", 5]}', "'paths_off' must be str, not int"),
        ('{"multiline": "\\ud800"}', "'multiline' holds a NUL or half a character"),
    ],
    ids=[
        *("name", "kind", "bool", "range", "number", "nan", "path", "list"),
        *("long", "many", "nul", "no-text", "half"),
    ],
)
async def test_a_wrong_name_or_value_is_named_and_changes_nothing(jp_fetch: Fetch, body: str, said: str) -> None:
    """A wrong name or value is named and changes nothing."""
    before = await answer(jp_fetch, "settings")
    code, message = await _refused(jp_fetch, body)
    assert (code, said in message) == (400, True), message
    assert await answer(jp_fetch, "settings") == before


async def test_a_change_holds_with_the_next_key(jp_fetch: Fetch, never_blocks: object) -> None:
    """A change holds with the next key, and the model stays loaded."""
    patched = await _patch(jp_fetch, model=SMALL, max_tokens=1, use_cloud=False)
    assert patched["settings"]["max_tokens"] == 1
    statement = "def add(first, second):\n    return "
    (short,) = await complete(jp_fetch, prefix=statement)
    loaded = model_processes()
    await _patch(jp_fetch, max_tokens=32, use_kernel=False, enabled=False)
    (off,) = await complete(jp_fetch, document="b.ipynb")
    assert off["type"] == "trouble"
    assert (await answer(jp_fetch, "status"))["state"] == "off"
    await _patch(jp_fetch, enabled=True)
    (long,) = await complete(jp_fetch, document="b.ipynb", prefix=statement)
    assert len(long["text"]) > len(short["text"])
    assert (len(loaded), model_processes()) == (1, loaded)


async def test_eagerness_moves_the_gates_at_once(jp_fetch: Fetch) -> None:
    """A changed eagerness holds with the answer to its PATCH, beside a threshold that the administrator has set."""
    for name, prices in EAGERNESS.items():
        await _patch(jp_fetch, model=CODER, eagerness=name)
        learning = (await answer(jp_fetch, "status"))["learning"]
        assert learning["eagerness"] == name
        assert learning["route"] == {"above": prices.route_chance, "of": "chance"}
        assert (learning["show"]["above"], learning["set"]) == (0.0, ["show_threshold"])
    code, message = await _refused(jp_fetch, '{"eagerness": "loud"}')
    assert (code, "'eagerness'" in message) == (400, True)


async def test_switching_the_cloud_off_and_on_gives_no_call_back(jp_fetch: Fetch) -> None:
    """Switching the cloud off and on gives no call back."""
    await _patch(jp_fetch, model=SMALL, cloud_calls_a_day=3)
    await complete(jp_fetch, trigger="ask")
    left = (await answer(jp_fetch, "status"))["cloud"]["calls_left"]
    await _patch(jp_fetch, use_cloud=False)
    off = (await answer(jp_fetch, "status"))["cloud"]
    await complete(jp_fetch, trigger="ask", prefix="import json\njson.")
    await _patch(jp_fetch, use_cloud=True, cloud_calls_a_day=2)
    on = (await answer(jp_fetch, "status"))["cloud"]
    assert (left, off["on"], off["calls_left"], on["on"], on["calls_left"]) == (2, False, 2, True, 1)


async def test_a_new_model_process_ends_no_answer(jp_fetch: Fetch) -> None:
    """A new model process ends no running answer and is the only one afterwards."""
    await _patch(jp_fetch, model=SMALL, use_cloud=False)
    assert (await answer(jp_fetch, "status"))["model"]["id"] == SMALL
    await complete(jp_fetch)
    before = model_processes()
    running = asyncio.create_task(complete(jp_fetch, request_id="old", document="b.ipynb", prefix=LONG))
    await asyncio.sleep(0.05)  # it has begun
    await _patch(jp_fetch, context_tokens=2048)
    await _patch(jp_fetch, idle_unload_s=60)
    (new,) = await complete(jp_fetch, request_id="new", prefix="import json\njson.")
    (old,) = await running
    assert (old["type"], new["type"]) == ("final", "final")
    assert old["text"], old["route"]
    after = model_processes()
    assert (len(before), len(after), {*before} & {*after}) == (1, 1, set())


async def test_no_process_outlives_a_server_whose_model_was_changed() -> None:
    """No process outlives a server whose model was changed."""
    with anyio.fail_after(PATIENCE_S):
        while model_processes():
            await asyncio.sleep(0.05)
