"""`bench --suite kernels`: does it help a model to be told what the live kernel holds?

Runs the cells above each position in a real kernel, in an empty folder, less lines for the shell and magics: **only for
notebooks that you trust**. Positions at which nothing is known of any name there are left out.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...cascade.engine_context import Context
from ...compose import UNHURRIED_S, OpenCascade, open_cascade
from ...retrieval.kernel import EXPRESSION, answered
from ...retrieval.names import LiveName, chunk_of
from ...retrieval.search import Retrieval
from ...settings import MCCom
from ...types import Cell, Chunk, CompletionRequest
from ..lib.bench import Bench
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import written
from ..report.findings import Findings
from ..report.strata import alike
from .context_gain import GAINED, scores_of, table

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.manager import AsyncKernelManager

WAYS = ("without the kernel", "with what it holds")
_CELL_S = 10.0
_START_S = 60.0
_MAX_CHARS = 400
_ALL = 10**6
_SHELL = ("!", "%", "?")


class HeldNames:
    """Satisfies retrieval's Live with names that were found before."""

    def __init__(self, names: Sequence[LiveName]) -> None:
        self._names = names

    async def chunk(self, request: CompletionRequest) -> Chunk | None:
        return chunk_of(self._names, request, max_chars=_MAX_CHARS)

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def measure(bench: Bench) -> Findings:
    """Over `n` notebook statements that use an earlier cell's name. Raises InputError without the data."""
    samples = notebook_samples(bench.data, _ALL, bench.seed, that_reuse=True)
    found: list[tuple[Sample, dict[str, Any]]] = []
    asyncio.run(_run(bench, samples, found))
    of = alike([sample for sample, _ in found])
    return Findings(tables=[table(bench.model, [row for _, row in found], WAYS, of)], notes=[GAINED])


async def _run(bench: Bench, samples: Sequence[Sample], found: list[tuple[Sample, dict[str, Any]]]) -> None:
    """Puts into `found` what was measured, in the order of the notebooks drawn."""
    books = sorted({sample.request.document for sample in samples})
    random.Random(bench.seed).shuffle(books)  # noqa: S311 - a sample, not a secret
    opened = open_cascade(bench.settings)
    try:
        for book in books:
            at = [sample for sample in samples if sample.request.document == book]
            async with aclosing(_held_at(at)) as positions:
                async for sample, names in positions:
                    row = bench.rows.get(sample.task)
                    if row is None:
                        row = await _scores(opened, bench.settings, sample, names)
                        bench.rows.put(sample.task, row)
                    found.append((sample, row))
                    bench.progress(len(found), bench.n)
                    if len(found) == bench.n:
                        return
    finally:
        await opened.aclose()


async def _held_at(samples: Sequence[Sample]) -> AsyncGenerator[tuple[Sample, Sequence[LiveName]], None]:
    """The positions of one notebook at which its kernel holds something of use."""
    n_ran = 0
    async with _kernel() as kernel:
        for sample in sorted(samples, key=lambda sample: len(sample.request.cells_before)):
            for cell in sample.request.cells_before[n_ran:]:
                await kernel.run(cell)
            if kernel.lost:
                return
            n_ran = len(sample.request.cells_before)
            names = await kernel.names()
            if chunk_of(names, sample.request, max_chars=_MAX_CHARS) is not None:
                yield sample, names


class _Kernel:
    """A running kernel."""

    def __init__(self, manager: AsyncKernelManager, client: AsyncKernelClient) -> None:
        self._manager = manager
        self._client = client
        self.lost = False
        """True once the kernel no longer answers."""

    async def run(self, cell: Cell) -> None:
        """What fails or takes too long is what a person's notebook would hold less."""
        lines = [line for line in cell.source.split("\n") if not line.lstrip().startswith(_SHELL)]
        if self.lost or cell.kind != "code" or not any(lines):
            return
        options: dict[str, Any] = {"allow_stdin": False, "stop_on_error": False, "reply": True}
        try:
            await self._client.execute("\n".join(lines), timeout=_CELL_S, **options)
        except TimeoutError:
            await self._manager.interrupt_kernel()
            try:
                await self._client.wait_for_ready(timeout=_START_S)
            except RuntimeError:  # a cell that cannot be interrupted
                self.lost = True

    async def names(self) -> Sequence[LiveName]:
        """The names that the kernel holds."""
        asked = {"names": EXPRESSION}
        reply = await self._client.execute("", silent=True, user_expressions=asked, reply=True, timeout=_START_S)
        return answered(reply["content"])


@asynccontextmanager
async def _kernel() -> AsyncGenerator[_Kernel, None]:
    """Knows nothing of the person's profile, and what it runs is not in their history."""
    from jupyter_client.manager import start_new_async_kernel

    with tempfile.TemporaryDirectory() as folder:
        own = {**os.environ, "IPYTHONDIR": str(Path(folder, ".ipython"))}
        manager, client = await start_new_async_kernel(startup_timeout=_START_S, cwd=folder, env=own)
        try:
            yield _Kernel(manager, client)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)


async def _scores(opened: OpenCascade, settings: MCCom, sample: Sample, names: Sequence[LiveName]) -> dict[str, Any]:
    request, engine = sample.request, opened.engine
    answers = []
    for live in (None, HeldNames(names)):
        context = Context(
            engine,
            Retrieval(tree=None, live=live, patience_s=UNHURRIED_S),
            n_tokens=settings.n_prompt,
            n_retrieved_tokens=settings.retrieval_tokens,
        )
        prompt, _ = await context.prompt(request)
        answers.append(await written(engine, request, prompt, max_tokens=settings.max_tokens))
    return scores_of(sample, request.document.partition("+")[0], answers)
