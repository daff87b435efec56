"""Which engine answers first by the settings, where its text goes, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.cascade.record import Journal
from jupyter_mccom.cascade.route import features_of
from jupyter_mccom.compose import OpenCascade, open_cascade, wanted_model
from jupyter_mccom.compose.gates import calibration_of
from jupyter_mccom.compose.local_tier import AutoModel, local_tier
from jupyter_mccom.engines.choosing.model_choice import Choice
from jupyter_mccom.engines.choosing.weights import Facts, WeightsTaken
from jupyter_mccom.engines.remote.server_engine import ServerEngine
from jupyter_mccom.errors import EngineError, SettingsError
from jupyter_mccom.models.store import Store
from jupyter_mccom.privacy.masked_engine import MaskedEngine
from jupyter_mccom.server.messages import message
from jupyter_mccom.server.status import GATES, lines_of, status_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest, Prompt, Token
from tests.cloud_server import answer, events, json_answer, serving

ELSEWHERE = "http://192.0.2.1:8012"
"""An address that is kept for documentation: nobody is there."""
PROMPT = Prompt(chunks=(), prefix="", typed="x = ", suffix="")
REQUEST = CompletionRequest(
    id="r", client="c", document="private/a.ipynb", cell_id="1", language="python", prefix="x = ", suffix=""
)


@asynccontextmanager
async def _opened(settings: MCCom, root: Path | None = None) -> AsyncGenerator[OpenCascade, None]:
    opened = open_cascade(settings, jupyter_root=root)
    try:
        yield opened
    finally:
        await opened.aclose()


async def test_a_server_elsewhere_is_sent_no_secrets() -> None:
    """A server on another machine is sent masked text, and the status says that text leaves."""
    async with _opened(MCCom(local_url=ELSEWHERE, local_model="big")) as opened:
        assert isinstance(opened.engine, MaskedEngine)
        status = status_of(opened)
        assert (status["engine"], status["server"]["leaves"]) == ("server", True)
        assert ELSEWHERE in "\n".join(lines_of(status))


CLOUD = {"cloud_dialect": "openai", "cloud_model": "large"}


@pytest.mark.parametrize(
    ("trouble", "calls"), [("", 0), ("the cloud is away", 0), ("", 1)], ids=["answering", "away", "spent"]
)
async def test_status_names_the_server_elsewhere_beside_a_cloud(
    trouble: str, calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a cloud in any state, the status says that text goes to a server on another machine."""
    monkeypatch.setattr(Journal, "cloud_trouble", trouble)
    async with _opened(MCCom(local_url=ELSEWHERE, local_model="big", cloud_calls_a_day=calls, **CLOUD)) as opened:
        await opened.budget.take()
        status = status_of(opened)
    assert status["cloud"]["spent"] == bool(calls)
    goes = message("sent", "leaves", ELSEWHERE)
    assert status["detail"].startswith(goes)
    assert goes in lines_of(status)


async def test_status_says_what_a_cloud_is_sent() -> None:
    """The status says where the cloud is, when it is asked and what it is sent."""
    async with _opened(MCCom(**CLOUD)) as opened:
        status = status_of(opened)
    cloud = status["cloud"]
    assert (cloud["url"], cloud["kernel"]) == ("https://api.openai.com/v1", False)
    said = "\n".join(lines_of(status))
    assert cloud["sends"] in said
    assert "https://api.openai.com/v1" in said
    assert status["server"] is None


@pytest.mark.parametrize("use_kernel", [True, False])
async def test_what_the_kernel_holds_is_said_to_be_sent_where_it_is(use_kernel: bool) -> None:
    """The status names what the kernel holds among what is sent exactly when it is sent."""
    async with _opened(MCCom(kernel_to_cloud=True, use_kernel=use_kernel, **CLOUD)) as opened:
        cloud = status_of(opened)["cloud"]
    assert cloud["kernel"] is use_kernel


async def test_an_address_of_ones_own_is_the_clouds() -> None:
    """The status shows a cloud address that a person set."""
    async with _opened(MCCom(cloud_url="http://gpu-box:8000", **CLOUD)) as opened:
        assert status_of(opened)["cloud"]["url"] == "http://gpu-box:8000"


@pytest.mark.parametrize("name", ["server", "cloud"])
def test_a_golden_status_is_what_a_server_says(name: str) -> None:
    """The golden status messages say where text goes."""
    status = json.loads((Path(__file__).parents[1] / "wire" / f"status_{name}.json").read_text())
    said = "\n".join(lines_of(status))
    assert ("http://192.0.2.1:8012" in said) == (name == "server")


async def test_a_server_of_this_machine_is_sent_the_text_as_it_is() -> None:
    """A server on this machine is sent text as it is, and the status says that nothing leaves."""
    async with _opened(MCCom(local_url="http://127.0.0.1:9")) as opened:
        assert isinstance(opened.engine, ServerEngine)
        assert status_of(opened)["server"]["leaves"] is False


async def test_a_document_kept_here_is_sent_to_no_other_machine(tmp_path: Path) -> None:
    """A document named in .mccomignore is not sent to a server on another machine."""
    (tmp_path / ".mccomignore").write_text("private/\n")
    async with _opened(MCCom(local_url=ELSEWHERE), tmp_path) as opened:
        with pytest.raises(EngineError, match=r"private/a\.ipynb .*\.mccomignore"):
            async for _ in opened.cascade.complete(REQUEST):
                pass


@pytest.mark.parametrize("url", ["127.0.0.1:8012", "ftp://127.0.0.1", "unix:/run/model", "http://[::1"])
async def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """A local_url that is no HTTP address is refused at start with an example."""
    with pytest.raises(SettingsError, match="local_url"):
        open_cascade(MCCom(local_url=url))


async def test_a_server_without_probabilities_has_other_gates() -> None:
    """Without a server's probabilities the other gates decide, and the status says so."""
    tags = json_answer({"object": "list", "data": [{"id": "qwen2.5-coder-1.5b", "owned_by": "organization_owner"}]})
    said = answer(events(*({"choices": [{"text": text}]} for text in ("1", " + 2", "\n"))))
    async with (
        serving(json_answer({"error": "Unexpected endpoint"}), tags, said) as server,
        _opened(MCCom(local_url=server.url, show_threshold=0.9)) as opened,
    ):
        found = [suggestion async for suggestion in opened.cascade.complete(REQUEST)]
        status = status_of(opened)
    assert (found[-1].text, found[-1].route.reason, found[-1].route.confidence) == ("1 + 2", "ungated", None)
    assert status["server"]["gates"] != GATES[True]
    assert (status["state"], status["model"]["id"]) == ("ready", "qwen2.5-coder-1.5b")


async def test_a_servers_probabilities_are_known_later() -> None:
    """Before a server's first answer the status says that its probabilities are not known yet."""
    models = json_answer({"data": [{"id": "qwen2.5-coder-1.5b", "owned_by": "organization_owner"}]})
    async with (
        serving(json_answer({"error": "Unexpected endpoint"}), models) as server,
        _opened(MCCom(local_url=server.url)) as opened,
    ):
        await opened.local.ask()
        assert GATES[None] in "\n".join(lines_of(status_of(opened)))


async def test_what_is_learnt_is_of_the_model_a_server_names(tmp_path: Path) -> None:
    """What is learnt from a server is kept for the model that it names."""
    models = json_answer({"data": [{"id": "qwen2.5-coder-1.5b", "owned_by": "organization_owner"}]})
    async with serving(json_answer({"error": "Unexpected endpoint"}), models) as server:
        opened = open_cascade(MCCom(local_url=server.url), traces=tmp_path / "t")
        try:
            await opened.local.ask()
            assert opened.recorder is not None
            await opened.recorder.settled()
            assert opened.recorder._subject.model == opened.engine.name == "qwen2.5-coder-1.5b"
        finally:
            await opened.aclose()


async def test_a_server_that_is_away_is_trouble_with_the_next_step() -> None:
    """A server that cannot be reached is trouble with the next step."""
    async with _opened(MCCom(local_url="http://127.0.0.1:9")) as opened:
        await opened.local.ask()
        status = status_of(opened)
    assert status["state"] == "trouble"
    assert "MCCom.local_url" in status["detail"]


TOKENS = [Token(text="x", prob=0.8)] * 3


async def test_gates_are_those_of_the_model_that_auto_chose(tmp_path: Path) -> None:
    """Gates and learnt thresholds are those of the model that `auto` chose."""
    opened = open_cascade(MCCom(model="auto", models_dir=str(tmp_path)), traces=tmp_path / "t")
    try:
        assert isinstance(opened.local, AutoModel)
        for name in ("smollm2-135m", "qwen2.5-coder-0.5b"):
            opened.local.engine.choice = Choice(name=name, why="", figures={}, statement_s={})
            opened.local.engine.settled()
            chance, features = opened.cascade.gates.show_chance, features_of(TOKENS, "xxx", parses=True)
            assert chance is not None
            assert features is not None
            assert chance(features) == calibration_of(opened.store.entry(name)).chance(features)
    finally:
        await opened.aclose()


async def test_a_model_too_large_for_memory_is_not_loaded(tmp_path: Path) -> None:
    """A model that does not fit into memory is refused before it is loaded."""
    path = tmp_path / "big.gguf"
    with path.open("wb") as file:
        file.write(b"GGUF")
        file.truncate(10**12)  # sparse: no disk is used
    async with _opened(MCCom(model=str(path))) as opened:
        with pytest.raises(EngineError, match=r"1450\.0 GB .* GB"):
            async for _ in opened.engine.generate(PROMPT, max_tokens=1):
                pass
        assert opened.pid is None


MAC = Facts(system="darwin", machine="arm64", python=(3, 12), mlx=True)


@pytest.mark.parametrize("model", ["qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b-mlx", "auto"])
@pytest.mark.parametrize("installed", [True, False])
def test_a_mac_runs_a_family_by_mlx_where_it_is_installed(tmp_path: Path, model: str, *, installed: bool) -> None:
    """A Mac takes a family's MLX folder; without MLX it takes the file, and the status says what to install."""
    store = Store(tmp_path, takes=WeightsTaken("auto", lambda: replace(MAC, mlx=installed)))
    tier = local_tier(MCCom(model=model), store)
    assert tier.kind == ("mlx" if installed else "llamacpp")
    assert tier.model.family == tier.wanted.removesuffix("-mlx") == "qwen2.5-coder-0.5b"
    assert ("pip install mlx-lm" in tier.why_not_mlx) is not installed
    assert store.wanted(tier.wanted).n_bytes == tier.model.n_bytes


async def test_a_restart_tries_mlx_again(tmp_path: Path) -> None:
    """A Mac on which MLX failed uses llama.cpp until a restart."""
    store = Store(tmp_path, takes=WeightsTaken("auto", lambda: MAC))
    tier = local_tier(MCCom(model="qwen2.5-coder-0.5b"), store)
    store.takes.failed("it could not be loaded")
    assert (tier.kind, "could not be loaded" in tier.why_not_mlx) == ("llamacpp", True)
    await tier.restart()
    assert (tier.kind, tier.why_not_mlx) == ("mlx", "")


async def test_auto_with_nothing_here_offers_the_default(tmp_path: Path) -> None:
    """`auto` without any model on the machine offers the default one."""
    settings = MCCom(model="auto", models_dir=str(tmp_path))
    async with _opened(settings) as opened:
        status = status_of(opened)
        assert (status["state"], status["model"]["id"]) == ("get-model", "qwen2.5-coder-0.5b")
        assert opened.local.wanted == wanted_model(settings) == "qwen2.5-coder-0.5b"


@pytest.mark.parametrize(
    ("settings", "n_context"),
    [({}, 1024), ({"prompt_tokens": 1024}, 1536), ({"max_tokens": 512}, 1280), ({"context_tokens": 4096}, 4096)],
)
def test_the_context_is_what_prompts_need(settings: dict[str, int], n_context: int) -> None:
    """The context holds the longest prompt and suggestion with a quarter to spare, unless a person sets it."""
    assert MCCom(**settings).n_context == n_context


@pytest.mark.parametrize(("changed", "kept"), [({"max_tokens": 128}, True), ({"prompt_tokens": 2048}, False)])
async def test_a_longer_prompt_takes_another_process(tmp_path: Path, *, changed: dict[str, int], kept: bool) -> None:
    """The model's process is kept until a longer prompt needs another context."""
    async with _opened(MCCom(models_dir=str(tmp_path))) as former:
        later = open_cascade(MCCom(models_dir=str(tmp_path), **changed), former=former)
        assert (later.local is former.local) is kept


@pytest.mark.parametrize(
    ("model", "before", "after", "kept"),
    [("auto", 700, 750, True), ("auto", 0, 700, False), ("auto", 700, 0, False), ("smollm2-135m", 700, 0, False)],
)
async def test_a_changed_prompt_holds_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, before: int, after: int, *, kept: bool
) -> None:
    """What a person sets holds from the next prompt on, also where the model's process is kept."""
    monkeypatch.setattr("jupyter_mccom.compose.local_tier.default_models_dir", lambda: tmp_path / "nothing measured")
    given = {"models_dir": str(tmp_path), "model": model}
    async with _opened(MCCom(prompt_tokens=before, **given)) as former:
        later = open_cascade(MCCom(prompt_tokens=after, **given), former=former)
        assert (later.local is former.local) is kept
        assert later.cascade._escalation.local.context.n_tokens == (after or 512)
        assert status_of(later)["prompt"]["tokens"] == (after or 512)
