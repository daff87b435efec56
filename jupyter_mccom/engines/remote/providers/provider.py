"""What is known of one provider: its name and address for people, how a key is sent, and how its engine is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ...http import bearer
from ..cloud_engine import CloudEngine, CloudModel
from ..json_answers import texts_in

KeyHeaders: TypeAlias = Callable[[str], Mapping[str, str]]
"""A key → the headers that carry it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A service, or a kind of server that people run themselves."""

    id: str
    """The value of `cloud_dialect`."""
    name: str
    """For people."""
    url: str = ""
    """The service's base address; empty where the person has to name one."""
    needs_key: bool = True
    models_path: str = ""
    """Where the models are listed, below the base address; empty: it cannot list them."""
    example_model: str
    draft: str = ""
    """What the provider's documentation calls a draft that the server checks; empty: it takes none."""
    drafts: Callable[[str], bool] = lambda model: True
    """The documentation says so of a model of that name."""
    engine: Callable[[CloudModel], CloudEngine]
    """Makes the engine. Call it in a running event loop."""
    key_headers: KeyHeaders = bearer
    model_names: Callable[[object], list[str]] = lambda answer: texts_in(answer, "data", "id")
    """The names in the answer at `models_path`. Raises TypeError for an answer of another shape."""
    base: Callable[[str], str] = lambda url: url.rstrip("/")
    """The address as people write it → the one below which the provider's paths stand."""


def root_of(url: str) -> str:
    """The address without the `/v1` that some people write behind it."""
    return url.rstrip("/").removesuffix("/v1")
