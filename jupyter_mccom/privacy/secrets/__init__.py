"""What a secret is, and the placeholders that stand in its place."""

from __future__ import annotations

from .masking import Masking
from .spans import PLACEHOLDER, forget, spans

__all__ = ["PLACEHOLDER", "Masking", "forget", "spans"]
