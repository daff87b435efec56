"""The local model once more, in a process that checks all of a draft, nothing, or what pays: to see what checking does.

Each is of a model of this machine; who opens it closes it.
"""

from __future__ import annotations

from ..compose import OpenCascade
from ..engines.direct import DirectEngine
from ..engines.fim import PromptFormat


def checking_all(opened: OpenCascade) -> DirectEngine:
    """Whatever that costs."""
    return _checking(opened, costs_file="", model_hash="")


def checking_none(opened: OpenCascade) -> DirectEngine:
    """Whatever that would spare."""
    return _checking(opened, costs_file=None, model_hash="")


def checking_by_cost(opened: OpenCascade) -> DirectEngine:
    """As the cascade's own, which has seen other drafts."""
    return _checking(opened)


def _checking(opened: OpenCascade, **changed: object) -> DirectEngine:
    model, host = opened.model, opened.host
    assert host is not None
    reads = PromptFormat(fim=model.fim, layout=model.layout)
    return DirectEngine(name=model.id, host=host.another(**changed), reads=reads)
