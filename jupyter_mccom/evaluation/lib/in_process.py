"""A GGUF model in this process, for what cannot be asked of a model's own process. Knows no suite."""

from __future__ import annotations

from ...compose import open_store
from ...engines.local.host import default_threads
from ...engines.local.llama_h import LlamaH
from ...errors import InputError
from ...models.catalog import Model
from ...settings import MCCom


def load_in_process(settings: MCCom) -> tuple[Model, LlamaH]:
    """The configured model, which stays until the process ends.

    Raises InputError for a model that is no GGUF file, ModelMissing, and EngineMissing without llama.h.
    """
    store = open_store(settings)
    model = store.entry(settings.model)
    if model.weights != "gguf":
        raise InputError(
            f"{model.id} is no GGUF file; name a model that llama.cpp reads, or set MCCom.engine to llamacpp"
        )
    threads = settings.threads or default_threads()
    return model, LlamaH(str(store.locate(model.id)), threads=threads, context_tokens=settings.n_context)
