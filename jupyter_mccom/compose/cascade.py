"""Settings → a working cascade: the only place that picks parts and wires them.

Opening is cheap: the model's process starts with the first request or `warm`. Opened after another, a cascade takes
over every part whose settings are the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..cascade.budget import Budget
from ..cascade.documents import Documents
from ..cascade.pipeline import Cascade
from ..cascade.tiers import CloudTier
from ..engines.choosing.weights import WeightsTaken, Wish
from ..engines.decoding import costs
from ..engines.local.host import Host
from ..learning.recorder import FileRecorder
from ..learning.trace_file import forget_traces
from ..models.catalog import Model, ids
from ..models.store import Store, default_models_dir
from ..protocols import Engine
from ..retrieval.search import KERNEL, SEARCH_S, Live, Retrieval
from ..retrieval.tree import ProjectTree
from ..settings import AUTO, MCCom, alike
from .cloud_tier import CLOUD_SETTINGS, CloudKey, open_cloud_tier
from .first_model import FirstModel
from .forgetting import forget
from .gates import gates_of, recorder_of
from .local_tier import LOCAL_SETTINGS, local_tier
from .prompt_length import PromptLength, prompt_length
from .spent_file import SpentFile
from .wiring import wire

if TYPE_CHECKING:
    from ..retrieval.kernel import Kernels, Sessions

_KERNEL_CHARS = 400
"""Most characters about the kernel in a prompt: about 120 tokens, a frame of 15 columns and some names."""
UNHURRIED_S = 10.0
"""A search may take where there is no Jupyter server, and so nobody types."""


class SystemClock:
    """The protocols.Clock of real time."""

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
    local: FirstModel
    """The tier that answers first."""
    retriever: Retrieval
    tree: ProjectTree | None
    """The project's files; None where none is searched."""
    live: Live | None
    store: Store
    settings: MCCom
    budget: Budget
    """Budget of the cloud, also while it is off."""
    recorder: FileRecorder | None
    """Recorder of what becomes of suggestions; None where nothing is kept."""
    traces: Path | None
    """Where that is kept, or was."""
    cloud_key: CloudKey | None = None
    """The key of the cloud that a person has set up; None where the settings name the cloud, or none is set."""

    @property
    def engine(self) -> Engine:
        """The one that answers first."""
        return self.local.engine

    @property
    def host(self) -> Host | None:
        """The process of the local model; None where somebody else runs it."""
        return self.local.host

    @property
    def pid(self) -> int | None:
        """The id of the model's process; None without one."""
        return self.host.pid if self.host else None

    @property
    def model(self) -> Model:
        """The local model."""
        return self.local.model

    @property
    def prompt(self) -> PromptLength:
        """How long a local prompt may be now."""
        return length_of(self.settings, self.local)

    @property
    def threads(self) -> int:
        """CPU threads of the local model."""
        return self.local.threads

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
        await self.retriever.warm()
        await self.local.warm()

    async def hand_over(self, successor: OpenCascade) -> None:
        """Ends what runs here, and the parts that `successor` has not taken over."""
        await self.cascade.stop()
        taken = successor._parts
        for part in self._parts:
            if part not in taken:
                await part.aclose()

    async def forget(self) -> None:
        """Drops what is known of suggestions, in memory and in the file. Raises TracesError."""
        forget(self.cascade)
        if self.recorder is not None:
            await self.recorder.forget()
        elif self.traces is not None:
            await asyncio.to_thread(forget_traces, self.traces)

    async def aclose(self) -> None:
        """Ends all that was started."""
        await self.cascade.aclose()
        await self.budget.aclose()
        if self.recorder is not None:
            await self.recorder.aclose()

    @property
    def cost_curve(self) -> Mapping[int, float] | None:
        """Milliseconds of one evaluation of the local model by its tokens; None until they were timed. Reads a file."""
        file = default_models_dir().parent / costs.FILE
        found = next(filter(None, (costs.kept(file, key) for key in self.local.costs_keys)), None)
        return found.ms if found else None

    @property
    def _parts(self) -> tuple[Engine | ProjectTree | Live | FileRecorder, ...]:
        cloud = self.cascade.cloud
        found = (self.engine, cloud.engine if cloud else None, self.tree, self.live, self.recorder)
        return tuple(part for part in found if part is not None)


def model_ids() -> tuple[str, ...]:
    """Ids of the catalogue, smallest model first."""
    return ids()


def open_store(settings: MCCom) -> Store:
    """The folder of model files that the settings name; weights are in the form that this machine takes."""
    folder = Path(settings.models_dir).expanduser() if settings.models_dir else default_models_dir()
    return Store(folder, takes=WeightsTaken(cast(Wish, settings.engine)))


def wanted_model(settings: MCCom) -> str:
    """The id or path of the local model that is to be downloaded or served; `auto` made one."""
    return local_tier(settings, open_store(settings)).wanted if settings.model == AUTO else settings.model


def model_in_use(settings: MCCom) -> str:
    """The id or path of the local model that answers, or would once it is downloaded; never a better one."""
    if settings.model != AUTO:
        return settings.model
    return local_tier(settings, open_store(settings)).model.family


def open_cascade(
    settings: MCCom,
    *,
    jupyter_root: Path | None = None,
    live: Live | None = None,
    traces: Path | None = None,
    spent: Path | None = None,
    former: OpenCascade | None = None,
    cloud_key: CloudKey | None = None,
) -> OpenCascade:
    """Wires the parts. Raises ModelError for a model that nobody knows, SettingsError for such a dialect.

    Documents are paths below `jupyter_root`, if any; `live` tells what a kernel holds; what becomes of suggestions is
    kept in the file `traces`, what the cloud costs in the file `spent`, else in memory. Documents, budget and parts
    with the same settings go on from `former`, whose others `hand_over` closes; nothing of it is changed when this
    raises. `cloud_key` belongs to a cloud that a person has set up; another one makes another client.
    """
    local, store = _local(settings, former)
    patience_s, live = (SEARCH_S if live else UNHURRIED_S), live if settings.use_kernel else None
    tree = _tree(settings, jupyter_root, _kept(former, settings, ("project_root",)))
    documents = former.cascade.documents if former else Documents()
    retriever = Retrieval(tree=tree, live=live, patience_s=patience_s, held=documents.held)
    budget = former.budget if former else _budget(spent)
    cloud = _cloud(settings, former, budget=budget, retriever=retriever, root=jupyter_root or Path(), key=cloud_key)
    budget.limit(calls_a_day=settings.cloud_calls_a_day, tokens_a_day=settings.cloud_tokens_a_day)
    cascade = _wired(settings, local, retriever, cloud, documents, root=jupyter_root or Path())
    return OpenCascade(
        cascade=cascade,
        local=local,
        retriever=retriever,
        tree=tree,
        live=live,
        store=store,
        settings=settings,
        budget=budget,
        traces=traces,
        recorder=_recorder(settings, local, cascade, traces, former.recorder if former else None),
        cloud_key=cloud_key,
    )


def _local(settings: MCCom, former: OpenCascade | None) -> tuple[FirstModel, Store]:
    """The tier that answers first and its files, with its process where nothing that it depends on has changed."""
    kept = _kept(former, settings, LOCAL_SETTINGS)
    decides = kept is not None and bool(kept.settings.prompt_tokens) == bool(settings.prompt_tokens)
    if kept and decides and kept.settings.n_context == settings.n_context:
        return kept.local, kept.store
    store = open_store(settings)
    return local_tier(settings, store), store


def _cloud(
    settings: MCCom,
    former: OpenCascade | None,
    *,
    budget: Budget,
    retriever: Retrieval,
    root: Path,
    key: CloudKey | None,
) -> CloudTier | None:
    """The cloud's tier, with `former`'s client and breaker where nothing that it depends on has changed."""
    kept = _kept(former, settings, CLOUD_SETTINGS)
    tier = kept.cascade.cloud if kept and kept.cloud_key is key else None
    return open_cloud_tier(settings, tier, budget=budget, retriever=retriever, root=root, clock=SystemClock(), key=key)


def _budget(spent: Path | None) -> Budget:
    """The day's budget, its limits not set yet."""
    return Budget(calls_a_day=0, tokens_a_day=0, clock=SystemClock(), ledger=SpentFile(spent) if spent else None)


def _wired(
    settings: MCCom, local: FirstModel, retriever: Retrieval, cloud: CloudTier | None, documents: Documents, root: Path
) -> Cascade:
    """The cascade of these parts, with the gates of the local model and what may stand in its prompts."""
    return wire(
        settings,
        local.engine,
        retriever,
        cloud,
        clock=SystemClock(),
        gates=gates_of(settings, local.model),
        documents=documents,
        n_tokens=lambda: length_of(settings, local).tokens,
        allowed=lambda hit: not local.leaves or settings.kernel_to_cloud or hit.chunk.source != KERNEL,
        kept_out=local.kept_out(root),
    )


def length_of(settings: MCCom, local: FirstModel) -> PromptLength:
    """What a person has set, at once; else what the tier decides, which may be older than `settings`."""
    return prompt_length(settings, None) if settings.prompt_tokens else local.length


def _recorder(
    settings: MCCom, local: FirstModel, cascade: Cascade, traces: Path | None, kept: FileRecorder | None
) -> FileRecorder | None:
    """Learns about the model that writes; when `auto` chooses another one, about that, whose gates hold then."""

    def begun(former: FileRecorder | None) -> FileRecorder | None:
        if not traces or not settings.keep_traces:
            return None
        return recorder_of(cascade, settings, local.model, traces, former)

    def rechosen() -> None:
        cascade.gates = gates_of(settings, local.model)
        begun(found)

    found = begun(kept)
    cascade.journal.recorder = found
    local.when_chosen(rechosen)
    return found


def _kept(former: OpenCascade | None, settings: MCCom, names: tuple[str, ...]) -> OpenCascade | None:
    """`former`, if what depends on `names` may be taken over."""
    return former if former and alike(former.settings, settings, names) else None


def open_live(sessions: Sessions, kernels: Kernels) -> Live:
    """What the kernels of a Jupyter server hold."""
    from ..retrieval.kernel import KernelNames

    return KernelNames(sessions, kernels, max_chars=_KERNEL_CHARS)


def _tree(settings: MCCom, jupyter_root: Path | None, kept: OpenCascade | None) -> ProjectTree | None:
    if jupyter_root is None or not settings.retrieval_tokens:
        return None
    if kept and kept.tree:
        return kept.tree
    cache_dir = default_models_dir().parent / "index"
    return ProjectTree(jupyter_root=jupyter_root, project_root=settings.project_root, cache_dir=cache_dir)
