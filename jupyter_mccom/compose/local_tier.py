"""The tier that answers first: a model of this machine, the one that `auto` measures to be best, or a server.

Nothing is loaded or asked yet: engines start with the first request. A tier may be looked at from any thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ..engines.choosing.auto import AutoEngine, Candidate
from ..engines.choosing.measurements import Measurements, machine
from ..engines.choosing.memory import free_bytes
from ..engines.choosing.model_choice import Choice
from ..engines.decoding import costs
from ..engines.fim import FimMarkers, Layout
from ..engines.local.host import Host, default_threads
from ..engines.remote.server_engine import ServerEngine
from ..errors import EngineError, SettingsError
from ..models.catalog import FIM_TEMPLATES, Model, family_fim, ids, like
from ..models.store import Store, default_models_dir
from ..privacy.ignore import Ignored
from ..privacy.keys import key_from
from ..privacy.masked_engine import MaskedEngine
from ..protocols import Engine
from ..settings import AUTO, MCCom
from ..way_out import is_loopback
from .model_process import LocalModel, mlx_runs, open_model

EngineKind: TypeAlias = Literal["llamacpp", "mlx", "server"]
LOCAL_SETTINGS = (
    *("model", "models_dir", "threads", "context_tokens", "idle_unload_s", "auto_budget_s"),
    *("local_url", "local_model", "local_key_env", "local_key_file"),
)
"""What the local tier depends on: with the same values it is taken over."""
_DEFAULT = "qwen2.5-coder-0.5b"
"""What `auto` offers where no model is here yet."""


class FirstModel(Protocol):
    """The tier that answers first. The defaults here are those of a tier without `auto` and without a server."""

    threads: int
    """CPU threads of a model of this machine."""
    engine: Engine
    """The same for the life of the tier; the model behind it may change."""
    server: ServerEngine | None = None
    """None unless somebody else runs the model."""
    url: str = ""
    """The address of somebody else's server; empty without one."""
    leaves: str = ""
    """Where the text around the cursor goes when that is not this machine; empty when it stays."""

    @property
    def kind(self) -> EngineKind:
        """Which kind of engine writes."""
        return "mlx" if self.model.weights == "mlx" else "llamacpp"

    @property
    def model(self) -> Model:
        """The model that writes, or would."""

    @property
    def host(self) -> Host | None:
        """The process of the model; None where somebody else runs it, and before `auto` has opened one."""
        return None

    @property
    def trouble(self) -> str:
        """Why the last start or answer failed; empty when it did not."""
        return self.host.trouble if self.host else ""

    @property
    def measuring(self) -> str:
        """The model that `auto` measures now; empty when it measures none."""
        return ""

    @property
    def choice(self) -> Choice | None:
        """What `auto` chose and why; None without `auto`."""
        return None

    @property
    def wanted(self) -> str:
        """The model to download: the one in use, or the better one that `auto` offers."""
        return (self.choice.offer if self.choice else "") or self.model.id

    def present(self) -> bool:
        """The model's files are here, or somebody else has them. Raises ModelError."""

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
        if await asyncio.to_thread(self.present):
            await self._ready()
            assert self.host is not None
            async with self.host.lease():
                pass

    async def _ready(self) -> None:
        """Waits until the model is chosen and its process known."""
        return

    async def ask(self) -> None:
        """Asks somebody else's server what it is; `trouble` says why it could not be asked."""
        return

    def kept_out(self, jupyter_root: Path) -> Callable[[str], bool]:
        """Documents that may not be in the tier's prompts; the function may raise RetrievalError."""
        return lambda document: False

    def when_chosen(self, work: Callable[[], None]) -> None:
        """Calls `work` each time that `auto` has chosen a model, or a server has told the name of its own."""
        return

    def models_changed(self) -> None:
        """A model was downloaded: `auto` chooses anew."""
        return

    @property
    def costs_keys(self) -> tuple[str, ...]:
        """Under which names the cost of checking drafts is kept, a GPU's first; none where no engine runs the model."""
        if self.kind != "mlx":
            return tuple(costs.key_of(self.model.content, threads, "xllamacpp") for threads in (0, self.threads))
        return (costs.key_of(self.model.content, 0, "mlx"),) if mlx_runs() else ()


def local_tier(settings: MCCom, store: Store) -> FirstModel:
    """The tier that the settings name.

    Raises ModelError for a model that nobody knows, SettingsError for an address that is none.
    """
    if settings.local_url:
        return ServedModel(settings)
    return AutoModel(settings, store) if settings.model == AUTO else OwnModel(settings, store)


class OwnModel(FirstModel):
    """The model that the settings name, in a process of this machine."""

    def __init__(self, settings: MCCom, store: Store) -> None:
        self.threads = settings.threads or default_threads()
        self._store = store
        self._opened = open_model(store.entry(settings.model), settings, store, self.threads)
        self.engine = self._opened.engine

    @property
    def model(self) -> Model:
        """The model that the settings name."""
        return self._opened.model

    @property
    def host(self) -> Host:
        """The process of the model."""
        return self._opened.host

    def present(self) -> bool:
        """The model's files are here."""
        return self._store.present(self.model.id)


class AutoModel(FirstModel):
    """The best model that this machine carries: `auto` measures them and may change its choice."""

    engine: AutoEngine

    def __init__(self, settings: MCCom, store: Store) -> None:
        self.threads = settings.threads or default_threads()
        self._settings = settings
        self._store = store
        self._models: dict[str, LocalModel] = {}
        """By id, as they were opened last."""
        self.engine = AutoEngine(
            candidates=self.candidates,
            measurements=Measurements(default_models_dir().parent / "auto.json", of=machine(self.threads)),
            budget_s=settings.auto_budget_s,
            free_bytes=free_bytes,
        )

    @property
    def model(self) -> Model:
        """The model that `auto` has chosen."""
        running = self._running
        return running.model if running else self._store.entry(self.choice.name)

    @property
    def host(self) -> Host | None:
        """The process of the chosen model; None before `auto` has opened one."""
        return self._running.host if self._running else None

    @property
    def measuring(self) -> str:
        """The model that `auto` measures now; empty when it measures none."""
        return self.engine.measuring

    @property
    def choice(self) -> Choice:
        """What `auto` chose, and why."""
        return self.engine.choice

    def present(self) -> bool:
        """The chosen model's files are here."""
        return self._store.present(self.model.id)

    async def _ready(self) -> None:
        await self.engine.chosen()

    def when_chosen(self, work: Callable[[], None]) -> None:
        """Calls `work` each time that `auto` has chosen a model."""
        self.engine.settled = work

    def models_changed(self) -> None:
        """Lets `auto` choose anew."""
        self.engine.reconsider()

    def candidates(self) -> list[Candidate]:
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
                open=partial(self._open, model),
            )
            for model in map(self._store.entry, ids())
            if model.weights == "gguf" or mlx_runs()
        ]

    @property
    def _running(self) -> LocalModel | None:
        return self._models.get(self.choice.name)

    def _open(self, model: Model) -> Engine:
        self._models[model.id] = opened = open_model(model, self._settings, self._store, self.threads)
        return opened.engine


class ServedModel(FirstModel):
    """The model of a server that somebody else runs, here or elsewhere."""

    server: ServerEngine

    def __init__(self, settings: MCCom) -> None:
        self.threads = settings.threads or default_threads()
        self.url = settings.local_url
        self.server = _server(settings)
        self.leaves = "" if on_this_machine(self.url) else self.url
        self.engine = MaskedEngine(self.server) if self.leaves else self.server

    @property
    def kind(self) -> EngineKind:
        """Always `server`: somebody else's server writes."""
        return "server"

    @property
    def model(self) -> Model:
        """What the server names; how sure its texts are is known from the catalogue's model of that name."""
        name = self.server.name
        served = Model(id=name, file="", n_bytes=0, sha256="")
        known = like(name) or served
        return replace(served, calibration=known.calibration)

    @property
    def trouble(self) -> str:
        """Why the server's last answer failed; empty when it did not."""
        return self.server.trouble

    def present(self) -> bool:
        """Always true: somebody else has the files."""
        return True

    async def warm(self) -> None:
        """Asks the server what it is. Raises EngineError when it cannot be asked."""
        await self.server.found()

    async def ask(self) -> None:
        """Asks the server what it is. `trouble` says why it could not be asked."""
        with suppress(EngineError):
            await self.server.found()

    def kept_out(self, jupyter_root: Path) -> Callable[[str], bool]:
        """Documents that `.mccomignore` names, where their text would leave this machine; else none."""
        return Ignored(jupyter_root.expanduser().resolve()).covers if self.leaves else super().kept_out(jupyter_root)

    def when_chosen(self, work: Callable[[], None]) -> None:
        """Calls `work` each time that the server has told its model's name."""
        self.server.settled = work


def on_this_machine(url: str) -> bool:
    """A server's address is a loopback one. Raises SettingsError for what is none."""
    from urllib.parse import urlsplit

    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError as error:
        raise SettingsError(f"local_url {url!r} is not an address; write one like http://127.0.0.1:8012") from error


def _server(settings: MCCom) -> ServerEngine:
    """Raises SettingsError for an address that is none."""
    if not settings.local_url.startswith(("http://", "https://")):
        raise SettingsError(f"local_url {settings.local_url!r} is not an address; write one like http://127.0.0.1:8012")
    return ServerEngine(
        settings.local_url,
        name=settings.local_model,
        key=lambda: key_from(settings.local_key_env, settings.local_key_file),
        known=known_markers,
        probed=FIM_TEMPLATES,
        context_tokens=settings.context_tokens,
    )


def known_markers(name: str) -> tuple[FimMarkers | None, Layout]:
    """Markers of a model that a server names; no markers where its family is not known."""
    model = like(name)
    return family_fim(name), model.layout if model else "standard"
