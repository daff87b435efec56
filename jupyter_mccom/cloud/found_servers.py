"""Ollama, LM Studio and llama.cpp on this machine, where they listen unless told otherwise. Asks loopback only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import anyio

from ..engines.remote.json_answers import texts_in
from ..engines.remote.providers.table import PROVIDERS, cloud_client
from ..errors import EngineError

PLACES = (
    ("ollama", "http://127.0.0.1:11434"),
    ("lmstudio", "http://127.0.0.1:1234"),
    ("llama-server", "http://127.0.0.1:8080"),
)
"""Provider and address."""
_ANSWER_S = 0.6
"""A server of this machine answers within milliseconds; one that loads a model answers next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundServer:
    """A server that answered, and has a model."""

    provider: str
    name: str
    """For people."""
    url: str
    models: tuple[str, ...]


async def found_servers() -> list[FoundServer]:
    """Those that answer now; all are asked at once."""
    found = await asyncio.gather(*(_asked(provider, url) for provider, url in PLACES))
    return [server for server in found if server is not None]


async def _asked(provider: str, url: str) -> FoundServer | None:
    about = PROVIDERS[provider]
    client = await asyncio.to_thread(
        cloud_client, url, lambda: "", connect_s=_ANSWER_S, read_s=_ANSWER_S, provider=about
    )
    try:
        with anyio.fail_after(_ANSWER_S):
            answer = await client.get(about.models_path)
    except (EngineError, TimeoutError):
        return None
    finally:
        await client.aclose()
    if provider == "llama-server" and "llamacpp" not in texts_in(answer, "data", "owned_by"):
        return None  # many programs listen there
    models = tuple(about.model_names(answer))
    return FoundServer(provider=provider, name=about.name, url=url, models=models) if models else None
