"""What a person asks for when a cloud is set up: the nouns of this folder. Knows nothing of HTTP or of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..errors import InputError, SettingsLocked

_N_NAMED = 20
_WORDS = {"url": "address", "model": "model"}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCloud:
    """What the server's configuration fixes of a cloud that a person sets up; what is empty the person names."""

    url: str = ""
    model: str = ""

    def of(self, request: CloudRequest) -> CloudRequest:
        """The request with what is fixed. Raises SettingsLocked where it names something else.

        A server in the place of the local model is no cloud, and stays as it is.
        """
        if request.local:
            return request
        for name, fixed, named in (("url", self.url, request.url), ("model", self.model, request.model)):
            if fixed and named.rstrip("/") not in ("", fixed):
                raise SettingsLocked(
                    f"the server's configuration sets the cloud's {_WORDS[name]} to {fixed} (MCCom.cloud_{name}); "
                    "leave it out, or ask the administrator of the server to change it"
                )
        return replace(request, url=self.url or request.url, model=self.model or request.model)


def usual_model(example: str, names: Sequence[str]) -> str:
    """The model of a person who names none, of those that a provider lists: its `example`, or the only one.

    Raises InputError where it has to be named.
    """
    if example in names or len(names) == 1:
        return example if example in names else names[0]
    listed = f": {', '.join(names[:_N_NAMED])}{' …' * (len(names) > _N_NAMED)}" if names else ""
    raise InputError(f"name the model that is to be used, with --model{listed}")
