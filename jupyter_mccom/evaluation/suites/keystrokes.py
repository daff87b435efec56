"""`bench --suite keystrokes`: a person types real statements, once for each contestant (`typing/contestants.py`).

Half notebook statements, half lines of repositories that are indexed whole. The models have read the place before the
first key, in every way alike. The order of the ways changes from statement to statement. Where models have one thread,
work takes its CPU time (`lib/cputime.py`): what others do on the machine changes no figure. Each way is replayed under
the conditions that `--replays` names (`lib/conditions.py`): with 200 ms of network and with none, where one that asked
no cloud serves both, and, computed, on a machine that is five times as fast with a hosted cloud.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...compose import open_cascade
from ...retrieval.tree import ProjectTree
from ...settings import changed
from ..lib.bench import Bench, of_stand_in
from ..lib.conditions import REPLAYS, Conditions, Replay
from ..lib.cputime import WorkClock, there_is_one
from ..lib.projects import indexed
from ..lib.samples import Sample, notebook_samples, repository_samples, statement_of
from ..report.against import compared
from ..report.findings import Findings
from ..report.keystrokes_table import findings
from ..typing.contestants import Contestant, Machines, open_contestant
from ..typing.frontend import FrontEnd
from ..typing.metered import children
from ..typing.replay import Person
from ..typing.typist import Typist, right
from ..typing.virtual import VirtualLoop, run_virtually

_LEAST_CHARS = 8
"""Shorter statements leave nothing to complete."""


def measure(bench: Bench) -> Findings:
    """Raises InputError without the data."""
    samples = drawn(bench.data, bench.n, bench.seed)
    run_virtually(lambda loop: _run(bench, samples, loop))
    found = [row for sample in samples if (row := bench.rows.get(sample.task)) is not None]
    found_all = findings(found)
    if bench.typing.against is None:
        return found_all
    ours = {sample.task: row for sample in samples if (row := bench.rows.get(sample.task)) is not None}
    return replace(found_all, tables=[*found_all.tables, compared(ours, bench.typing.against, made_with(bench))])


def made_with(bench: Bench) -> dict[str, Any]:
    """What two folders must have in common for their statements to be typed alike."""
    return {"seed": bench.seed, "keys_a_minute": bench.typing.keys_a_minute}


def drawn(data: Path, n: int, seed: int) -> list[Sample]:
    """`n` statements, in turn of a notebook and of a file."""
    cells, files = notebook_samples(data, 2 * n, seed, apart=True), repository_samples(data, 2 * n, seed)
    mixed = [sample for pair in zip(cells, files, strict=False) for sample in pair]
    return [sample for sample in mixed if len(statement_of(sample.request, sample.truth)[1]) >= _LEAST_CHARS][:n]


async def _run(bench: Bench, samples: Sequence[Sample], loop: VirtualLoop) -> None:
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    bench.progress(len(samples) - len(new), len(samples))
    if not new:
        return
    async with _machines(bench, loop) as machines, indexed(new) as projects:
        for number, sample in enumerate(new, 1):
            tree = projects.get(sample.root)
            bench.rows.put(sample.task, await _replays(bench, machines, sample, tree))
            bench.progress(len(samples) - len(new) + number, len(samples))


@asynccontextmanager
async def _machines(bench: Bench, loop: VirtualLoop) -> AsyncGenerator[Machines, None]:
    settings = changed(bench.settings, idle_unload_s=0.0)
    async with AsyncExitStack() as stack:
        large = of_stand_in(settings)
        local, cloud, again = open_cascade(settings), open_cascade(large), open_cascade(large)
        for opened in (local, cloud, again):
            stack.push_async_callback(opened.aclose)
            await opened.warm()
        yield Machines(settings=settings, loop=loop, local=local, cloud=cloud, again=again)


async def _replays(bench: Bench, machines: Machines, sample: Sample, tree: ProjectTree | None) -> dict[str, Any]:
    """A row: what happened in each replay, by its name."""
    replays = REPLAYS[bench.typing.replays]
    first = sum(map(ord, sample.task)) % len(replays)
    found: dict[str, Any] = {}
    for way, given in (*replays[first:], *replays[:first]):
        same = next((row for row in map(found.get, _same(way, given, replays)) if row and not row["cloud"]), None)
        found[given.name_of(way)] = same or await _replay(bench, machines, sample, tree, way, given)
    return {"kind": sample.kind, "era": sample.era, "ways": found}


def _same(way: str, given: Conditions, replays: Sequence[Replay]) -> list[str]:
    """The replays that differ in the network alone, which is none for a way that asked no cloud."""
    return [
        other.name_of(way)
        for name, other in replays
        if name == way and (other.local_share, other.profile) == (given.local_share, given.profile)
    ]


async def _replay(
    bench: Bench, machines: Machines, sample: Sample, tree: ProjectTree | None, name: str, given: Conditions
) -> dict[str, Any]:
    start, statement = statement_of(sample.request, sample.truth)
    front: FrontEnd | None = None

    def knows(text: str) -> bool:
        typed = len(front.typed) if front else 0
        return any(right(text, statement[at:]) for at in range(typed + 1))

    way = open_contestant(name, machines, given, tree=tree, knows=knows)
    await way.warm(machines.loop, start)
    front = FrontEnd(way.server, start, debounce_max_s=bench.settings.debounce_max_ms / 1000)
    typist = Typist(statement, keys_a_minute=bench.typing.keys_a_minute, seed=f"{bench.seed} {sample.task}")
    try:
        with machines.loop.skipping(_clock(machines, given.local_share)):
            written = await Person(front, typist, statement).write()
    finally:
        await way.aclose()
    return {**asdict(written), **_calls(way)}


def _clock(machines: Machines, share: float) -> Callable[[], float]:
    """What work takes: `share` of its CPU time where that is what it takes on a free core, else of real time."""
    if machines.local.threads == 1 and there_is_one():
        return WorkClock(children(), share=share)
    return time.monotonic if share == 1 else lambda: share * time.monotonic()


def _calls(way: Contestant) -> dict[str, Any]:
    cloud = [asdict(call) for tier in way.clouds for call in tier.calls]
    return {"local": [asdict(call) for call in way.local.calls] if way.local else [], "cloud": cloud}
