"""A Jupyter server in a process of its own, to be attacked: folders of its own, no way out, a log that is read after.

`limits` and `clock_file` make its disk or its clock fail.
"""

from __future__ import annotations

import os
import resource
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from jupyter_mccom.models.store import default_models_dir
from tests.conftest import SMALL

ROOT = Path(__file__).parents[2]
NO_WAY = "http://127.0.0.1:9"
"""A closed port: whatever wants to leave the machine meets it."""
_START_S = 600
_CLOCK = """
import pathlib, time
_real, _file = time.time, pathlib.Path({path!r})
time.time = lambda: _real() + float(_file.read_text())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """A running server."""

    url: str
    """Of its routes, up to `mccom/`."""
    token: str
    process: psutil.Process
    log: Path
    client: httpx.Client
    """Says the token, and never waits for longer than a minute."""

    def complete(self, prefix: str, document: str = "a.py", **more: object) -> dict[str, object]:
        """The last line of an answer; a type `cut off` where there is none."""
        body = {"client_id": "w", "request_id": "r", "document": document, "language": "python", "suffix": ""}
        lines = self.client.post("complete", json={**body, "prefix": prefix, **more}).text.splitlines()
        found: dict[str, object] = httpx.Response(200, text=lines[-1]).json() if lines else {"type": "cut off"}
        return found

    def children(self, module: str) -> list[psutil.Process]:
        """Its processes that run a module."""
        return [one for one in self.process.children(recursive=True) if module in " ".join(_command(one))]

    def model(self) -> psutil.Process:
        """The process of its model, which is waited for."""
        return _waited_for(lambda: self.children("jupyter_mccom.engines.local"))

    def worker(self) -> psutil.Process:
        """The process of its project's index, which is waited for."""
        return _waited_for(lambda: self.children("jupyter_mccom.retrieval.worker"))


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline() if process.status() != psutil.STATUS_ZOMBIE else []
    except psutil.Error:
        return []


def _waited_for(found: Callable[[], list[psutil.Process]]) -> psutil.Process:
    end_s = time.monotonic() + _START_S
    while time.monotonic() < end_s:
        if processes := found():
            return processes[0]
        time.sleep(0.05)
    raise TimeoutError("no such process was started")


@contextmanager
def attacked(
    folder: Path,
    *,
    settings: Mapping[str, object] | None = None,
    arguments: tuple[str, ...] = (),
    file_bytes: int | None = None,
    clock_file: Path | None = None,
) -> Iterator[Attacked]:
    """Runs a server with the smallest model. `file_bytes`: no file can grow beyond that, as on a full disk.

    A setting that is None is not set, so that a page may change it. `clock_file` holds the seconds by which the
    server's clock is wrong.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token, log = secrets.token_hex(8), folder / "server.log"
    (folder / "root").mkdir(parents=True)
    given = {"model": SMALL, "models_dir": str(default_models_dir()), "show_threshold": 0.0, **(settings or {})}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", "--allow-root", f"--ServerApp.root_dir={folder / 'root'}"]
    command += ["--ServerApp.jpserver_extensions={'jupyter_mccom': True}", *arguments]
    command += [f"--MCCom.{name}={value}" for name, value in given.items() if value is not None]

    def limit() -> None:
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    with log.open("wb") as said:
        process = subprocess.Popen(
            command, stdout=said, stderr=said, env=_environment(folder, clock_file), preexec_fn=limit, cwd=folder
        )
    headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/mccom/"
    try:
        with httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
            _wait(client, process, log)
            yield Attacked(url=url, token=token, process=psutil.Process(process.pid), log=log, client=client)
    finally:
        process.terminate()
        process.wait(60)


def _environment(folder: Path, clock_file: Path | None) -> dict[str, str]:
    own = {
        name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR")
    }
    own |= {name: str(folder / name.lower()) for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME")}
    own |= {"HF_ENDPOINT": NO_WAY, "PIP_INDEX_URL": NO_WAY, "PIP_RETRIES": "0"}
    own |= {"HTTP_PROXY": NO_WAY, "HTTPS_PROXY": NO_WAY, "NO_PROXY": "127.0.0.1,localhost"}
    own |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    paths = [str(ROOT)]
    if clock_file is not None:
        (folder / "clock").mkdir()
        (folder / "clock" / "sitecustomize.py").write_text(_CLOCK.format(path=str(clock_file)), encoding="utf-8")
        paths.insert(0, str(folder / "clock"))
    return {**os.environ, **own, "PYTHONPATH": os.pathsep.join(paths)}


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + _START_S
    while time.monotonic() < end_s:
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        try:
            client.get("status")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")
