"""The local model once more, in a process that checks all of a draft whatever that costs: to see what checking does."""

from __future__ import annotations

from collections.abc import Mapping

from ..compose import OpenCascade
from ..engines.direct import DirectEngine
from ..engines.fim import PromptFormat
from ..engines.host import Host
from ..settings import MCCom


def checking_all(opened: OpenCascade, settings: MCCom) -> DirectEngine:
    """Of a model of this machine; who opens it closes it."""
    given = {**process_settings(opened, settings), "costs_file": "", "model_hash": ""}
    host = Host("jupyter_mccom.engines.llama_direct", lambda: given, idle_unload_s=0)
    model = opened.model
    return DirectEngine(name=model.id, host=host, reads=PromptFormat(fim=model.fim, layout=model.layout))


def process_settings(opened: OpenCascade, settings: MCCom) -> Mapping[str, object]:
    """What a process of the model is told, whichever runs it."""
    path = str(opened.store.locate(opened.model.id).absolute())
    return {"path": path, "threads": opened.threads, "context_tokens": settings.context_tokens}
