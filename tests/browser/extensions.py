"""Extensions of others that JupyterLab has in some tests only: in a folder of the test, never in the environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

VIM = ("jupyterlab-vim",)
COLLABORATION = (
    "jupyter-collaboration",
    "jupyter-collaboration-ui",
    "jupyter-docprovider",
    "jupyter-server-fileid",
    "jupyter-server-ydoc",
    "jupyter-ydoc",
    "pycrdt",
    "pycrdt-store",
    "pycrdt-websocket",
    "sqlite-anyio",
)
COLLABORATION_3 = (
    "jupyter-collaboration==3.1.2",
    "jupyter-collaboration-ui==1.1.2",
    "jupyter-docprovider==1.1.2",
    "jupyter-server-fileid==0.10.0",
    "jupyter-server-ydoc==1.1.2",
    "jupyter-ydoc==3.4.1",
    "pycrdt==0.12.50",
    "pycrdt-websocket==0.15.5",
    "sqlite-anyio==0.2.10",
)
"""Names on the package index, with what they need that JupyterLab has not."""


def installed(folder: Path, packages: tuple[str, ...]) -> Path:
    """The folder, with the newest releases of the packages in it."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", "--target", str(folder), *packages], check=True, timeout=120)
    return folder


def found_in(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables by which a Jupyter server finds the packages of a folder."""
    places = {"PYTHONPATH": ".", "JUPYTER_PATH": "share/jupyter", "JUPYTER_CONFIG_PATH": "etc/jupyter"}
    known = {name: environment.get(name, "") for name in places}
    return {name: os.pathsep.join(filter(None, [known[name], str(folder / places[name])])) for name in places}
