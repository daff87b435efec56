"""`jupyter mccom serve`: a llama.cpp server in a child process, until this process is told to end (SIGTERM or Ctrl-C).

The server is not in this process: its load holds the interpreter's lock, so that no signal is heard meanwhile, and its
destructor waits forever where it runs before the server's loop has begun. A child can be ended at any moment.
Others than loopback need a key file. Knows nothing of Jupyter.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from ..engines.choosing.memory import refuse_if_too_large
from ..engines.local.child import Child
from ..engines.local.host import default_threads
from ..errors import EngineError, InputError
from ..way_out import is_loopback

_SERVER = "jupyter_mccom.engines.local.xllamacpp_server"
_READY_S = 3600.0
"""A large model on a slow disk takes many minutes."""
_MOST_USERS = 256
"""As many prompts as llama.cpp keeps (LLAMA_MAX_SEQ)."""


def serve(
    locate: Callable[[], Path],
    *,
    name: str,
    host: str,
    port: int,
    key_file: Path | None,
    context_tokens: int,
    users: int,
    draft: bool,
) -> None:
    """Prints address and key once it listens; returns when it is told to end, with the port free again.

    `users` is how many prompts are kept: with fewer than there are people, each key reads a whole prompt again.
    Told before there is a child, it ends the process at once, with status 0. Raises InputError for an address, key
    file, number of users or model that cannot be, EngineError for a model that does not fit the memory or a server that
    ended by itself, and what `locate` raises.
    """
    if not is_loopback(host) and key_file is None:
        raise InputError(f"{host} can be reached from other machines; give a key with --key-file")
    _check_users(users, draft)
    _when_told(lambda: os._exit(0))
    _check_port(host, port)
    key = _key(key_file)
    path = locate()
    refuse_if_too_large(name, path.stat().st_size)
    settings = {
        "path": str(path),
        "name": Path(name).name,
        "key": key,
        "threads": default_threads(),
        "context_tokens": context_tokens,
        "host": host,
        "port": port,
        "slots": 2 if draft else users,
        "draft": draft,
    }
    shown = "from the key file" if key_file else key
    asyncio.run(_run(settings, lambda address: print(f"{name} at {address}, key {shown}", flush=True)))  # noqa: T201 - its only output


async def _run(settings: Mapping[str, object], announce: Callable[[str], None]) -> None:
    """Runs the server until told; raises as `serve`."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    _when_told(lambda: os._exit(0) if loop.is_closed() else loop.call_soon_threadsafe(told.set))
    ending = asyncio.create_task(told.wait(), name="mccom told to end")
    starting = asyncio.create_task(Child.start(_SERVER, settings, ready_s=_READY_S), name="mccom server start")
    await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
    if ending.done():
        starting.cancel()
    try:
        child = await starting
    except asyncio.CancelledError:
        return
    except EngineError as error:
        raise InputError(f"{error}, or --port 0") from error
    announce(child.address)
    await asyncio.wait({child.exited, ending}, return_when=asyncio.FIRST_COMPLETED)
    await child.stop()
    if not ending.done():
        raise EngineError(f"the server ended by itself ({child.last_words()}); start it again")


def _when_told(end: Callable[[], object]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: end() and None)


def _check_users(users: int, draft: bool) -> None:
    if users < 1:
        raise InputError(f"--users {users} serves nobody; give the number of people who complete code at the same time")
    if users > _MOST_USERS:
        raise InputError(f"--users {users} is too many: a server keeps {_MOST_USERS} prompts at most; start several")
    if draft and users > 1:
        raise InputError("--draft keeps the prompt of one user; leave out --users or --draft")


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
