"""The local tier by the settings: a model of this machine, what `auto` chooses among them, or another's server.

Nothing is loaded or asked yet: engines start with the first request. May be looked at from any thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from .engines.choosing.auto import AutoEngine, Candidate
from .engines.choosing.measurements import Measurements, machine
from .engines.choosing.memory import free_bytes, refuse_if_too_large
from .engines.choosing.model_choice import Choice
from .engines.choosing.this_machine import check_mlx
from .engines.decoding import costs
from .engines.fim import FimMarkers, Layout, PromptFormat
from .engines.local.engine import DirectEngine
from .engines.local.host import Host, default_threads
from .engines.remote.server_engine import ServerEngine
from .errors import EngineError, EngineMissing, SettingsError
from .models.catalog import FIM_TEMPLATES, Model, family_fim, ids, like
from .models.store import Store, default_models_dir
from .privacy.ignore import Ignored
from .privacy.keys import key_from
from .privacy.masked_engine import MaskedEngine
from .protocols import Engine
from .settings import AUTO, MCCom

EngineKind: TypeAlias = Literal["llamacpp", "mlx", "server"]
_DEFAULT = "qwen2.5-coder-0.5b"
"""What `auto` offers where no model is here yet."""
_LLAMA_DIRECT = "jupyter_mccom.engines.local.llamacpp"
_MLX = "jupyter_mccom.engines.local.mlx"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalModel:
    """A model of this machine, and what runs it."""

    engine: Engine
    host: Host
    model: Model


class Local:
    """The tier that answers first. `engine` is the same for its life; what is behind it may change with `auto`."""

    def __init__(self, settings: MCCom, store: Store) -> None:
        self._settings = settings
        self._store = store
        self.threads = settings.threads or default_threads()
        """CPU threads of a model of this machine."""
        self.auto: AutoEngine | None = None
        """None unless the model is chosen by measuring."""
        self.server: ServerEngine | None = None
        """None unless somebody else runs it."""
        self._models: dict[str, LocalModel] = {}
        """By id, as they were opened last."""
        self.engine = self._open()

    @property
    def url(self) -> str:
        """Of somebody else's server; empty without one."""
        return self._settings.local_url

    @property
    def leaves(self) -> str:
        """Where the text around the cursor goes when that is not this machine; empty when it stays."""
        return self.url if self.url and not on_this_machine(self.url) else ""

    def kept_out(self, jupyter_root: Path) -> Callable[[str], bool]:
        """Documents that may not be in its prompts; the function may raise RetrievalError."""
        if not self.leaves:
            return lambda document: False
        return Ignored(jupyter_root.expanduser().resolve()).covers

    @property
    def kind(self) -> EngineKind:
        """Who writes."""
        if self.server:
            return "server"
        return "mlx" if self.model.weights == "mlx" else "llamacpp"

    @property
    def model(self) -> Model:
        """The one that writes, or would. Of a server that of the catalogue which its name means."""
        if self.server:
            name = self.server.name
            served = Model(id=name, file="", n_bytes=0, sha256="")
            known = like(name) or served
            return replace(served, calibration=known.calibration)
        running = self._running
        return running.model if running else self._store.entry(self._chosen)

    @property
    def host(self) -> Host | None:
        """The process of the model; None where somebody else runs it, and before `auto` has opened one."""
        return self._running.host if self._running else None

    @property
    def trouble(self) -> str:
        """Why the last start or answer failed; empty when it did not."""
        if self.server:
            return self.server.trouble
        return self._running.host.trouble if self._running else ""

    @property
    def measuring(self) -> str:
        """The model that `auto` measures now; empty when it measures none."""
        return self.auto.measuring if self.auto else ""

    @property
    def choice(self) -> Choice | None:
        """What `auto` chose and why; None without `auto`."""
        return self.auto.choice if self.auto else None

    @property
    def wanted(self) -> str:
        """The model to download: the one in use, or the better one that `auto` offers."""
        return (self.choice.offer if self.choice else "") or self.model.id

    def present(self) -> bool:
        """The model's files are here, or somebody else has them. Raises ModelError."""
        return self.server is not None or self._store.present(self.model.id)

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
        if self.server is not None:
            await self.server.found()
        elif await asyncio.to_thread(self.present):
            if self.auto is not None:
                await self.auto.chosen()
            assert self.host is not None
            async with self.host.lease():
                pass

    async def ask(self) -> None:
        """Asks somebody else's server what it is; `trouble` says why it could not be asked."""
        if self.server is not None:
            with suppress(EngineError):
                await self.server.found()

    def when_chosen(self, work: Callable[[], None]) -> None:
        """Calls `work` each time that `auto` has chosen a model, or a server has told the name of its own."""
        for engine in (self.auto, self.server):
            if engine is not None:
                engine.settled = work

    def models_changed(self) -> None:
        """A model was downloaded: `auto` chooses anew."""
        if self.auto is not None:
            self.auto.reconsider()

    @property
    def costs_keys(self) -> tuple[str, ...]:
        """Of what checking drafts costs the model, on a GPU first; none where its engine is not installed."""
        if self.kind != "mlx":
            return tuple(costs.key_of(self.model.content, threads, "xllamacpp") for threads in (0, self.threads))
        return (costs.key_of(self.model.content, 0, "mlx"),) if mlx_runs() else ()

    @property
    def _running(self) -> LocalModel | None:
        return None if self.server else self._models.get(self._chosen)

    @property
    def _chosen(self) -> str:
        return self.auto.choice.name if self.auto else self._settings.model

    def _open(self) -> Engine:
        settings = self._settings
        if self.url:
            self.server = _server(settings)
            return MaskedEngine(self.server) if self.leaves else self.server
        if settings.model != AUTO:
            return self._opened(settings.model)
        self.auto = AutoEngine(
            candidates=self._candidates,
            measurements=Measurements(default_models_dir().parent / "auto.json", of=machine(self.threads)),
            budget_s=settings.auto_budget_s,
            free_bytes=free_bytes,
        )
        return self.auto

    def _candidates(self) -> list[Candidate]:
        """The catalogue's models that this machine's engines can run. A model ranks the same in each of its forms."""
        bases = list(dict.fromkeys(model_id.removesuffix("-mlx") for model_id in ids()))
        return [
            Candidate(
                name=model.id,
                kind=model.weights,
                n_bytes=model.n_bytes,
                rank=bases.index(model.id.removesuffix("-mlx")),
                present=self._store.present(model.id),
                default=model.id == _DEFAULT,
                open=partial(self._opened, model.id),
            )
            for model in map(self._store.entry, ids())
            if model.weights == "gguf" or mlx_runs()
        ]

    def _opened(self, model_id: str) -> Engine:
        self._models[model_id] = opened = self._local_model(self._store.entry(model_id))
        return opened.engine

    def _local_model(self, model: Model) -> LocalModel:
        def child_settings() -> Mapping[str, object]:
            if model.weights == "mlx":
                check_mlx()
            path = str(self._store.locate(model.id).absolute())
            refuse_if_too_large(model.id, model.n_bytes)
            costs_file = str(default_models_dir().parent / costs.FILE)
            told = {"path": path, "context_tokens": self._settings.context_tokens}
            told |= {"costs_file": costs_file, "model_hash": model.content}
            return told if model.weights == "mlx" else told | {"threads": self.threads}

        host = Host(
            _MLX if model.weights == "mlx" else _LLAMA_DIRECT,
            child_settings,
            idle_unload_s=self._settings.idle_unload_s,
        )
        known = FIM_TEMPLATES if model.own else ()
        reads = PromptFormat(fim=model.fim, layout=model.layout, known=known)
        engine: Engine = DirectEngine(name=model.id, host=host, reads=reads)
        return LocalModel(engine=engine, host=host, model=model)


def mlx_runs() -> bool:
    """MLX is installed here."""
    try:
        check_mlx()
    except EngineMissing:
        return False
    return True


def on_this_machine(url: str) -> bool:
    """A server's address is a loopback one. Raises SettingsError for what is none."""
    from urllib.parse import urlsplit

    try:
        return (urlsplit(url).hostname or "") in _LOOPBACK
    except ValueError as error:
        raise SettingsError(f"local_url {url!r} is no address; write http://127.0.0.1:8012 or the like") from error


def _server(settings: MCCom) -> ServerEngine:
    """Raises SettingsError for an address that is none."""
    if not settings.local_url.startswith(("http://", "https://")):
        raise SettingsError(f"local_url {settings.local_url!r} is no address; write http://127.0.0.1:8012 or the like")
    return ServerEngine(
        settings.local_url,
        name=settings.local_model,
        key=lambda: key_from(settings.local_key_env, settings.local_key_file),
        known=known_markers,
        probed=FIM_TEMPLATES,
        context_tokens=settings.context_tokens,
    )


def known_markers(name: str) -> tuple[FimMarkers | None, Layout]:
    """Of a model that a server names; no markers where its family is not known."""
    model = like(name)
    return family_fim(name), model.layout if model else "standard"
