"""Runs code that a model wrote, with its test, in a process of its own: does it pass?

The code is untrusted: nobody has read it. It runs with `-I`, an empty environment and an empty folder that is deleted,
in a session of its own that is killed at the time limit, with limits of memory and processor time, without network,
other processes or files to write (`untrusted_child.py`). POSIX only.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ...errors import InputError

LIMIT_S = 10.0
_BYTES = 2**30
_CHILD = Path(__file__).with_name("untrusted_child.py")


def passes(program: str, *, limit_s: float = LIMIT_S) -> bool:
    """The program came to its end within `limit_s`, with no exception. Raises InputError on Windows."""
    if sys.platform == "win32":
        raise InputError("code that a model wrote is run under POSIX limits only; run this suite on Linux or macOS")
    password = secrets.token_hex()
    task = {"program": program, "password": password, "n_bytes": _BYTES, "cpu_s": int(limit_s) + 1}
    with tempfile.TemporaryDirectory(prefix="mccom-test-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-I", str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env={},
            start_new_session=True,
        )
        try:
            said, _ = process.communicate(json.dumps(task).encode(), timeout=limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return False
    return said == password.encode()
