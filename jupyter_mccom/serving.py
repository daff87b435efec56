"""`jupyter mccom serve`: a llama.cpp server in this process until it is told to end.

Others than loopback need a key file. Knows nothing of Jupyter.
"""

from __future__ import annotations

import secrets
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path

from .engines.host import default_threads
from .engines.llama_server import start
from .engines.memory import refuse_if_too_large
from .errors import InputError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    locate: Callable[[], Path],
    *,
    name: str,
    host: str,
    port: int,
    key_file: Path | None,
    context_tokens: int,
    draft: bool,
) -> None:
    """Prints address and key once it listens.

    Raises InputError for an address, key file or model that cannot be, EngineError for a model that does not fit the
    memory, and what `locate` raises.
    """
    if host not in _LOOPBACK and key_file is None:
        raise InputError(f"{host} can be reached from other machines; give a key with --key-file")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    _check_port(host, port)
    key = _key(key_file)
    path = locate()
    refuse_if_too_large(name, path.stat().st_size)
    try:
        server = start(
            path=str(path),
            key=key,
            threads=default_threads(),
            context_tokens=context_tokens,
            host=host,
            port=port,
            slots=2 if draft else 1,
            draft=draft,
        )
    except RuntimeError as error:
        raise InputError(f"the server did not start ({error}); try another model or --port 0") from error
    print(f"{name} at {server.listening_address}, key {'from the key file' if key_file else key}", flush=True)  # noqa: T201 - its only output
    stopped.wait()


def _check_port(host: str, port: int) -> None:

    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise InputError(f"port {port} of {host} is taken or not ours ({error.strerror}); try --port 0") from error


def _key(key_file: Path | None) -> str:
    if key_file is None:
        return secrets.token_urlsafe(32)
    try:
        key = key_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InputError(f"the key file cannot be read ({error.strerror}); check {str(key_file)!r}") from error
    if not key:
        raise InputError(f"the key file {str(key_file)!r} is empty; write a key into it")
    return key
