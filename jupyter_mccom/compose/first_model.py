"""The tier that answers first, as the rest of the package sees it, whoever runs its model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

from ..cascade.engine_context import KeptOut, none_kept_out
from ..engines.choosing.model_choice import Choice
from ..engines.decoding import costs
from ..engines.local.host import Host
from ..engines.remote.server_engine import ServerEngine
from ..models.catalog import Model
from ..protocols import Engine
from .model_process import mlx_runs
from .prompt_length import PromptLength

EngineKind: TypeAlias = Literal["llamacpp", "mlx", "server"]


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
    def length(self) -> PromptLength:
        """How long a prompt may be now."""

    @property
    def stepped_down(self) -> str:
        """What is used instead of what, while the machine is to be spared; empty while it is not."""
        return ""

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
        """The id of the family to download: the one in use, or the better one that `auto` offers."""
        return (self.choice.offer if self.choice else "") or self.model.family

    @property
    def why_not_mlx(self) -> str:
        """Why llama.cpp runs the model although MLX was to be expected; empty where it was not."""
        return ""

    @property
    def why_no_gpu(self) -> str:
        """Why a GPU of this machine is not used, with the next step; empty where it is, or there is none."""
        return ""

    def present(self) -> bool:
        """The model's files are here, or somebody else has them. Raises ModelError."""

    async def warm(self) -> None:
        """Starts the model's process if its file is here. Raises EngineError or ModelError when it cannot start."""
        if await asyncio.to_thread(self.present):
            await self._ready()
            assert self.host is not None
            async with self.host.lease():
                pass

    async def restart(self) -> None:
        """Ends the model's process, and all that is remembered of its failures: the next one starts at once."""
        return

    async def _ready(self) -> None:
        """Waits until the model is chosen and its process known."""
        return

    async def ask(self) -> None:
        """Asks somebody else's server what it is; `trouble` says why it could not be asked."""
        return

    def kept_out(self, jupyter_root: Path) -> KeptOut:
        """Documents that may not be in the tier's prompts."""
        return none_kept_out

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
