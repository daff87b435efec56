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
from .cloud_tier import cloud_address, cloud_name, draft_words, form_words
from .persons_cloud import open_for_person, open_set_up, try_in_use, why_not_persons, with_cloud
from .spent_file import default_spent_file
from .traces import traces_file

__all__ = [
    "UNHURRIED_S",
    "OpenCascade",
    "SystemClock",
    "cloud_address",
    "cloud_name",
    "default_spent_file",
    "draft_words",
    "forget_traces",
    "form_words",
    "model_ids",
    "open_cascade",
    "open_for_person",
    "open_live",
    "open_set_up",
    "open_store",
    "traces_file",
    "try_in_use",
    "wanted_model",
    "why_not_persons",
    "with_cloud",
]
