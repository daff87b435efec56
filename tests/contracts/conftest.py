"""Engines under the contract: each is a factory, so that a test may open it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.fim import PromptFormat
from jupyter_mccom.engines.local.engine import DirectEngine
from jupyter_mccom.engines.local.host import Host
from jupyter_mccom.engines.remote.providers.table import PROVIDERS
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.models.catalog import QWEN_FIM
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt
from tests.conftest import CODER, SMALL
from tests.mlx_models import convert, cut
from tests.other_servers import playing
from tests.served import cloud, serving

Open = Callable[[], Engine]
LOCAL_URLS = ("local llama.cpp", "local Ollama", "local LM Studio")
N_LAYERS, N_TOKENS = 2, 8192
"""Layers and context tokens of the cut MLX model."""
TELLS_NO_PROBS = ("local LM Studio",)
TELLS_NO_COUNTS = ("local Ollama", "local LM Studio")
"""Servers that do not tell how many prompt tokens were evaluated."""


OWN_SERVER = "the wheel's server"
"""In the place of llama.h where that cannot be used."""
MLX_PROCESS = "jupyter_mccom.engines.local.mlx"
_PLAIN = PromptFormat(fim=None, layout="standard")


def checking_all(
    process: str, path: Path, reads: PromptFormat = _PLAIN, *, checks: bool = True, **more: int
) -> DirectEngine:
    """An engine that checks all of a draft, whatever that costs here, or nothing."""
    settings = {
        "path": str(path),
        "context_tokens": 1024,
        "costs_file": "" if checks else None,
        "model_hash": "",
        **more,
    }
    return DirectEngine(name=path.name, host=Host(process, lambda: settings, idle_unload_s=0), reads=reads)


def _counting(prompt: Prompt) -> str:
    return " ".join(str(number) for number in range(200))


@pytest.fixture(scope="session")
def served(models: Store) -> Iterator[tuple[str, str]]:
    """Address and key of `jupyter mccom serve` on the default model, drafts on."""
    with serving("--model", CODER, "--draft", "ngram-mod") as address:
        yield address


@pytest.fixture(scope="session")
def others(models: Store) -> Iterator[dict[str, tuple[str, str]]]:
    """Addresses and keys of servers that other people may run, all of the default model, by kind."""
    with (
        serving("--model", CODER) as upstream,
        playing("ollama", upstream) as ollama,
        playing("lm-studio", upstream) as lm_studio,
    ):
        yield {"local llama.cpp": upstream, "local Ollama": (ollama, ""), "local LM Studio": (lm_studio + "/v1", "")}


@pytest.fixture(scope="session")
def mlx_folder(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers of the small real model: quick on any processor, and as sure of its nonsense as a whole model."""
    pytest.importorskip("mlx_lm")
    return convert(models.locate(SMALL), tmp_path_factory.mktemp("mlx") / "cut", n_layers=N_LAYERS, n_tokens=N_TOKENS)


@pytest.fixture(scope="session")
def cut_file(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two layers as a GGUF file, so that the two engines can be compared."""
    pytest.importorskip("mlx_lm")
    to = tmp_path_factory.mktemp("gguf") / "cut.gguf"
    return cut(models.locate(SMALL), to, n_layers=N_LAYERS, n_tokens=N_TOKENS)


def _located(request: pytest.FixtureRequest, model: str) -> Path:
    models: Store = request.getfixturevalue("models")
    return models.locate(model)


OF_MODELS = (SMALL, CODER, "mlx", "mlx's weights", OWN_SERVER, *LOCAL_URLS, "llama-server-ngram-mod")


@pytest.fixture(params=["scripted", *(pytest.param(kind, marks=pytest.mark.model) for kind in OF_MODELS)])
def open_engine(
    request: pytest.FixtureRequest,
    jp_asyncio_loop: asyncio.AbstractEventLoop,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Open]:
    """Opens engines of one kind; all are closed at the end."""
    opened: list[Engine] = []
    if request.param != "scripted":
        request.getfixturevalue("models")

    def make() -> Engine:
        if request.param == "scripted":
            engine: Engine = ScriptedEngine(_counting, token_s=0.001)
        elif request.param in PROVIDERS:
            url, key = request.getfixturevalue("served")
            engine = cloud(url, key)
        elif request.param == OWN_SERVER:
            monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
            reads = PromptFormat(fim=QWEN_FIM, layout="anchored-block")
            engine = checking_all("tests.contracts.stale_child", _located(request, CODER), reads, threads=1)
        elif request.param == "mlx":
            engine = open_cascade(MCCom(model=str(request.getfixturevalue("mlx_folder")))).engine
        elif request.param == "mlx's weights":
            engine = open_cascade(MCCom(model=str(request.getfixturevalue("cut_file")))).engine
        elif request.param in LOCAL_URLS:
            url, key = request.getfixturevalue("others")[request.param]
            monkeypatch.setenv("MCCOM_TEST_LOCAL_KEY", key)
            engine = open_cascade(MCCom(local_url=url, local_key_env="MCCOM_TEST_LOCAL_KEY" if key else "")).engine
        else:
            engine = open_cascade(MCCom(model=request.param)).engine
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        jp_asyncio_loop.run_until_complete(engine.aclose())


@pytest.fixture
def kind(request: pytest.FixtureRequest, open_engine: Open) -> str:
    """The kind of engine that `open_engine` opens."""
    params: dict[str, str] = request.node.callspec.params
    return params["open_engine"]
