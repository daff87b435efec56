"""The processes behind a server are killed and stopped: each comes back, and nobody waits for nothing."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import psutil

from jupyter_mccom.models.store import Store
from tests.attack.attacked import Attacked, attacked
from tests.attack.figures import Figures

N_SHORT, N_LONG = 5, 100
N_STOPS_LONG = 5
HUNG_S = 25.0
"""The bound of a model, at most; 15 s while it is quick otherwise."""
TOLD_S = HUNG_S + 5.0
"""A process that hangs is told of, ended, and another one answers."""
LONG = "".join(f"name_{number} = {number}\n" for number in range(30)) + "def add(first, second):\n    return "


def _ask(server: Attacked, number: int, **more: object) -> dict[str, object]:
    return server.complete(f"# {number}\n{LONG}", f"doc{number}.py", trigger="invoke", **more)


def test_a_model_that_is_killed(models: Store, tmp_path: Path, long: bool, figures: Figures) -> None:
    """Whenever the model's process is killed, a request is told so or answered, and after a restart one is answered."""
    n_kills, n_told, n_recovered = N_LONG if long else N_SHORT, 0, 0
    with attacked(tmp_path / "server") as server:
        _ask(server, 0)
        before = server.process.num_fds()
        for number in range(1, n_kills + 1):
            killed = server.model()
            lines: list[dict[str, object]] = []
            asking = threading.Thread(target=lambda at=number, to=lines: to.append(_ask(server, at)))
            asking.start()
            time.sleep(0.03 * (number % 10))
            killed.kill()
            asking.join()
            n_told += lines[0]["type"] in ("final", "trouble")
            assert server.client.post("restart").status_code == 202
            n_recovered += _ask(server, 1000 + number)["type"] == "final"
        n_processes, grown = len(server.children("jupyter_mccom.engines.local")), server.process.num_fds() - before
    figures.add("model killed, times", n_kills)
    figures.add("  its request answered or told", n_told, least=n_kills)
    figures.add("  answered after a restart", n_recovered, least=n_kills)
    figures.add("  processes of the model afterwards", n_processes, most=1)
    figures.add("  descriptors more than before", grown, most=5)
    assert (n_told, n_recovered, n_processes) == (n_kills, n_kills, 1)
    assert grown <= 5


def test_processes_that_are_stopped(models: Store, tmp_path: Path, long: bool, figures: Figures) -> None:
    """A model's process and an index's that are stopped are noticed, ended and replaced, and the request is told."""
    with attacked(tmp_path / "server") as server:
        (tmp_path / "server" / "root" / "tariff.py").write_text("def tariff(customer):\n    return 3\n")
        _ask(server, 0)
        told_s: list[float] = []
        for at in range(N_STOPS_LONG if long else 1):
            stopped = (server.model(), server.worker())
            for process in stopped:
                process.send_signal(signal.SIGSTOP)
            began_s, number = time.monotonic(), 1000 * at
            last: dict[str, object] = {"type": ""}
            while not (last["type"] == "final" and last["text"]) and time.monotonic() - began_s < 4 * TOLD_S:
                number += 1
                last = _ask(server, number)
            told_s.append(time.monotonic() - began_s)
            while any(_lives(process) for process in stopped) and time.monotonic() - began_s < 4 * TOLD_S:
                number += 1
                _ask(server, number)
            assert last["text"]
            assert not any(_lives(process) for process in stopped)
    figures.add("model and index stopped, times", len(told_s))
    figures.add("  until another one answers, s", max(told_s), most=TOLD_S)


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_an_index_that_is_killed(models: Store, tmp_path: Path, long: bool, figures: Figures) -> None:
    """Whenever the index's process is killed, every key is answered."""
    n_kills, n_answered = N_LONG if long else N_SHORT, 0
    with attacked(tmp_path / "server", settings={"max_tokens": 2}) as server:
        (tmp_path / "server" / "root" / "tariff.py").write_text("def tariff(customer):\n    return 3\n")
        _ask(server, 0)
        for number in range(1, n_kills + 1):
            server.worker().kill()
            n_answered += _ask(server, number)["type"] == "final"
            assert server.client.post("restart").status_code == 202
            n_answered += _ask(server, 1000 + number)["type"] == "final"
    figures.add("index killed, times", n_kills)
    figures.add("  keys answered", n_answered, least=2 * n_kills)
    assert n_answered == 2 * n_kills
