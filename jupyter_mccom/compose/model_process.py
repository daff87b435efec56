"""A model of this machine with the process that runs it, which starts with the first request.

The process is MLX or llama.cpp by the weights that the machine takes; where MLX cannot be loaded, llama.cpp follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

from ..engines.choosing.gpu import GPU_BUILD
from ..engines.choosing.memory import refuse_if_too_large
from ..engines.choosing.model_choice import key_of
from ..engines.choosing.speed import Speed
from ..engines.choosing.this_machine import check_mlx
from ..engines.decoding import costs
from ..engines.fim import PromptFormat
from ..engines.local.engine import DirectEngine
from ..engines.local.host import Host
from ..errors import EngineMissing, NotLoaded
from ..models.catalog import FIM_TEMPLATES, Model
from ..models.store import Store, default_models_dir
from ..settings import MCCom
from ..types import Prompt, Skills, Token
from .prompt_length import PromptLength, in_force, prompt_length

_LLAMA_DIRECT = "jupyter_mccom.engines.local.llamacpp"
_MLX = "jupyter_mccom.engines.local.mlx"


class LocalModel:
    """The Engine of one family. Its weights are picked anew before each start of the process."""

    def __init__(
        self,
        model_id: str,
        settings: MCCom,
        store: Store,
        threads: int,
        *,
        read_s: Callable[[], float | None] | None = None,
        speed: Speed | None = None,
    ) -> None:
        """`read_s` tells what is known of the model's speed; without it, `speed` is told of each answer and tells it.

        Raises ModelError for a model that nobody knows.
        """
        self._id = model_id
        self._speed = speed
        self._read_s = read_s or self._own_read_s
        self._settings = settings
        self._store = store
        self._threads = threads
        self._picking = asyncio.Lock()
        self._gpu_trouble = ""
        """Why the GPU is no longer tried: its process did not even say so."""
        self.model = store.entry(model_id)
        """The weights that are in use, or would be."""
        self._engine = self._opened()
        self._decided = prompt_length(settings, self._read_s())
        """Decided anew at each start of the process, whose context is made for it."""

    @property
    def name(self) -> str:
        """The id of the family."""
        return self.model.family

    @property
    def skills(self) -> Skills:
        """The skills of the engine that runs the weights."""
        return self._engine.skills

    @property
    def host(self) -> Host:
        """The process that runs the weights."""
        return self._engine.host

    @property
    def length(self) -> PromptLength:
        """How long prompts may be: those for which the context of a running process was made."""
        now = prompt_length(self._settings, self._read_s())
        return now if self.host.pid is None else in_force(self._decided, now)

    @property
    def why_no_gpu(self) -> str:
        """Why the GPU of this machine is not used, with the next step; empty where it is, or there is none."""
        failed = f"the GPU is not used: {self._gpu_trouble}" if self._gpu_trouble else ""
        return failed or self.host.note or build_words(self.model.weights)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        """Streams tokens, as `protocols.Engine.generate`."""
        await self.ready()
        seen = self._speed.run(self._key) if self._speed and not draft else None
        try:
            async with aclosing(self._engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
                async for token in tokens:
                    if seen is not None:
                        seen.token(token)
                    yield token
        finally:
            if self._speed is not None and seen is not None:
                await self._speed.keep(self._key)

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Counts tokens, as `protocols.Engine.count`."""
        await self.ready()
        return await self._engine.count(texts)

    async def aclose(self) -> None:
        """Closes the engine, as `protocols.Engine.aclose`."""
        await self._engine.aclose()

    async def restart(self) -> None:
        """Ends the process: the next one starts at once, and may use MLX or a GPU again that had failed."""
        self._gpu_trouble = ""
        self._store.takes.try_again()
        await self.host.restart()

    async def ready(self) -> None:
        """Picks the weights where no process runs; starts MLX, which llama.cpp's file stands in for if it fails.

        Raises ModelError or EngineError where neither can be started.
        """
        if self.host.pid is not None:
            return
        async with self._picking:
            await self._pick()
            if self.model.weights == "mlx" and not self.model.own:
                try:
                    async with self.host.lease():
                        pass
                except (NotLoaded, EngineMissing) as error:
                    self._store.takes.failed(str(error))
                    await self._pick()
            if self.model.weights == "gguf" and not self._gpu_trouble and await asyncio.to_thread(_may_use_gpu):
                await self._try_gpu()

    async def _try_gpu(self) -> None:
        """Starts the process; where it dies while it loads, the processor is used from now on."""
        try:
            async with self.host.lease():
                pass
        except NotLoaded as error:
            self._gpu_trouble = str(error)
            await self._reopen()

    async def _pick(self) -> None:
        found = await asyncio.to_thread(self._store.entry, self._id)
        if found != self.model:
            self.model = found
            await self._reopen()

    async def _reopen(self) -> None:
        """Another process, which has not failed yet."""
        former, self._engine = self._engine, self._opened()
        await former.aclose()

    def _opened(self) -> DirectEngine:
        model = self.model
        known = FIM_TEMPLATES if model.own else ()
        reads = PromptFormat(fim=model.fim, layout=model.layout, known=known)
        module = _MLX if model.weights == "mlx" else _LLAMA_DIRECT
        host = Host(module, lambda: self._child_settings(model), idle_unload_s=self._settings.idle_unload_s)
        return DirectEngine(name=model.family, host=host, reads=reads)

    def _child_settings(self, model: Model) -> Mapping[str, object]:
        if model.weights == "mlx":
            check_mlx()
        path = str(self._store.locate_weights(model).absolute())
        refuse_if_too_large(model.family, model.n_bytes)
        self._decided = prompt_length(self._settings, self._read_s())
        costs_file = str(default_models_dir().parent / costs.FILE)
        told = {"path": path, "context_tokens": self._settings.context_for(self._decided.tokens)}
        told |= {"costs_file": costs_file, "model_hash": model.content}
        more = {"threads": self._threads, "gpu": not self._gpu_trouble}
        return told if model.weights == "mlx" else told | more

    @property
    def _key(self) -> str:
        """The name of the figures; a person's own file is named by its content, since another may take its place."""
        model = self.model
        return key_of(model.content if model.own else model.family, model.weights)

    def _own_read_s(self) -> float | None:
        return self._speed.read_s(self._key) if self._speed else None


def build_words(weights: str) -> str:
    """Which command installs the build for this machine's GPU; empty where it is there, and until that is known."""
    if weights != "gguf":
        return ""
    GPU_BUILD.look()
    return GPU_BUILD.words


def _may_use_gpu() -> bool:
    """A GPU is here, and nothing is known to be missing."""
    GPU_BUILD.wait()
    return GPU_BUILD.found is not None and not GPU_BUILD.words


def mlx_runs() -> bool:
    """True when MLX is installed here."""
    try:
        check_mlx()
    except EngineMissing:
        return False
    return True
