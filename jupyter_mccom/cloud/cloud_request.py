"""What a person asks for when a cloud is set up: the nouns of this folder. Knows nothing of HTTP or of files."""

from __future__ import annotations

from dataclasses import dataclass, field


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
