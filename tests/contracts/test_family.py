"""A family that runs by MLX from its first use on: pulled from a hub, loaded, killed, unloaded, and replaced."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from jupyter_mccom.compose.local_tier import OwnModel
from jupyter_mccom.engines.choosing.weights import WeightsTaken
from jupyter_mccom.errors import ModelMissing
from jupyter_mccom.evaluation.lib.ties import text_of
from jupyter_mccom.models.catalog import find
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt, Token
from tests.conftest import SMALL
from tests.unit.model_sources import CLOSED, Hub, serving

PROMPT = Prompt(chunks=(), prefix="import statistics\n\nvalues = [1, 2, 3]\n", typed="print(statistics.me", suffix="")


@pytest.fixture
def hub(mlx_folder: Path) -> Iterator[Hub]:
    """A hub that has the small model as an MLX folder."""
    folder = find(f"{SMALL}-mlx")
    assert folder is not None
    assert folder.hub is not None
    with serving() as running:
        running.files = {file.name: file.read_bytes() for file in mlx_folder.iterdir()}
        siblings = [_stated(name, content) for name, content in running.files.items()]
        running.states = {"id": folder.hub.repo, "sha": folder.hub.revision, "siblings": siblings}
        yield running


def _stated(name: str, content: bytes) -> dict[str, object]:
    large = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return {"rfilename": name, "size": len(content), "blobId": "0" * 40, "lfs": large}


@asynccontextmanager
async def _tier(folder: Path, hub: str, **settings: object) -> AsyncGenerator[tuple[OwnModel, Store], None]:
    store = Store(folder, takes=WeightsTaken("mlx"), hub_endpoint=hub)
    tier = OwnModel(MCCom(model=SMALL, engine="mlx", **settings), store)
    try:
        yield tier, store
    finally:
        await tier.engine.aclose()


async def _written(tier: OwnModel, prompt: Prompt = PROMPT, *, draft: str = "", max_tokens: int = 8) -> list[Token]:
    async with aclosing(tier.engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]


def _pid(tier: OwnModel) -> int | None:
    return tier.host.pid


def _state(tier: OwnModel) -> tuple[str, str]:
    """Which engine runs the model, and why it is not MLX."""
    return tier.kind, tier.why_not_mlx


def _pull(store: Store) -> Path:
    return store.pull(SMALL, progress=lambda done, total: None)


async def test_the_first_use_of_a_family_runs_by_mlx(tmp_path: Path, hub: Hub) -> None:
    """A pull from the hub is enough: MLX writes, heals a half-typed word and checks a draft."""
    async with _tier(tmp_path, hub.url) as (tier, store):
        with pytest.raises(ModelMissing, match=f"jupyter mccom pull {SMALL}"):
            await _written(tier)
        await asyncio.to_thread(_pull, store)
        plain = await _written(tier)
        assert (tier.kind, tier.engine.name, tier.present(), tier.why_not_mlx) == ("mlx", SMALL, True, "")
        assert len(plain) == 8
        drafted = await _written(tier, draft=text_of(plain))
        assert text_of(drafted) == text_of(plain)
        assert drafted[-1].check is not None
        healed = Prompt(chunks=(), prefix=PROMPT.prefix, typed="print(statistics.", suffix="", forced="me")
        forced = await _written(tier, healed)
        assert forced[0].forced
        assert forced[0].allowed_prob is not None


async def test_mlx_comes_back_after_a_kill_and_after_it_was_unloaded(tmp_path: Path, hub: Hub) -> None:
    """The process of MLX that was killed, or unloaded for being idle, is started again by MLX."""
    async with _tier(tmp_path, hub.url, idle_unload_s=0.3) as (tier, store):
        await asyncio.to_thread(_pull, store)
        before = text_of(await _written(tier))
        killed = _pid(tier)
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        while _pid(tier) == killed:
            await asyncio.sleep(0.01)
        assert text_of(await _written(tier)) == before
        while tier.host.state != "asleep":
            await asyncio.sleep(0.05)
        assert text_of(await _written(tier)) == before
        assert tier.kind == "mlx"


async def test_llama_cpp_stands_in_for_mlx_that_cannot_load(tmp_path: Path, hub: Hub, models: Store) -> None:
    """Weights that MLX cannot load are replaced by llama.cpp's file in the same answer, and the reason is told."""
    hub.files = hub.files | {"config.json": b'{"model_type": "abacus"}'}
    hub.states["siblings"] = [_stated(name, content) for name, content in hub.files.items()]
    file = models.locate(SMALL)
    (tmp_path / file.name).symlink_to(file)
    async with _tier(tmp_path, hub.url) as (tier, store):
        await asyncio.to_thread(_pull, store)
        assert _state(tier) == ("mlx", "")
        assert len(await _written(tier)) == 8
        kind, why = _state(tier)
        assert kind == "llamacpp"
        assert "abacus" in why


async def test_without_a_file_the_next_step_is_its_download(tmp_path: Path, hub: Hub) -> None:
    """Where MLX cannot load its weights and the file is not here, the file is what is to be downloaded."""
    hub.files = hub.files | {"config.json": b'{"model_type": "abacus"}'}
    hub.states["siblings"] = [_stated(name, content) for name, content in hub.files.items()]
    async with _tier(tmp_path, hub.url) as (tier, store):
        await asyncio.to_thread(_pull, store)
        with pytest.raises(ModelMissing, match=f"jupyter mccom pull {SMALL}"):
            await _written(tier)
        assert (tier.present(), tier.model.weights) == (False, "gguf")
        assert "abacus" in tier.why_not_mlx


async def test_the_folder_takes_over_at_the_next_load(tmp_path: Path, hub: Hub, models: Store) -> None:
    """llama.cpp's file answers until the folder is here; the next start of the process is MLX's."""
    file = models.locate(SMALL)
    (tmp_path / file.name).symlink_to(file)
    async with _tier(tmp_path, CLOSED, idle_unload_s=0.3) as (tier, _):
        await _written(tier)
        kind, why = _state(tier)
        assert (kind, "not on this machine" in why) == ("llamacpp", True)
        await asyncio.to_thread(_pull, Store(tmp_path, takes=WeightsTaken("mlx"), hub_endpoint=hub.url))
        while tier.host.state != "asleep":
            await asyncio.sleep(0.05)
        await _written(tier)
        assert _state(tier) == ("mlx", "")
