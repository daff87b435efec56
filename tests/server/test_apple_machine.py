"""A plain install on a Mac, played: no setting is made, and what is offered, downloaded and run is MLX."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from jupyter_mccom.engines.choosing import weights
from jupyter_mccom.models.store import Store, default_models_dir
from tests.conftest import CODER, SMALL
from tests.mlx_models import convert
from tests.played_hub import playing
from tests.server.asking import REQUEST, Fetch

PATIENCE_S = 120


@pytest.fixture
def apple(monkeypatch: pytest.MonkeyPatch) -> None:
    """What decides says that this is a Mac with Apple Silicon; the rest of the machine is as it is."""
    monkeypatch.setattr(weights, "sys", SimpleNamespace(platform="darwin", version_info=(3, 12)))
    monkeypatch.setattr(weights, "platform", SimpleNamespace(machine=lambda: "arm64"))


@pytest.fixture
def fresh_home(models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty home, and a hub that has two layers of a model in the place of what is offered first."""
    pytest.importorskip("mlx_lm")
    folder = convert(models.locate(SMALL), tmp_path / "two layers", n_layers=2, n_tokens=8192)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with playing(CODER, folder) as hub:
        monkeypatch.setattr("jupyter_mccom.compose.cascade.Store", partial(Store, hub_endpoint=hub.url))
        yield tmp_path


@pytest.fixture
def jp_server_config(apple: None, fresh_home: Path) -> dict[str, Any]:
    """Nothing is set, but that every text is shown: two layers are sure of nothing that is right."""
    return {"ServerApp": {"jpserver_extensions": {"jupyter_mccom": True}}, "MCCom": {"show_threshold": 0.0}}


async def _status(fetch: Fetch) -> Any:
    return json.loads((await fetch("mccom", "status")).body)


async def test_a_plain_install_pulls_and_runs_mlx(jp_fetch: Fetch) -> None:
    """The MLX folder of the first offer is downloaded when asked for, and writes; no file for llama.cpp is fetched."""
    offered = await _status(jp_fetch)
    assert (offered["state"], offered["engine"], offered["engine_why"]) == ("get-model", "mlx", "")
    assert offered["model"] == {"id": CODER, "bytes": 285_000_000, "present": False}
    await jp_fetch("mccom", "pull", method="POST", body="{}")
    with anyio.fail_after(PATIENCE_S):
        while (status := await _status(jp_fetch))["state"] != "ready":
            assert status["state"] == "downloading", status["detail"]
            await asyncio.sleep(0.05)
    assert [path.name for path in default_models_dir().iterdir() if path.is_dir()] == [f"{CODER}-mlx"]
    assert not list(default_models_dir().glob("*.gguf"))
    body = json.dumps(REQUEST)
    response = await jp_fetch("mccom", "complete", method="POST", body=body, request_timeout=PATIENCE_S)
    *_, line = [json.loads(line) for line in response.body.decode().splitlines()]
    assert (line["type"], line["origin"]) == ("final", "local")
    (trace,) = json.loads((await jp_fetch("mccom", "traces")).body)["traces"]
    assert [generation["engine"] for generation in trace["generations"]] == [CODER]
    after = await _status(jp_fetch)
    assert (after["state"], after["engine"], after["engine_why"]) == ("ready", "mlx", "")
    assert after["cost_curve"], "timed by the process that runs MLX"
