"""Settings → a working cascade: the only place that picks parts and wires them.

Opening is cheap: the model's process starts with the first request or `warm`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from .cascade.budget import Budget
from .cascade.context import Context
from .cascade.journal import Journal
from .cascade.pipeline import Cascade, Cloud
from .cascade.route import Gates
from .engines.host import Host, default_threads
from .engines.llamacpp import LlamaCppEngine
from .errors import SettingsError
from .models.catalog import FIM_TEMPLATES, Model, fim_of
from .models.store import Store, default_models_dir
from .retrieval.iterate import KERNEL, Live, Retrieval
from .retrieval.tree import ProjectTree
from .settings import MCCom
from .types import Multiline

if TYPE_CHECKING:
    from .retrieval.kernel import Kernels, Sessions

_KERNEL_CHARS = 400
"""Of what a kernel holds, in a prompt: about 120 tokens, a frame of 15 columns and some names."""
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
    retriever: Retrieval
    tree: ProjectTree | None
    """The project's files; None where none is searched."""
    store: Store
    model: Model
    threads: int
    dialect: str
    """Of the cloud; empty: the cloud is off."""
    cloud_url: str

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
        await self.retriever.warm()
        if self.store.present(self.model.id):
            async with self.host.lease():
                pass

    async def aclose(self) -> None:
        """Ends all that was started."""
        await self.cascade.aclose()


def draft_words(dialect: str) -> str:
    """What a cloud's dialect can do with a draft, in words for people."""
    from .engines.cloud.dialects import DIALECTS

    return DIALECTS[dialect].words


def open_store(settings: MCCom) -> Store:
    """The folder of model files that the settings name."""
    return Store(Path(settings.models_dir).expanduser() if settings.models_dir else default_models_dir())


def open_cascade(settings: MCCom, *, jupyter_root: Path | None = None, live: Live | None = None) -> OpenCascade:
    """Wires the parts; call it in a running event loop. Raises ModelError for a model that nobody knows.

    Documents are paths below `jupyter_root`; without it no file is searched. `live` tells what a kernel holds.
    """
    store = open_store(settings)
    model = store.entry(settings.model)
    threads = settings.threads or default_threads()
    host, engine = _local(settings, store, model, threads)
    tree = _tree(settings, jupyter_root)
    retriever = Retrieval(tree=tree, live=live if settings.use_kernel else None)
    cascade = Cascade(
        context=Context(
            engine,
            retriever,
            n_tokens=settings.prompt_tokens,
            n_retrieved_tokens=settings.retrieval_tokens,
        ),
        cloud=_cloud(settings, retriever, jupyter_root or Path()),
        retriever=retriever,
        journal=Journal(keep_traces=settings.keep_traces),
        clock=SystemClock(),
        gates=gates_of(settings, model),
        max_tokens=settings.max_tokens,
        latency_budget_s=settings.latency_budget_s,
        multiline=cast(Multiline, settings.multiline),
    )
    return OpenCascade(
        cascade=cascade,
        engine=engine,
        host=host,
        retriever=retriever,
        tree=tree,
        store=store,
        model=model,
        threads=threads,
        dialect=settings.cloud_dialect,
        cloud_url=settings.cloud_url,
    )


def gates_of(settings: MCCom, model: Model) -> Gates:
    """The thresholds of the settings, or the model's own."""
    sure = model.threshold if settings.route_threshold < 0 else settings.route_threshold
    show = model.show_threshold if settings.show_threshold < 0 else settings.show_threshold
    return Gates(sure=sure, show=min(show, sure))


def _local(settings: MCCom, store: Store, model: Model, threads: int) -> tuple[Host, LlamaCppEngine]:
    def child_settings() -> Mapping[str, object]:
        path = str(store.locate(model.id).absolute())
        return {"path": path, "threads": threads, "context_tokens": settings.context_tokens}

    host = Host(_LLAMA_SERVER, child_settings, idle_unload_s=settings.idle_unload_s)
    known = () if model.sha256 else FIM_TEMPLATES
    return host, LlamaCppEngine(name=model.id, host=host, fim=model.fim, layout=model.layout, known=known)


def open_live(sessions: Sessions, kernels: Kernels) -> Live:
    """What the kernels of a Jupyter server hold."""
    from .retrieval.kernel import KernelNames

    return KernelNames(sessions, kernels, max_chars=_KERNEL_CHARS)


def _tree(settings: MCCom, jupyter_root: Path | None) -> ProjectTree | None:
    if jupyter_root is None or not settings.retrieval_tokens:
        return None
    cache_dir = default_models_dir().parent / "index"
    return ProjectTree(jupyter_root=jupyter_root, project_root=settings.project_root, cache_dir=cache_dir)


def _cloud(settings: MCCom, retriever: Retrieval, jupyter_root: Path) -> Cloud | None:
    if not settings.cloud_dialect:
        return None
    from .engines.cloud.dialects import DIALECTS, open_cloud
    from .privacy.ignore import Ignored
    from .privacy.keys import key_from
    from .privacy.masked_engine import MaskedEngine

    if settings.cloud_dialect not in DIALECTS:
        raise SettingsError(f"no dialect {settings.cloud_dialect!r}; set cloud_dialect to one of {', '.join(DIALECTS)}")
    engine = open_cloud(
        settings.cloud_dialect,
        url=settings.cloud_url,
        model=settings.cloud_model,
        key=lambda: key_from(settings.cloud_key_env, settings.cloud_key_file),
        fim=fim_of(settings.cloud_model),
        connect_s=settings.cloud_connect_s,
        read_s=settings.cloud_timeout_s,
    )
    budget = Budget(
        calls_a_day=settings.cloud_calls_a_day, tokens_a_day=settings.cloud_tokens_a_day, clock=SystemClock()
    )
    ignored = Ignored(jupyter_root.expanduser().resolve())
    share = settings.retrieval_tokens / settings.prompt_tokens
    context = Context(
        MaskedEngine(engine),
        retriever,
        n_tokens=settings.cloud_prompt_tokens,
        n_retrieved_tokens=int(share * settings.cloud_prompt_tokens),
        allowed=lambda hit: settings.kernel_to_cloud or hit.chunk.source != KERNEL,
    )
    return Cloud(context=context, budget=budget, kept_out=ignored.covers)
