"""Settings → a working cascade: the only place that picks parts and wires them.

Opening is cheap: the model's process starts with the first request or `warm`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .cascade.budget import Budget
from .cascade.journal import Journal
from .cascade.pipeline import Cascade, Cloud
from .cascade.route import Gates
from .engines.host import Host, default_threads
from .engines.llamacpp import LlamaCppEngine
from .errors import SettingsError
from .models.catalog import FIM_TEMPLATES, Model, fim_of
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
    dialect: str
    """Of the cloud; empty: the cloud is off."""
    cloud_url: str

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
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
        cloud=_cloud(settings),
        journal=Journal(keep_traces=settings.keep_traces),
        clock=SystemClock(),
        gates=gates_of(settings, model),
        prompt_tokens=settings.prompt_tokens,
        max_tokens=settings.max_tokens,
        latency_budget_s=settings.latency_budget_s,
    )
    return OpenCascade(
        cascade=cascade,
        engine=engine,
        host=host,
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


def _cloud(settings: MCCom) -> Cloud | None:
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
    ignored = Ignored(Path(settings.project_root or ".").expanduser().resolve())
    return Cloud(
        engine=MaskedEngine(engine),
        budget=budget,
        prompt_tokens=settings.cloud_prompt_tokens,
        kept_out=ignored.covers,
    )
