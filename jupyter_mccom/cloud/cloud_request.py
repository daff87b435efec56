"""What a person asks for when a cloud is set up: the nouns of this folder. Knows nothing of HTTP or of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..errors import InputError

_N_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRequest:
    """A cloud as a person names it, in a form, on a command line or in a magic."""

    provider: str
    """Id of a provider; empty names the cloud that is in use."""
    url: str = ""
    """Base address; empty names the provider's own."""
    model: str = ""
    key: str = field(default="", repr=False)
    """The key; empty names the one that is kept for the address."""
    local: bool = False
    """The server is to be the local model, and not the cloud: it runs on this machine."""


def usual_model(example: str, names: Sequence[str]) -> str:
    """The model of a person who names none, of those that a provider lists: its `example`, or the only one.

    Raises InputError where it has to be named.
    """
    if example in names or len(names) == 1:
        return example if example in names else names[0]
    listed = f": {', '.join(names[:_N_NAMED])}{' …' * (len(names) > _N_NAMED)}" if names else ""
    raise InputError(f"name the model that is to be used, with --model{listed}")
