"""`jupyter mccom serve` as the stand-in cloud of the tests: a process of its own, and an engine that speaks with it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_mccom.engines.remote.providers.table import open_cloud
from jupyter_mccom.models.catalog import QWEN_FIM
from jupyter_mccom.protocols import Engine


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, str]]:
    """Runs it; gives its address, and its key as it is printed."""
    command = [sys.executable, "-m", "jupyter_mccom", "serve", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        found = re.search(r"at (\S+), key (.+)", process.stdout.readline())
        assert found is not None
        yield found[1], found[2]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        process.stdout.close()


def cloud(url: str, key: str, dialect: str = "llama-server-ngram-mod") -> Engine:
    """An engine over a served model."""
    return open_cloud(dialect, url=url, model="served", key=lambda: key, fim=QWEN_FIM, connect_s=3, read_s=60)
