"""What a cloud's server may speak, and what each dialect does with a draft. Adding one is an entry here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...protocols import Engine
from ..fim import FimMarkers
from ..http import HttpClient, Patience
from .cloud_engine import CloudModel
from .cloud_failures import CloudFailures
from .fim_routes import FimService
from .llama_server import LlamaServerCloud
from .openai import Chat, Speculation
from .verify import SgLang, Verifying, Vllm


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to speak with a server."""

    words: str
    """What it does with a draft, for people."""
    open: Callable[[CloudModel], Engine]
    url: str = ""
    """The service's own address; empty where every server is somebody's own."""


DIALECTS: Mapping[str, Dialect] = {
    "llama-server": Dialect(
        words="takes no draft",
        open=lambda model: LlamaServerCloud(model, seeds=False),
    ),
    "llama-server-ngram-mod": Dialect(
        words="checks the local text as a draft, seeded into its n-gram pool",
        open=lambda model: LlamaServerCloud(model, seeds=True),
    ),
    "vllm": Dialect(
        words="checks the local text as a draft, by the probabilities of the prompt",
        open=lambda model: Verifying(model, Vllm(model.client)),
    ),
    "sglang": Dialect(
        words="checks the local text as a draft, by the probabilities of the prompt",
        open=lambda model: Verifying(model, SgLang(model.client)),
    ),
    "openai": Dialect(
        words="checks the local text as a draft, sent as a prediction",
        open=Chat,
        url="https://api.openai.com/v1",
    ),
    "fireworks": Dialect(
        words="checks the local text as a draft, sent as speculation",
        open=Speculation,
        url="https://api.fireworks.ai/inference/v1",
    ),
    "mistral": Dialect(
        words="takes no draft",
        open=lambda model: FimService(model, path="/fim/completions", keyed=True),
        url="https://api.mistral.ai/v1",
    ),
    "deepseek": Dialect(
        words="takes no draft",
        open=lambda model: FimService(model, path="/completions", keyed=False),
        url="https://api.deepseek.com/beta",
    ),
}


def open_cloud(
    dialect: str, *, url: str, model: str, key: Callable[[], str], fim: FimMarkers, connect_s: float, read_s: float
) -> Engine:
    """An engine of a dialect of DIALECTS at `url`, or at the service's own address. Call it in a running event loop."""
    found = DIALECTS[dialect]
    client = cloud_client(url or found.url, key, connect_s=connect_s, read_s=read_s)
    return found.open(CloudModel(name=model, client=client, fim=fim))


def cloud_client(url: str, key: Callable[[], str], *, connect_s: float, read_s: float) -> HttpClient:
    """The client of a cloud's server, which may be silent for `read_s`."""
    patience = Patience(connect_s=connect_s, read_s=read_s, question_s=None)
    return HttpClient(url, key, CloudFailures(), patience, keeps_alive=True)
