"""A model of this machine with the process that runs it, which starts with the first request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..engines.choosing.memory import refuse_if_too_large
from ..engines.choosing.this_machine import check_mlx
from ..engines.decoding import costs
from ..engines.fim import PromptFormat
from ..engines.local.engine import DirectEngine
from ..engines.local.host import Host
from ..errors import EngineMissing
from ..models.catalog import FIM_TEMPLATES, Model
from ..models.store import Store, default_models_dir
from ..protocols import Engine
from ..settings import MCCom

_LLAMA_DIRECT = "jupyter_mccom.engines.local.llamacpp"
_MLX = "jupyter_mccom.engines.local.mlx"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A model of this machine, and what runs it."""

    engine: Engine
    host: Host
    model: Model


def open_model(model: Model, settings: MCCom, store: Store, threads: int) -> LocalModel:
    """The model with its process, which is not started yet."""

    def child_settings() -> Mapping[str, object]:
        if model.weights == "mlx":
            check_mlx()
        path = str(store.locate(model.id).absolute())
        refuse_if_too_large(model.id, model.n_bytes)
        costs_file = str(default_models_dir().parent / costs.FILE)
        told = {"path": path, "context_tokens": settings.context_tokens}
        told |= {"costs_file": costs_file, "model_hash": model.content}
        return told if model.weights == "mlx" else told | {"threads": threads}

    module = _MLX if model.weights == "mlx" else _LLAMA_DIRECT
    host = Host(module, child_settings, idle_unload_s=settings.idle_unload_s)
    known = FIM_TEMPLATES if model.own else ()
    reads = PromptFormat(fim=model.fim, layout=model.layout, known=known)
    return LocalModel(engine=DirectEngine(name=model.id, host=host, reads=reads), host=host, model=model)


def mlx_runs() -> bool:
    """True when MLX is installed here."""
    try:
        check_mlx()
    except EngineMissing:
        return False
    return True
