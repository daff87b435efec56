"""A disk that is full, a folder that cannot be written, and a clock that jumps: code is completed all the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from jupyter_mccom.models.store import Store
from tests.attack.attacked import Attacked, attacked
from tests.attack.figures import Figures

YEAR_S = 365 * 86400
JUMPS = {"a year ahead": YEAR_S, "back again": 0, "ten years back": -10 * YEAR_S, "an hour ahead": 3600}
QUIET = ("--log-level=CRITICAL",)
_REST_S = 0.2
"""Between an answer and a jump: Tornado sets by the clock when a connection has idled too long, just after an answer,
and closes it at once if the clock jumps by years meanwhile."""
FULL_BYTES = 12_288
"""No file grows beyond it: enough for Jupyter to start, and too little for the figures of a suggestion."""


def _use(server: Attacked, n: int) -> int:
    """How many of so many requests are answered, each with its outcome reported."""
    n_answered = 0
    for number in range(n):
        line = server.complete(f"value_{number} = {number}\nimport numpy as ", f"doc{number}.py", trigger="invoke")
        n_answered += line["type"] == "final"
        outcome = {"suggestion_id": line.get("suggestion_id"), "kind": "accepted", "kept_chars": 1, "shown_ms": 900}
        assert server.client.post("outcome", json=outcome).status_code == 204
    return n_answered


@pytest.mark.parametrize("kind", ["full", "unwritable"])
def test_a_disk_that_takes_nothing(kind: str, models: Store, tmp_path: Path, figures: Figures) -> None:
    """Where nothing can be kept, each request is answered, and the status says so and goes on saying so."""
    most = FULL_BYTES if kind == "full" else None
    settings = {} if kind == "full" else {"traces_dir": "/proc/1/figures"}
    with attacked(tmp_path / "server", settings=settings, arguments=QUIET, file_bytes=most) as server:
        n_answered = _use(server, 5)
        end_s = time.monotonic() + 30
        while not (trouble := _trouble(server)) and time.monotonic() < end_s:
            time.sleep(0.1)
        assert server.client.delete("traces").status_code in (204, 409)
        said_again = _trouble(server)
    figures.add(f"disk {kind}: requests answered, of 5", n_answered, least=5)
    figures.add(f"disk {kind}: the status says so, looks of 2", bool(trouble) + bool(said_again), least=2)
    assert n_answered == 5
    assert "traces are not kept" in trouble
    assert "traces are not kept" in said_again


def _trouble(server: Attacked) -> str:
    return str(server.client.get("status").json()["learning"]["trouble"])


def test_a_clock_that_jumps(models: Store, tmp_path: Path, figures: Figures) -> None:
    """Whenever the clock jumps, requests are answered, a pause keeps its length, and no route fails."""
    clock = tmp_path / "seconds"
    clock.write_text("0")
    n_answered, left_s = 0, []
    with attacked(tmp_path / "server", clock_file=clock, settings={"max_tokens": 4}) as server:
        for offset_s in JUMPS.values():
            assert server.client.put("snooze", json={"minutes": 15}).status_code == 200
            time.sleep(_REST_S)
            clock.write_text(str(offset_s))
            left_s.append(server.client.get("status").json()["snooze"]["left_s"])
            assert server.client.delete("snooze").status_code == 200
            n_answered += _use(server, 2)
            assert server.client.get("traces").status_code == server.client.get("status").status_code == 200
    figures.add(f"clock jumps: requests answered, of {2 * len(JUMPS)}", n_answered, least=2 * len(JUMPS))
    figures.add("clock jumps: a pause of 900 s is off by, s", max(abs(900 - one) for one in left_s), most=30)
    assert n_answered == 2 * len(JUMPS)
    assert all(800 < one <= 900 for one in left_s)
