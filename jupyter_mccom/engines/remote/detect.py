"""Asks a server what it is and which models it has. Knows nothing of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import EngineError
from ..fim import FimMarkers, PromptFormat
from ..http import HttpClient
from .llama_server import LlamaServer
from .ollama_generate import Ollama
from .openai_completions import CompletionsServer
from .own_server import Kind, KnownModel, Served
from .server_failures import Refused, ServerFailures


async def detect(
    client: HttpClient, name: str, *, known: KnownModel, probed: Sequence[FimMarkers], context_tokens: int
) -> tuple[Kind, str]:
    """The kind of server and its model's name; `name` empty takes the server's first model.

    `known` tells a model's markers by its name; those of `probed` are tried where a server can tell what is one token.
    Raises EngineError when it cannot be reached, refuses the key, has no such model, or is none of the kinds.
    """

    def served(found: str) -> Served:
        fim, layout = known(found)
        reads = PromptFormat(fim=fim, layout=layout)
        return Served(client=client, name=found, reads=reads, context_tokens=context_tokens)

    if await _is_ollama(client):
        found = _chosen(client, name, _names(await client.get("/api/tags"), "models", "name"))
        return Ollama(served(found), inserts=await _inserts(client, found)), found
    models = await _models(client)
    names = _names(models, "data", "id")
    if names and _items(models, "data", "owned_by") == ["llamacpp"]:
        reads = PromptFormat(fim=None, layout=known(name or names[0])[1], known=probed)
        return await _llama_server(client, reads), name or names[0]
    found = _chosen(client, name, names)
    return CompletionsServer(served(found)), found


async def _llama_server(client: HttpClient, reads: PromptFormat) -> LlamaServer:
    """A llama.cpp server with the first markers that are single tokens of its model."""
    asked = LlamaServer(client, lambda prompt, heals: reads.render(prompt, heals=heals), infill=False)
    await reads.probe(lambda names: asked.lengths(names, special=True))
    asked.infill = reads.infill
    return asked


async def _is_ollama(client: HttpClient) -> bool:
    try:
        answer = await client.get("/api/version")
    except Refused as error:
        if error.status in (401, 403):
            raise
        return False
    return isinstance(answer, dict) and isinstance(answer.get("version"), str)


async def _models(client: HttpClient) -> dict[str, Any]:
    try:
        answer = await client.get("/v1/models")
    except Refused as error:
        if error.status in (401, 403):
            raise
        why = f"HTTP {error.status} where it should list its models"
        raise ServerFailures(client.url).strange(why) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise ServerFailures(client.url).strange("it lists no models")
    return answer


async def _inserts(client: HttpClient, name: str) -> bool:
    answer = await client.post("/api/show", {"model": name})
    return "insert" in (answer.get("capabilities") or [])


def _chosen(client: HttpClient, name: str, names: Sequence[str]) -> str:
    """Ollama writes `:latest` behind a name that has no tag."""
    if not names:
        raise EngineError(f"the server at {client.url} has no model loaded; load one there")
    if not name:
        return names[0]
    found = next((one for one in (name, f"{name}:latest") if one in names), None)
    if found is None:
        raise EngineError(
            f"the server at {client.url} has no model {name!r}; set MCCom.local_model to one of {', '.join(names)}"
        )
    return found


def _names(answer: object, items: str, name: str) -> list[str]:
    return [one for one in _items(answer, items, name) if isinstance(one, str)]


def _items(answer: object, items: str, name: str) -> list[Any]:
    found = answer.get(items) if isinstance(answer, dict) else None
    return [one.get(name) for one in found if isinstance(one, dict)] if isinstance(found, list) else []
