"""What a key costs: the whole path from POST to text against the engine alone, typing along, memory and import.

Its positions are new ones, whose line above has been read, and warm keys: a letter typed at once behind another one.

Starts a real Jupyter server and an engine of its own, and asks both the same things in turn. Figures are ratios of one
run on one machine. Knows nothing of notebooks on disk: its positions are made up, so that anyone can repeat it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

from ...compose import OpenCascade, open_cascade
from ...errors import EngineMissing, InputError
from ...settings import MCCom
from ...types import CompletionRequest
from ..lib.bench import Bench
from ..lib.cputime import worked_s
from ..lib.in_process import load_in_process
from ..lib.metrics import percentile
from ..lib.running_server import RunningServer, running_server
from ..lib.vocabulary_costs import VocabularyCosts, vocabulary_costs
from ..report.findings import Findings, Plot, Table, distribution, percentile_with_interval
from ..typing.metered import wait_until_quiet

_Row = dict[str, Any]
_N_IMPORTS = 15
_RATIO = 1.15
_ALONG_MS = 5.0
_IMPORT_MS = 100.0
_VOCABULARY_MS, _VOCABULARY_MB, _LOOK_UP_MS = 300.0, 25.0, 0.3
"""Goals, each the most that it may be."""
_PAUSE_S = 0.03
_LETTERS = ("qz", "zq")
"""Typed where no text goes on so."""
_READS_S = 0.5
"""The server begins nothing in advance later than that (`server.requests`)."""
_HEAD = "import numpy as np\nimport pandas as pd\n\nframe = pd.DataFrame({'a': np.arange(10), 'b': np.ones(10)})\n"
_STARTS = (
    "print({n}, frame.",
    "total_{n} = frame['a'].su",
    "for name_{n} in frame.",
    "mean_{n} = np.me",
    "frame['c{n}'] = ",
    "def scale_{n}(",
)
"""The line above stays: a prompt that has been read, and a line that has not."""


def measure(bench: Bench) -> Findings:
    """A row a figure, with its 95 % interval where it was measured more than once."""
    settings = bench.settings
    with running_server(settings, enabled=False) as (_, pid):
        bare_bytes = _resident_bytes(pid)
    with running_server(settings, enabled=True) as (server, pid):
        rows, model_bytes = asyncio.run(_latency(server, pid, bench))
        memory = [
            [
                "added resident memory in the Jupyter server, MB",
                f"{(_resident_bytes(pid) - bare_bytes) / 1e6:.0f} (once)",
                "",
            ],
            ["child process ÷ model file", f"{_child_bytes(pid) / model_bytes:.2f} (once)", ""],
        ]
    post, engine = ([row[name] for row in rows] for name in ("post_s", "engine_s"))
    series = [distribution("POST to text", post), distribution("the engine alone", engine)]
    plot = Plot(title="Latency of a new position", x="seconds", y="share of positions", series=series)
    table = Table(title=f"n = {len(rows)}", head=["figure", "measured", "goal"], rows=[*_figures(rows), *memory])
    try:
        _, decoder = load_in_process(settings)
    except (InputError, EngineMissing) as error:
        return Findings(tables=[table], plots=[plot], notes=[f"the vocabulary's table was not measured: {error}"])
    return Findings(tables=[table, vocabulary_table(vocabulary_costs(decoder))], plots=[plot])


async def _latency(server: RunningServer, pid: int, bench: Bench) -> tuple[list[_Row], int]:
    """A row a position, and the size of the model's file."""
    opened = open_cascade(bench.settings)
    rows: list[_Row] = []
    try:
        await _alone(opened, _request(-1), bench.settings, 1)  # says what is missing
        server.ask("mccom/warm", {})
        await _row(server, pid, opened, bench.settings, -1)  # both have loaded their model now
        for number in range(bench.n):
            row = bench.rows.get(str(number))
            if row is None:
                row = await _row(server, pid, opened, bench.settings, number)
                bench.rows.put(str(number), row)
            rows.append(row)
            bench.progress(number + 1, bench.n)
        return rows, opened.model.n_bytes
    finally:
        await opened.aclose()


async def _row(server: RunningServer, pid: int, opened: OpenCascade, settings: MCCom, number: int) -> _Row:
    request = _request(number)
    post_s, line = server.complete(request)
    n_tokens = len(server.last_written())
    _rest(pid)
    engine_s = await _alone(opened, request, settings, n_tokens)
    row: _Row = {"post_s": post_s, "engine_s": engine_s, "along_s": None}
    if len(line["text"]) > 1:
        before_s = worked_s(pid)
        row["along_s"], _ = server.complete(_typed_along(request, line["text"][0]))
        await asyncio.sleep(_PAUSE_S)  # Linux counts what a process works when it pauses
        row["along_worked_s"] = worked_s(pid) - before_s
        _rest(pid)
    return row | await _warm_key(server, pid, opened, settings, request, line["text"])


async def _warm_key(
    server: RunningServer, pid: int, opened: OpenCascade, settings: MCCom, request: CompletionRequest, shown: str
) -> _Row:
    """Two letters that contradict the text shown are typed, one at once behind the other: figures of the second."""
    letters = next(pair for pair in _LETTERS if not shown.startswith(pair[0]))
    first = _typed_along(request, letters[0])
    second = _typed_along(first, letters[1])
    server.complete(first)
    warm_s, _ = server.complete(second)
    tokens = server.last_written()
    _rest(pid)
    await _alone(opened, first, settings, 1)
    engine_s = await _alone(opened, second, settings, len(tokens))
    return {
        "warm_s": warm_s,
        "warm_engine_s": engine_s,
        "warm_n_read": tokens[0]["n_evaluated"] if tokens else None,
        "warm_n_forced": sum(token["forced"] for token in tokens),
    }


def _rest(pid: int) -> None:
    """Waits until the server has done what it does in advance behind an answer."""
    import psutil

    time.sleep(_READS_S)
    for child in psutil.Process(pid).children():
        wait_until_quiet(child.pid)


def _figures(rows: Sequence[_Row]) -> list[list[str]]:
    """Figure, what was measured, and its goal where it has one."""
    ratios = [row["post_s"] / row["engine_s"] for row in rows]
    along = [row for row in rows if row["along_s"] is not None]
    along_ms, worked_ms = ([1000 * row[name] for row in along] for name in ("along_s", "along_worked_s"))
    imports_ms = [1000 * _import_s() for _ in range(_N_IMPORTS)]
    engine = percentile_with_interval([row["engine_s"] for row in rows], 0.5, 2)
    return [
        _line("POST to text ÷ the engine alone, median", ratios, 0.5, 2, most=_RATIO),
        _line("the same, p95", ratios, 0.95, 2),
        ["the engine alone, median, s", engine, ""],
        *_warm_figures(rows),
        _line("a typed-along key, median, ms", along_ms, 0.5, most=_ALONG_MS),
        _line("the same, p95", along_ms, 0.95, most=_ALONG_MS),
        _line("processor time of the server for it, median, ms", worked_ms, 0.5),
        _line("the same, p95", worked_ms, 0.95),
        _line(f"`import jupyter_mccom`, median of {_N_IMPORTS}, ms", imports_ms, 0.5, most=_IMPORT_MS),
    ]


def _warm_figures(rows: Sequence[_Row]) -> list[list[str]]:
    """The figures of keys inside a word that follow another one at once."""
    told = [row for row in rows if row["warm_n_read"] is not None]
    ratios = [row["warm_s"] / row["warm_engine_s"] for row in told]
    read, forced = ([float(row[name]) for row in told] for name in ("warm_n_read", "warm_n_forced"))
    most = 1 + percentile(forced, 0.5)
    return [
        _line("a warm key inside a word to text ÷ the engine alone, median", ratios, 0.5, 2, most=_RATIO),
        _line("the same, p95", ratios, 0.95, 2),
        _line("tokens evaluated at it before the first is written, median (goal: 1 + forced)", read, 0.5, 0, most=most),
        _line("the same, p95", read, 0.95, 0),
        _line("tokens forced at it, median", forced, 0.5, 0),
    ]


def _line(name: str, values: Sequence[float], share: float, digits: int = 1, *, most: float | None = None) -> list[str]:
    """A percentile of the values, and whether it is at most `most`."""
    found = percentile_with_interval(values, share, digits)
    if most is None or not values:
        return [name, found, ""]
    return [name, found, f"≤ {most:g}, {'met' if percentile(values, share) <= most else 'missed'}"]


def _once(name: str, value: float, most: float) -> list[str]:
    """A figure that was measured once, with its goal."""
    return [name, f"{value:.1f} (once)", f"≤ {most:g}, {'met' if value <= most else 'missed'}"]


def vocabulary_table(costs: VocabularyCosts) -> Table:
    """What forcing typed text costs once a process, and at a key."""
    build_ms, look_up_ms = ([1000 * second for second in each] for each in (costs.build_s, costs.look_up_s))
    return Table(
        title="The vocabulary's table, by which typed text is forced",
        head=["figure", "measured", "goal"],
        rows=[
            _line("processor time to build it, median of 3, ms", build_ms, 0.5, 0, most=_VOCABULARY_MS),
            _once("memory that it holds, MB", costs.n_bytes / 1e6, _VOCABULARY_MB),
            _once("the same, at most while it is built", costs.n_peak_bytes / 1e6, _VOCABULARY_MB),
            _line("a look-up, median of the half-typed texts, ms", look_up_ms, 0.5, 3, most=_LOOK_UP_MS),
            _line("the same, the slowest of them", look_up_ms, 1, 3, most=_LOOK_UP_MS),
        ],
    )


async def _alone(opened: OpenCascade, request: CompletionRequest, settings: MCCom, n_tokens: int) -> float:
    """Seconds of the engine for the same prompt and as many tokens."""
    prompt = await opened.cascade.prompt(request)
    start_s = time.perf_counter()
    async with aclosing(opened.engine.generate(prompt, max_tokens=settings.max_tokens)) as tokens:
        seen = 0
        async for _ in tokens:
            seen += 1
            if seen == n_tokens:
                break
        return time.perf_counter() - start_s


def _request(number: int) -> CompletionRequest:
    prefix = _HEAD + _STARTS[number % len(_STARTS)].format(n=number)
    return CompletionRequest(
        id=f"r{number}", client="bench", document="bench.py", cell_id="", language="python", prefix=prefix, suffix="\n"
    )


def _typed_along(request: CompletionRequest, key: str) -> CompletionRequest:
    return CompletionRequest(
        id=request.id + "a",
        client=request.client,
        document=request.document,
        cell_id="",
        language="python",
        prefix=request.prefix + key,
        suffix=request.suffix,
    )


def _resident_bytes(pid: int) -> int:
    import psutil

    return int(psutil.Process(pid).memory_info().rss)


def _child_bytes(pid: int) -> int:
    """Of the largest child, which runs the model; another one holds the project's index."""
    import psutil

    return max(int(child.memory_info().rss) for child in psutil.Process(pid).children())


def _import_s() -> float:
    def once(code: str) -> float:
        start_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start_s

    return once("import jupyter_mccom") - once("pass")
