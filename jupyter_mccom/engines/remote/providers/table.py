"""The providers of a cloud, and what is done with one: check what a person gave, list models, open an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ....errors import CloudRefused, SettingsError
from ...fim import FimMarkers
from ...http import HttpClient, Key, Patience, Transport
from ..cloud_engine import CloudEngine, CloudModel
from ..cloud_failures import CloudFailures
from .anthropic import ANTHROPIC
from .azure import AZURE
from .deepseek import DEEPSEEK
from .fireworks import FIREWORKS
from .gemini import GEMINI
from .mistral import MISTRAL
from .ollama import OLLAMA
from .openai import OPENAI
from .openai_compatible import LMSTUDIO, OPENAI_COMPATIBLE
from .openrouter import OPENROUTER
from .own_servers import LLAMA_SERVER, LLAMA_SERVER_NGRAM_MOD, SGLANG, VLLM
from .provider import Provider

_LIST_S = 10.0
"""Longest wait for a list of models."""


_ALL = (
    *(OPENAI, ANTHROPIC, GEMINI, AZURE, MISTRAL, DEEPSEEK, FIREWORKS, OPENROUTER),
    *(OLLAMA, LMSTUDIO, OPENAI_COMPATIBLE, LLAMA_SERVER, LLAMA_SERVER_NGRAM_MOD, VLLM, SGLANG),
)
PROVIDERS: Mapping[str, Provider] = {provider.id: provider for provider in _ALL}
"""By id, in the order in which people see them."""


def known(provider: str) -> Provider:
    """The provider of that id. Raises SettingsError for an unknown one."""
    found = PROVIDERS.get(provider)
    if found is None:
        raise SettingsError(f"no dialect {provider!r}; set cloud_dialect to one of {', '.join(PROVIDERS)}")
    return found


def checked(provider: str, url: str, model: str) -> Provider:
    """The provider of that id, for a cloud that a person or the settings name.

    Raises SettingsError for an unknown id, a missing or unusable address, or an empty model name.
    """
    found = known(provider)
    if not (url or found.url):
        raise SettingsError(f"{found.name} has no address of its own; name the server's address (cloud_url)")
    if url and not url.startswith(("http://", "https://")):
        raise SettingsError(f"{url!r} is not an address; write one like https://gpu-box.example:8000")
    if not model.strip():
        where = f" ({found.base(url or found.url)}{found.models_path} lists them)" if not found.needs_key else ""
        raise SettingsError(
            f"{found.name} needs a model's name, such as {found.example_model}{where}; name it (cloud_model)"
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
    except TypeError as error:
        raise CloudFailures().misshapen() from error
    finally:
        await client.aclose()


def draft_of(provider: str, model: str) -> str:
    """What the provider's documentation calls the draft that the model takes; empty where it takes none."""
    found = PROVIDERS[provider]
    return found.draft if found.drafts(model) else ""


def open_cloud(
    provider: str,
    *,
    url: str,
    model: str,
    key: Key,
    fim: FimMarkers | None,
    known: Sequence[FimMarkers] = (),
    connect_s: float,
    read_s: float,
    transport: Callable[[], Transport | None] = lambda: None,
) -> CloudEngine:
    """An engine of a provider at `url`, or at the service's own address. Call it in a running event loop.

    `fim` are the markers of the model's family; where its name tells none, those of `known` are tried on servers that
    count tokens, and other servers are asked in their own form.
    """
    found = PROVIDERS[provider]
    client = cloud_client(url, key, connect_s=connect_s, read_s=read_s, provider=found, transport=transport)
    return found.engine(CloudModel(name=model, client=client, fim=fim, known=tuple(known), address=url))


def cloud_client(
    url: str,
    key: Key,
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
