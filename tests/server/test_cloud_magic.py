"""`%mccom cloud …` in a real kernel of a real Jupyter server: a key is asked for hidden, and stays nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider
from tests.cloud_requests import SERVER, Fetch, json_of
from tests.live import notebook


@pytest.fixture
def jp_server_config(tmp_path: Path) -> dict[str, Any]:
    """A server without a model."""
    return {"ServerApp": SERVER, "MCCom": {"models_dir": str(tmp_path / "models"), "find_servers": False}}


async def _said(client: Any, code: str, *answers: str) -> str:
    """Runs a cell as a front end does that can ask for input; all that the kernel told everybody, as JSON."""
    told: list[Any] = []
    given = list(answers)

    def asked(message: dict[str, Any]) -> None:
        assert message["content"]["password"]
        client.input(given.pop(0))

    reply = await client.execute_interactive(
        code,
        timeout=60,
        allow_stdin=True,
        stdin_hook=asked,
        output_hook=lambda message: told.append(message["content"]),
    )
    assert not given
    return json.dumps([told, reply["content"]])


async def test_a_cloud_is_set_up_in_a_notebook(jp_serverapp: Any, jp_fetch: Fetch, provider: FakeProvider) -> None:
    """A cloud is added, listed, tested and removed through the server; its key is in no message and no history."""
    async with notebook(jp_serverapp) as book:
        book.client.stdin_channel.start()
        told = [await _said(book.client, "%load_ext jupyter_mccom")]
        told.append(await _said(book.client, f"%mccom cloud add {PROVIDER} --url {provider.url}", KEY))
        assert "first + second" in told[-1]
        assert "never sent" in told[-1]
        cloud = (await json_of(jp_fetch, "cloud"))["cloud"]
        assert (cloud["url"], cloud["model"], cloud["has_key"]) == (provider.url, MODELS[0], True)
        told.append(await _said(book.client, "%mccom cloud list"))
        assert provider.url in told[-1]
        told.append(await _said(book.client, "%mccom cloud test"))
        assert "first + second" in told[-1]
        told.append(await _said(book.client, f"%mccom cloud add {PROVIDER} --url {provider.url} --model {MODELS[1]}"))
        told.append(await _said(book.client, "print(In, Out, dir(), get_ipython().history_manager.input_hist_raw)"))
        assert KEY not in "".join(told)
        assert KEY not in await book.value("[repr(value) for value in list(globals().values())]")
        await _said(book.client, f"%mccom cloud remove {PROVIDER}")
        assert (await json_of(jp_fetch, "cloud"))["cloud"] is None


REFUSED = {
    "add": "PROVIDER",
    "add nobody --model m": "no provider is named",
    f"add {PROVIDER} --key {KEY}": "does not belong into a cell",
    f"add {PROVIDER} --nope": "--nope",
    "add 'open": "quote",
    "remove": "name the provider",
    "remove openai": "no cloud of",
    "test": "no cloud is set up",
    "on": "%mccom cloud add",
    "maybe": "%mccom cloud on",
}
"""Verbs that are used wrongly, or that the server refuses, and what is said."""


async def test_what_cannot_be_is_one_line(jp_serverapp: Any, jp_fetch: Fetch) -> None:
    """A verb that is used wrongly, or refused by the server, gives one line with the next step."""
    async with notebook(jp_serverapp) as book:
        await book.ran("%load_ext jupyter_mccom")
        for line, said in REFUSED.items():
            content = await book.run(f"%mccom cloud {line}", allow_stdin=False, stop_on_error=False)
            assert (content.get("ename"), said in content.get("evalue", "")) == ("UsageError", True), (line, content)
            assert "\n" not in content["evalue"]
