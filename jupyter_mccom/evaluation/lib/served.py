"""A cloud of a suite's own: `jupyter mccom serve` in a process of this machine, and the settings that speak with it."""

from __future__ import annotations

import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import EngineError
from ...settings import MCCom, changed
from .bench import stand_in

_STOP_S = 20.0
_SILENT_S = 120.0
"""A processor reads long prompts of a large model."""


@contextmanager
def served(settings: MCCom) -> Iterator[MCCom]:
    """The settings with the served model as their cloud, drafts on. Raises EngineError when it does not start."""
    model = stand_in(settings)
    with tempfile.TemporaryDirectory() as folder:
        key_file = Path(folder) / "key"
        key_file.touch(mode=0o600)
        key_file.write_text(secrets.token_urlsafe(32), encoding="utf-8")
        command = [sys.executable, "-m", "jupyter_mccom", "serve", "--model", model, "--draft", "ngram-mod"]
        command += ["--key-file", str(key_file)]
        command += ["--models-dir", settings.models_dir] if settings.models_dir else []
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8")
        try:
            assert process.stdout is not None
            _, at, rest = process.stdout.readline().partition(" at ")
            if not at:
                raise EngineError(f"{model} could not be served: {log.read_text('utf-8', 'replace').strip()}")
            url = rest.partition(",")[0]
            yield changed(
                settings,
                cloud_dialect="llama-server-ngram-mod",
                cloud_url=url,
                cloud_model=model,
                cloud_key_file=str(key_file),
                cloud_timeout_s=_SILENT_S,
            )
        finally:
            process.terminate()
            process.communicate(timeout=_STOP_S)
