"""A data frame of the live kernel, as far as a text can be checked against it. Knows nothing of kernels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A data frame that the live kernel holds."""

    name: str
    columns: tuple[str, ...]
    """All of them, in order."""
