"""`bench --suite keystrokes`: a person types real statements, one way of asking after the other (`ways.py`).

Half notebook statements, half lines of repositories that are indexed whole. The models have read the place before the
first key, in every way alike. Each way is replayed with 200 ms of network and with none; one that asked no cloud serves
both. The order of the ways changes from statement to statement. Where models have one thread, work takes its CPU time
(`cputime.py`): what others do on the machine changes no figure.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..compose import open_cascade
from ..retrieval.tree import ProjectTree
from ..settings import changed
from .bench import NETWORK_S, Bench, stand_in
from .cputime import WorkClock, there_is_one
from .findings import Findings
from .frontend import FrontEnd
from .keystrokes_table import findings
from .metered import children
from .projects import indexed
from .replay import Person, statement_of
from .samples import Sample, notebook_samples, repository_samples
from .typist import Typist, right
from .virtual import VirtualLoop, run_virtually
from .ways import LOCAL, WAYS, Machines, Way, open_way

_LEAST_CHARS = 8
"""Shorter statements leave nothing to complete."""


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    samples = drawn(bench.data, bench.n, bench.seed)
    run_virtually(lambda loop: _run(bench, samples, loop))
    found = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    return findings(found)


def drawn(data: Path, n: int, seed: int) -> list[Sample]:
    """`n` statements, in turn of a notebook and of a file."""
    cells, files = notebook_samples(data, 2 * n, seed, apart=True), repository_samples(data, 2 * n, seed)
    mixed = [sample for pair in zip(cells, files, strict=False) for sample in pair]
    return [sample for sample in mixed if len(statement_of(sample.request, sample.truth)[1]) >= _LEAST_CHARS][:n]


async def _run(bench: Bench, samples: Sequence[Sample], loop: VirtualLoop) -> None:
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    bench.progress(len(samples) - len(new), len(samples))
    async with _machines(bench, loop) as machines, indexed(new) as projects:
        for number, sample in enumerate(new, 1):
            tree = projects.get(sample.root)
            bench.rows.put(sample.task, await _replays(bench, machines, sample, tree))
            bench.progress(len(samples) - len(new) + number, len(samples))


@asynccontextmanager
async def _machines(bench: Bench, loop: VirtualLoop) -> AsyncGenerator[Machines, None]:
    settings = changed(bench.settings, idle_unload_s=0.0)
    async with AsyncExitStack() as stack:
        local, cloud, again = (
            open_cascade(changed(settings, model=model))
            for model in (settings.model, stand_in(settings), stand_in(settings))
        )
        for opened in (local, cloud, again):
            stack.push_async_callback(opened.aclose)
            await opened.warm()
        yield Machines(settings=settings, loop=loop, local=local, cloud=cloud, again=again)


async def _replays(bench: Bench, machines: Machines, sample: Sample, tree: ProjectTree | None) -> dict[str, Any]:
    """A row: what happened in each way and network, by `way network_s`."""
    first = sum(map(ord, sample.task)) % len(WAYS)
    found: dict[str, Any] = {}
    for way in (*WAYS[first:], *WAYS[:first]):
        for network_s in (NETWORK_S, 0.0):
            slow = found.get(_name(way, NETWORK_S))
            if slow is not None and not slow["cloud"]:
                found[_name(way, network_s)] = slow
            else:
                found[_name(way, network_s)] = await _replay(bench, machines, sample, tree, way, network_s)
    return {"kind": sample.kind, "era": sample.era, "ways": found}


def _name(way: str, network_s: float) -> str:
    return way if way == LOCAL else f"{way} {network_s * 1000:.0f}"


async def _replay(
    bench: Bench, machines: Machines, sample: Sample, tree: ProjectTree | None, name: str, network_s: float
) -> dict[str, Any]:
    start, statement = statement_of(sample.request, sample.truth)
    front: FrontEnd | None = None

    def knows(text: str) -> bool:
        typed = len(front.typed) if front else 0
        return any(right(text, statement[at:]) for at in range(typed + 1))

    way = open_way(name, machines, network_s=network_s, tree=tree, knows=knows)
    await way.warm(machines.loop, start)
    front = FrontEnd(way.server, start, debounce_max_s=bench.settings.debounce_max_ms / 1000)
    typist = Typist(statement, keys_a_minute=bench.keys_a_minute, seed=f"{bench.seed} {sample.task}")
    try:
        with machines.loop.skipping(_clock(machines)):
            written = await Person(front, typist, statement).write()
    finally:
        await way.aclose()
    return {**asdict(written), **_calls(way)}


def _clock(machines: Machines) -> Callable[[], float]:
    """What work takes: CPU time where that is what it would take on a free core, else real time."""
    return WorkClock(children()) if machines.local.threads == 1 and there_is_one() else time.monotonic


def _calls(way: Way) -> dict[str, Any]:
    cloud = [asdict(call) for tier in way.clouds for call in tier.calls]
    return {"local": [asdict(call) for call in way.local.calls] if way.local else [], "cloud": cloud}
