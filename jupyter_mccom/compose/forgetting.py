"""Everything in memory that holds a person's text, dropped at once."""

from __future__ import annotations

from .. import way_out
from ..cascade.pipeline import Cascade
from ..privacy import secrets
from ..retrieval import index, search


def forget(cascade: Cascade) -> None:
    """Drops what the cascade knows, and what modules keep from key to key. Any thread may call it."""
    cascade.forget()
    for module in (search, index, secrets, way_out):
        module.forget()
