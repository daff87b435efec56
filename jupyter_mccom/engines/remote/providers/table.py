"""The providers of a cloud, and what is done with one: check what a person gave, list models, open an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from ....errors import CloudRefused, SettingsError
from ....protocols import Engine
from ...fim import FimMarkers
from ...http import HttpClient, Patience, Transport
from ..chat_completions import Chat, Speculation
from ..cloud_engine import CloudModel
from ..cloud_failures import CloudFailures
from ..fim_routes import FimService
from ..json_answers import texts_in
from ..llama_server import LlamaServerCloud
from ..verify import SgLang, Verifying, Vllm
from .provider import Provider

_LIST_S = 10.0
"""Longest wait for a list of models."""


def _root(url: str) -> str:
    """Some people write `/v1` behind the address of a server whose paths have it already."""
    return url.rstrip("/").removesuffix("/v1")


_ALL = (
    Provider(
        id="openai",
        name="OpenAI",
        url="https://api.openai.com/v1",
        models_path="/models",
        example_model="gpt-4.1-mini",
        draft="prediction",
        engine=Chat,
    ),
    Provider(
        id="anthropic",
        name="Anthropic",
        url="https://api.anthropic.com/v1",
        models_path="/models",
        example_model="claude-haiku-4-5",
        engine=Chat,
    ),
    Provider(
        id="gemini",
        name="Google Gemini",
        url="https://generativelanguage.googleapis.com/v1beta",
        models_path="/models",
        example_model="gemini-2.5-flash",
        engine=Chat,
    ),
    Provider(id="azure", name="Azure OpenAI", example_model="gpt-4.1-mini", draft="prediction", engine=Chat),
    Provider(
        id="mistral",
        name="Mistral",
        url="https://api.mistral.ai/v1",
        models_path="/models",
        example_model="codestral-latest",
        engine=lambda model: FimService(model, path="/fim/completions", keyed=True),
    ),
    Provider(
        id="deepseek",
        name="DeepSeek",
        url="https://api.deepseek.com/beta",
        models_path="/models",
        example_model="deepseek-chat",
        engine=lambda model: FimService(model, path="/completions", keyed=False),
    ),
    Provider(
        id="fireworks",
        name="Fireworks",
        url="https://api.fireworks.ai/inference/v1",
        models_path="/models",
        example_model="accounts/fireworks/models/qwen2p5-coder-32b-instruct",
        draft="speculation",
        engine=Speculation,
    ),
    Provider(
        id="openrouter",
        name="OpenRouter",
        url="https://openrouter.ai/api/v1",
        models_path="/models",
        example_model="openai/gpt-4.1-mini",
        engine=Chat,
    ),
    Provider(
        id="ollama",
        name="Ollama",
        url="http://127.0.0.1:11434",
        needs_key=False,
        models_path="/api/tags",
        example_model="qwen2.5-coder:7b",
        engine=Chat,
        model_names=lambda answer: texts_in(answer, "models", "name"),
        base=_root,
    ),
    Provider(
        id="lmstudio",
        name="LM Studio",
        url="http://127.0.0.1:1234",
        needs_key=False,
        models_path="/v1/models",
        example_model="qwen2.5-coder-7b-instruct",
        engine=Chat,
        base=_root,
    ),
    Provider(
        id="openai-compatible",
        name="OpenAI-compatible server",
        needs_key=False,
        models_path="/models",
        example_model="qwen2.5-coder-7b-instruct",
        engine=Chat,
    ),
    Provider(
        id="llama-server",
        needs_model=False,
        name="llama.cpp server",
        needs_key=False,
        models_path="/v1/models",
        example_model="qwen2.5-coder-7b",
        engine=lambda model: LlamaServerCloud(model, seeds=False),
        base=_root,
    ),
    Provider(
        id="llama-server-ngram-mod",
        needs_model=False,
        name="llama.cpp server with ngram-mod",
        needs_key=False,
        models_path="/v1/models",
        example_model="qwen2.5-coder-7b",
        draft="seeding",
        engine=lambda model: LlamaServerCloud(model, seeds=True),
        base=_root,
    ),
    Provider(
        id="vllm",
        name="vLLM",
        needs_key=False,
        models_path="/v1/models",
        example_model="Qwen/Qwen2.5-Coder-7B",
        draft="verification",
        engine=lambda model: Verifying(model, Vllm(model.client)),
        base=_root,
    ),
    Provider(
        id="sglang",
        name="SGLang",
        needs_key=False,
        models_path="/v1/models",
        example_model="Qwen/Qwen2.5-Coder-7B",
        draft="verification",
        engine=lambda model: Verifying(model, SgLang(model.client)),
        base=_root,
    ),
)
PROVIDERS: Mapping[str, Provider] = {provider.id: provider for provider in _ALL}
"""By id, in the order in which people see them."""


def checked(provider: str, url: str, model: str) -> Provider:
    """The provider of that id, for a cloud that a person or the settings name.

    Raises SettingsError for an unknown id, a missing or unusable address, or an empty model name.
    """
    found = PROVIDERS.get(provider)
    if found is None:
        raise SettingsError(f"no dialect {provider!r}; set cloud_dialect to one of {', '.join(PROVIDERS)}")
    if not (url or found.url):
        raise SettingsError(f"{found.name} has no address of its own; name the server's address (cloud_url)")
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(f"{url!r} is not an address; write one like https://gpu-box.example:8000")
    if not model.strip():
        raise SettingsError(
            f"no model is named for {found.name}; name one, such as {found.example_model} (cloud_model)"
        )
    return found


async def list_models(
    provider: str, url: str, key: str, *, transport: Callable[[], Transport | None] = lambda: None
) -> list[str]:
    """The names of a provider's models, in its own order; `url` empty: the service's own address. Raises CloudError."""
    found = PROVIDERS[provider]
    if not found.models_path:
        raise CloudRefused(f"{found.name} does not list its models; write the model's name")
    client = await asyncio.to_thread(  # it reads the certificates
        partial(cloud_client, url, lambda: key, connect_s=_LIST_S, read_s=_LIST_S, provider=found, transport=transport)
    )
    try:
        return list(dict.fromkeys(found.model_names(await client.get(found.models_path))))
    finally:
        await client.aclose()


def open_cloud(
    provider: str,
    *,
    url: str,
    model: str,
    key: Callable[[], str],
    fim: FimMarkers,
    connect_s: float,
    read_s: float,
    transport: Callable[[], Transport | None] = lambda: None,
) -> Engine:
    """An engine of a provider at `url`, or at the service's own address. Call it in a running event loop."""
    found = PROVIDERS[provider]
    client = cloud_client(url, key, connect_s=connect_s, read_s=read_s, provider=found, transport=transport)
    return found.engine(CloudModel(name=model, client=client, fim=fim))


def cloud_client(
    url: str,
    key: Callable[[], str],
    *,
    connect_s: float,
    read_s: float,
    provider: Provider = PROVIDERS["openai"],
    transport: Callable[[], Transport | None] = lambda: None,
) -> HttpClient:
    """The client of a cloud's server, which may be silent for `read_s`."""
    patience = Patience(connect_s=connect_s, read_s=read_s, question_s=max(read_s, _LIST_S))
    return HttpClient(
        provider.base(url or provider.url),
        key,
        CloudFailures(),
        patience,
        keeps_alive=True,
        key_headers=provider.key_headers,
        transport=transport,
    )
