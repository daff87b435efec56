"""Settings → a working cascade: the only place that picks parts and wires them.

Opening is cheap: the model's process starts with the first request or `warm`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .cascade.journal import Journal
from .cascade.pipeline import Cascade
from .engines.host import Host, default_threads
from .engines.llamacpp import LlamaCppEngine
from .models.catalog import FIM_TEMPLATES, Model
from .models.store import Store, default_models_dir
from .settings import MCCom

_LLAMA_SERVER = "jupyter_mccom.engines.llama_server"


class SystemClock:
    """Real time."""

    def now_s(self) -> float:
        """Monotonic seconds."""
        return time.monotonic()

    def unix_s(self) -> float:
        """Seconds since 1970."""
        return time.time()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCascade:
    """A cascade and the parts that a status speaks of."""

    cascade: Cascade
    engine: LlamaCppEngine
    host: Host
    store: Store
    model: Model
    threads: int

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
        if self.store.present(self.model.id):
            async with self.host.lease():
                pass

    async def aclose(self) -> None:
        """Ends all that was started."""
        await self.cascade.aclose()


def open_store(settings: MCCom) -> Store:
    """The folder of model files that the settings name."""
    return Store(Path(settings.models_dir).expanduser() if settings.models_dir else default_models_dir())


def open_cascade(settings: MCCom) -> OpenCascade:
    """Wires the parts; call it in a running event loop. Raises ModelError for a model that nobody knows."""
    store = open_store(settings)
    model = store.entry(settings.model)
    threads = settings.threads or default_threads()

    def child_settings() -> Mapping[str, object]:
        path = str(store.locate(model.id))
        return {"path": path, "threads": threads, "context_tokens": settings.context_tokens}

    host = Host(_LLAMA_SERVER, child_settings, idle_unload_s=settings.idle_unload_s)
    known = () if model.sha256 else FIM_TEMPLATES
    engine = LlamaCppEngine(name=model.id, host=host, fim=model.fim, layout=model.layout, known=known)
    cascade = Cascade(
        local=engine,
        journal=Journal(keep_traces=settings.keep_traces),
        clock=SystemClock(),
        prompt_tokens=settings.prompt_tokens,
        max_tokens=settings.max_tokens,
        latency_budget_s=settings.latency_budget_s,
    )
    return OpenCascade(cascade=cascade, engine=engine, host=host, store=store, model=model, threads=threads)
