"""Azure OpenAI: OpenAI's chat at a deployment, with an API version and the key in a header of its own.

A deployment may have any name, so what its model is follows from the name only where that says it; what the model
refuses by name is left out. The address may carry `?api-version=…`; one that ends in `/openai/v1` is the route without
versions. Sources: learn.microsoft.com (REST API reference; predicted outputs, since 2025-01-01-preview; v1 lifecycle)
and `lib/azure.py` of PyPI's openai 3.57, November 2026.
"""

from __future__ import annotations

from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

from ..chat_completions import Asked, ChatCompletions
from ..cloud_engine import CloudEngine, CloudModel
from . import openai
from .provider import Provider

_VERSION = "2025-04-01-preview"


def _base(url: str) -> str:
    """The address up to the deployments, or up to `v1`."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/").partition("/deployments")[0]
    path = path if path.endswith("/v1") else path.removesuffix("/openai") + "/openai"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _fields(asked: Asked) -> dict[str, object]:
    return {name: value for name, value in openai.fields(asked).items() if name != "prompt_cache_key"}


def _engine(model: CloudModel) -> CloudEngine:
    path = "/chat/completions"
    if not _base(model.address).endswith("/v1"):
        version = parse_qs(urlsplit(model.address).query).get("api-version", [_VERSION])[0]
        path = f"/deployments/{quote(model.name, safe='')}{path}?api-version={quote(version)}"
    return ChatCompletions(model, _fields, path=path, predicts=openai.predicts(model.name))


AZURE = Provider(
    id="azure",
    name="Azure OpenAI",
    example_model="gpt-4.1-mini",
    draft="prediction",
    drafts=openai.predicts,
    engine=_engine,
    key_headers=lambda key: {"api-key": key} if key else {},
    base=_base,
)
