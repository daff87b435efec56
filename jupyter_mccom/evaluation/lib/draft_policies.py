"""The local model once more, in a process that checks all of a draft or nothing: to see what checking does.

Of a model of this machine; who opens it closes it.
"""

from __future__ import annotations

from ...compose import OpenCascade
from ...engines.fim import PromptFormat
from ...engines.local.engine import DirectEngine
from ...models.catalog import FIM_TEMPLATES


def checking_all(opened: OpenCascade) -> DirectEngine:
    """The policy that checks all of a draft, whatever that costs."""
    return _checking(opened, costs_file="")


def checking_none(opened: OpenCascade) -> DirectEngine:
    """Whatever that would spare."""
    return _checking(opened, costs_file=None)


def _checking(opened: OpenCascade, costs_file: str | None) -> DirectEngine:
    model, host = opened.model, opened.host
    assert host is not None
    known = FIM_TEMPLATES if model.own else ()
    reads = PromptFormat(fim=model.fim, layout=model.layout, known=known)
    return DirectEngine(name=model.id, host=host.another(costs_file=costs_file, model_hash=""), reads=reads)
