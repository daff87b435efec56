"""`jupyter mccom serve` ends when it is told, whatever it does at that moment and however busy the machine is."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import psutil
import pytest

from jupyter_mccom.models.store import Store
from tests.conftest import SMALL

END_S = 2.0
_PATIENCE_S = 30.0
_BUSY = 2
"""Processes that only count: on an idle machine nothing that could go wrong does."""
_EVERY_S = 0.003


@pytest.fixture(scope="module", autouse=True)
def busy() -> Iterator[None]:
    """The machine has something else to do; a Ctrl-C reaches the command, which a shell's background job ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    counting = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(_BUSY)]
    yield
    for process in counting:
        process.kill()
        process.wait()
    signal.signal(signal.SIGINT, before)


class Served:
    """A server that was started this moment, at a port that was free."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port: int = probe.getsockname()[1]
        command = [sys.executable, "-m", "jupyter_mccom", "serve", "--model", SMALL, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def health(self) -> int:
        """Status of `/health`; 0: nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=_PATIENCE_S) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait_until_health_is(self, *wanted: int) -> None:
        """Asks as often as a machine can."""
        until_s = time.monotonic() + _PATIENCE_S
        while self.health() not in wanted:
            assert time.monotonic() < until_s, "it was never ready"
            time.sleep(_EVERY_S)

    def wait_until_said(self) -> None:
        """Waits until the server has printed its address and key."""
        assert self.process.stdout is not None
        assert f":{self.port}, key " in self.process.stdout.readline()


MOMENTS: dict[str, Callable[[Served], None]] = {
    "importing": lambda served: time.sleep(0.2),
    "the first answer, while it loads": lambda served: served.wait_until_health_is(503, 200),
    "ready": lambda served: served.wait_until_health_is(200),
    "said so": Served.wait_until_said,
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", MOMENTS)
def test_it_ends_when_told_and_its_port_is_free(models: Store, moment: str, number: signal.Signals) -> None:
    """It ends within 2 s of SIGTERM or SIGINT, with status 0 once it listens, and leaves its port to others."""
    served = Served()
    try:
        MOMENTS[moment](served)
        served.process.send_signal(number)
        status = served.process.wait(END_S)
    finally:
        served.process.kill()
        served.process.communicate()
    assert status in ((0, 130, -number) if moment == "importing" else (0,))
    socket.create_server(("127.0.0.1", served.port)).close()


def test_a_server_that_dies_is_told(models: Store) -> None:
    """Where the model's process dies, the command ends with status 1 instead of waiting for nothing."""
    served = Served()
    try:
        served.wait_until_said()
        for child in psutil.Process(served.process.pid).children():
            child.kill()
        assert served.process.wait(END_S) == 1
    finally:
        served.process.kill()
        served.process.communicate()
