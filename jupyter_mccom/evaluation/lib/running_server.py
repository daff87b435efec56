"""A Jupyter server in a process of its own, for suites that ask through its routes."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import EngineError
from ...settings import MCCom
from ...types import CompletionRequest
from .measured_on import given_settings


class RunningServer:
    """A running Jupyter server: its address, and the headers that it wants."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        # read as a form, a body's `&token=` would be taken for the server's
        self.headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    def ask(self, route: str, body: Mapping[str, object] | None = None) -> bytes:
        """The answer of a route."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{route}", data, self.headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            content: bytes = answer.read()
        return content

    def lines(
        self, route: str, body: Mapping[str, object], *, patience_s: float
    ) -> Generator[dict[str, Any], None, None]:
        """The lines of a route's answer as they come."""
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/{route}", data, self.headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=patience_s) as answer:  # noqa: S310
            yield from map(json.loads, answer)

    def complete(self, request: CompletionRequest) -> tuple[float, dict[str, Any]]:
        """Seconds from POST to the whole answer, and its last line."""
        names = ("document", "language", "prefix", "suffix")
        body = {name: getattr(request, name) for name in names} | {"client_id": "bench", "request_id": request.id}
        start_s = time.perf_counter()
        answer = self.ask("mccom/complete", body)
        took_s = time.perf_counter() - start_s
        line: dict[str, Any] = json.loads(answer.decode().splitlines()[-1])
        return took_s, line

    def last_written(self) -> list[dict[str, Any]]:
        """Tokens that the engine wrote for the last answer."""
        (*_, trace) = json.loads(self.ask("mccom/traces"))["traces"]
        return [token for generation in trace["generations"] for token in generation["tokens"]]


@contextmanager
def running_server(
    settings: MCCom, *, enabled: bool, root: Path | None = None, cache: Path | None = None
) -> Iterator[tuple[RunningServer, int]]:
    """A real Jupyter server, with the extension or without, and its process id; ended afterwards.

    `root` is its folder; without one it has an empty one. `cache` is where it keeps what it measured; None: the user's.
    Raises EngineError where it does not start.
    """
    token = secrets.token_hex(8)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", "--allow-root", "--ServerApp.port_retries=0"]
    command.append(f"--ServerApp.jpserver_extensions={{'jupyter_mccom': {enabled}}}")
    given = {**given_settings(settings), "show_threshold": 0}  # how long it takes is asked, not whether it is right
    with tempfile.TemporaryDirectory() as folder:  # what a bench asks is nothing to learn from, and it has no project
        given["traces_dir"] = f"{folder}/traces"
        command.append(f"--ServerApp.root_dir={root or folder}")
        command += [f"--MCCom.{name}={value}" for name, value in given.items()]
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache)} if cache else None
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        server = RunningServer(f"http://127.0.0.1:{port}", token)
        try:
            while not _answers(server):
                if process.poll() is not None:
                    raise EngineError(f"the server ended with status {process.returncode}; `jupyter server` tells why")
                time.sleep(0.1)
            yield server, process.pid
        finally:
            process.terminate()
            process.wait()


def _answers(server: RunningServer) -> bool:
    try:
        server.ask("api/status")
    except OSError:
        return False
    return True
