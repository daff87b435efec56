"""The front end's own checks, so that one `pytest` runs everything: types, then vitest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LABEXTENSION = Path(__file__).parents[1] / "labextension"
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _jlpm(*arguments: str) -> None:
    command = [sys.executable, "-m", "jupyter_builder.jlpm", *arguments]
    done = subprocess.run(command, cwd=LABEXTENSION, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """The packages of yarn.lock, exactly."""
    _jlpm("install", "--immutable")


def test_types_and_format() -> None:
    _jlpm("check")


def test_vitest() -> None:
    _jlpm("test")
