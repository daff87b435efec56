"""Settings → a working cascade: picks the parts and wires them. What the rest of the package may ask for."""

from __future__ import annotations

from ..learning.trace_file import forget_traces
from .cascade import (
    UNHURRIED_S,
    OpenCascade,
    SystemClock,
    model_ids,
    open_cascade,
    open_live,
    open_store,
    wanted_model,
)
from .cloud_tier import cloud_address, draft_words
from .spent_file import default_spent_file
from .traces import traces_file

__all__ = [
    "UNHURRIED_S",
    "OpenCascade",
    "SystemClock",
    "cloud_address",
    "default_spent_file",
    "draft_words",
    "forget_traces",
    "model_ids",
    "open_cascade",
    "open_live",
    "open_store",
    "traces_file",
    "wanted_model",
]
