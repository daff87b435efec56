"""Asks a server what it is and which models it has. Knows nothing of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...errors import EngineError
from ..fim import FimMarkers
from .kinds import Completions, Kind, KnownModel, LlamaServer, Ollama, Served
from .server_client import Refused, ServerClient


async def detect(
    client: ServerClient, name: str, *, known: KnownModel, probed: Sequence[FimMarkers], context_tokens: int
) -> tuple[Kind, str]:
    """The kind of server and its model's name; `name` empty takes the server's first model.

    `known` tells a model's markers by its name; those of `probed` are tried where a server can tell what is one token.
    Raises EngineError when it cannot be reached, refuses the key, has no such model, or is none of the kinds.
    """
    if await _is_ollama(client):
        found = _chosen(client, name, _names(await client.get("/api/tags"), "models", "name"))
        return Ollama(_served(client, found, known, context_tokens), inserts=await _inserts(client, found)), found
    models = await _models(client)
    names = _names(models, "data", "id")
    if names and _items(models, "data", "owned_by") == ["llamacpp"]:
        served = Served(
            client=client, name=names[0], fim=await _markers(client, probed), layout=known(name or names[0])[1],
            context_tokens=context_tokens,
        )  # fmt: skip
        return LlamaServer(served), name or names[0]
    found = _chosen(client, name, names)
    return Completions(_served(client, found, known, context_tokens)), found


async def _is_ollama(client: ServerClient) -> bool:
    try:
        answer = await client.get("/api/version")
    except Refused as error:
        if error.status in (401, 403):
            raise
        return False
    return isinstance(answer, dict) and isinstance(answer.get("version"), str)


async def _models(client: ServerClient) -> dict[str, Any]:
    try:
        answer = await client.get("/v1/models")
    except Refused as error:
        if error.status in (401, 403):
            raise
        raise client.strange(f"HTTP {error.status} where it should list its models") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise client.strange("it lists no models")
    return answer


async def _inserts(client: ServerClient, name: str) -> bool:
    answer = await client.post("/api/show", {"model": name})
    return isinstance(answer, dict) and "insert" in (answer.get("capabilities") or [])


async def _markers(client: ServerClient, probed: Sequence[FimMarkers]) -> FimMarkers | None:
    """The first markers that are single tokens of the model."""
    for markers in probed:
        for marker in (markers.prefix, markers.suffix, markers.middle):
            answer = await client.post("/tokenize", {"content": marker, "add_special": False, "parse_special": True})
            if not isinstance(answer, dict) or len(answer.get("tokens") or []) != 1:
                break
        else:
            return markers
    return None


def _served(client: ServerClient, name: str, known: KnownModel, context_tokens: int) -> Served:
    fim, layout = known(name)
    return Served(client=client, name=name, fim=fim, layout=layout, context_tokens=context_tokens)


def _chosen(client: ServerClient, name: str, names: Sequence[str]) -> str:
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
