"""The tier that answers first: a model of this machine, the one that `auto` measures to be best, or a server.

Nothing is loaded or asked yet: engines start with the first request. A tier may be looked at from any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..engines.choosing.auto import AutoEngine, Candidate
from ..engines.choosing.measurements import Measurements, machine
from ..engines.choosing.memory import free_bytes
from ..engines.choosing.model_choice import Choice
from ..engines.choosing.power_and_memory import ThisMachine
from ..engines.choosing.speed import Speed
from ..engines.local.host import Host, threads_for
from ..models.catalog import Model, ids
from ..models.store import Store, default_models_dir
from ..protocols import Engine
from ..settings import AUTO, MCCom
from .first_model import FirstModel
from .model_process import LocalModel, build_words
from .prompt_length import PromptLength, prompt_length, spared
from .served_model import ServedModel

LOCAL_SETTINGS = (
    *("model", "engine", "models_dir", "threads", "context_tokens", "idle_unload_s", "auto_budget_s", "step_down"),
    *("local_url", "local_model", "local_key_env", "local_key_file"),
)
"""What the local tier depends on, beside the size of its context: with the same values it is taken over."""


def local_tier(settings: MCCom, store: Store) -> FirstModel:
    """The tier that the settings name.

    Raises ModelError for a model that nobody knows, SettingsError for an address that is none.
    """
    if settings.local_url:
        return ServedModel(settings)
    return AutoModel(settings, store) if settings.model == AUTO else OwnModel(settings, store)


class OwnModel(FirstModel):
    """The model that the settings name, in a process of this machine."""

    engine: LocalModel

    def __init__(self, settings: MCCom, store: Store) -> None:
        self.threads = threads_for(settings.threads)
        self._store = store
        self._id = settings.model
        speed = Speed(_measurements(self.threads))
        self.engine = LocalModel(settings.model, settings, store, self.threads, speed=speed)

    @property
    def model(self) -> Model:
        """The weights of the model that the settings name."""
        running = self.engine.model
        return running if self.engine.host.pid is not None else self._store.entry(self._id)

    @property
    def host(self) -> Host:
        """The process of the model."""
        return self.engine.host

    @property
    def length(self) -> PromptLength:
        """How long a prompt may be: by the speed that was seen until the process started."""
        return self.engine.length

    @property
    def wanted(self) -> str:
        """What the settings name."""
        return self._id

    @property
    def why_not_mlx(self) -> str:
        """Why llama.cpp runs the model although MLX was to be expected; empty where it was not."""
        return self._store.why_not_mlx(self._id, self.model)

    @property
    def why_no_gpu(self) -> str:
        """Why a GPU of this machine is not used, with the next step; empty where it is, or there is none."""
        return self.engine.why_no_gpu

    def present(self) -> bool:
        """The model's files are here."""
        return self._store.present(self._id)

    async def restart(self) -> None:
        """Ends the model's process, and all that is remembered of its failures."""
        await self.engine.restart()

    async def _ready(self) -> None:
        await self.engine.ready()


class AutoModel(FirstModel):
    """The best model that this machine carries: `auto` measures them and may change its choice."""

    engine: AutoEngine

    def __init__(self, settings: MCCom, store: Store) -> None:
        self.threads = threads_for(settings.threads)
        self._settings = settings
        self._store = store
        self._models: dict[str, LocalModel] = {}
        """By id, as they were opened last."""
        self.engine = AutoEngine(
            candidates=self.candidates,
            measurements=_measurements(self.threads),
            budget_s=settings.auto_budget_s,
            free_bytes=free_bytes,
            conditions=ThisMachine() if settings.step_down else None,
        )

    @property
    def model(self) -> Model:
        """The model that `auto` has chosen."""
        running = self._running
        return running.model if running else self._store.entry(self.choice.name)

    @property
    def why_not_mlx(self) -> str:
        """Why llama.cpp runs the model although MLX was to be expected; empty where it was not."""
        return self._store.why_not_mlx(self.choice.name, self.model)

    @property
    def why_no_gpu(self) -> str:
        """Why a GPU of this machine is not used, with the next step; empty where it is, or there is none."""
        return self._running.why_no_gpu if self._running else build_words(self.model.weights)

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

    @property
    def length(self) -> PromptLength:
        """How long a prompt may be; shorter while the machine is to be spared and no smaller model stands in."""
        return spared(self._length, self.engine.strain) if self._shorter else self._length

    @property
    def stepped_down(self) -> str:
        """What is used instead of what, while the machine is to be spared; empty while it is not."""
        strain, choice = self.engine.strain, self.choice
        if not strain:
            return ""
        if choice.instead_of:
            return f"{strain}: {choice.name} answers instead of {choice.instead_of}"
        return f"{strain}: prompts have {self.length.tokens} tokens at most" if self._shorter else ""

    def present(self) -> bool:
        """The chosen model's files are here."""
        return self._store.present(self.choice.name)

    async def restart(self) -> None:
        """Ends the chosen model's process, and all that is remembered of its failures."""
        if self._running:
            await self._running.restart()

    async def _ready(self) -> None:
        await self.engine.chosen()
        if self._running:
            await self._running.ready()

    def when_chosen(self, work: Callable[[], None]) -> None:
        """Calls `work` each time that `auto` has chosen a model."""
        self.engine.settled = work

    def models_changed(self) -> None:
        """Lets `auto` choose anew."""
        self.engine.reconsider()

    def candidates(self) -> list[Candidate]:
        """The catalogue's families, each with the weights that this machine takes."""
        return [self._candidate(rank, family) for rank, family in enumerate(ids())]

    def _candidate(self, rank: int, family: str) -> Candidate:
        model, wanted = self._store.entry(family), self._store.wanted(family)
        return Candidate(
            name=family,
            kind=model.weights,
            n_bytes=model.n_bytes,
            rank=rank,
            present=self._store.present(family),
            lacks_bytes=0 if wanted == model else wanted.n_bytes,
            exact_match=model.exact_match,
            open=partial(self._open, family),
        )

    @property
    def _length(self) -> PromptLength:
        if self._running:
            return self._running.length
        return prompt_length(self._settings, self.engine.read_s(self.choice.name))

    @property
    def _shorter(self) -> bool:
        return bool(self.engine.strain and not self.choice.instead_of and not self._settings.prompt_tokens)

    @property
    def _running(self) -> LocalModel | None:
        return self._models.get(self.choice.name)

    def _open(self, family: str) -> Engine:
        self._models[family] = opened = LocalModel(
            family, self._settings, self._store, self.threads, read_s=lambda: self.engine.read_s(family)
        )
        return opened


def _measurements(threads: int) -> Measurements:
    """What was measured on this machine, by `auto` and of a model that a person named."""
    return Measurements(default_models_dir().parent / "auto.json", of=machine(threads))
