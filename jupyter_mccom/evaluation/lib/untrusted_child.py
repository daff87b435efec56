"""The process in which a model's code runs: limits itself, runs the program from stdin, says the password if it ended.

Run as a script with `-I`, so it imports nothing of the project. A program that ends the process early, by `sys.exit`
too, says no password. These are barriers against accidents of code that nobody has read; no cage for an attacker.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
from contextlib import suppress

_NEW_USER_AND_NETWORK = 0x10000000 | 0x40000000
"""CLONE_NEWUSER and CLONE_NEWNET of linux/sched.h: a process of its own network has none."""
_REFUSED = (
    *("socket.", "subprocess.", "shutil.", "ctypes.", "urllib.", "webbrowser.", "pty.", "mmap."),
    *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.startfile", "os.kill", "os.putenv"),
    *("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink"),
    *("os.truncate", "signal.pthread_kill"),
)
"""Beginnings of audit events."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _limit(n_bytes: int, cpu_s: int) -> None:
    limits = {"AS": n_bytes, "CPU": cpu_s, "FSIZE": 0, "CORE": 0, "NOFILE": 64}
    for name, most in limits.items():
        with suppress(ValueError, OSError):  # a system that has no such limit
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    with suppress(AttributeError, OSError):  # only Linux; where it is not allowed, sockets are refused below
        ctypes.CDLL(None).unshare(_NEW_USER_AND_NETWORK)


def _refuse(event: str, given: tuple[object, ...]) -> None:
    writes = event == "open" and isinstance(given[2], int) and bool(given[2] & _WRITES)
    if writes or event.startswith(_REFUSED):
        raise PermissionError(f"{event} is not for a test")


def main() -> None:
    """Reads one JSON object: `program`, `password`, `n_bytes` of memory, `cpu_s` of processor time."""
    task = json.load(sys.stdin)
    said, nowhere = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    sys.dont_write_bytecode = True
    _limit(task["n_bytes"], task["cpu_s"])
    sys.addaudithook(_refuse)
    exec(compile(task["program"], "program", "exec"), {"__name__": "program"})  # noqa: S102 - what this process is for
    os.write(said, task["password"].encode())


if __name__ == "__main__":
    main()
