"""`jupyter mccom demo`: copies the tour and its project's files into a new folder and opens JupyterLab there."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..demo.tour import options
from ..errors import InputError

_FILES = ("demo.ipynb", "weather.py", "weather.csv")


def check_demo() -> None:
    """Raises InputError where the tour's cells would not run."""
    if importlib.util.find_spec("pandas") is None:
        raise InputError("The tour shows a data frame, but pandas is missing. Run `pip install pandas` first.")


def open_demo(models_dir: str, lab_options: Sequence[str]) -> int:
    """Runs JupyterLab until it ends; returns its exit status. On POSIX it takes the place of this process."""
    folder = Path(tempfile.mkdtemp(prefix="mccom-demo-"))
    for path in demo_files():
        shutil.copy(path, folder)
    command = [sys.executable, "-m", "jupyterlab", "--LabApp.default_url=/lab/tree/demo.ipynb", *lab_options]
    command += options(lab_options, models_dir)
    if models_dir:
        command.append(f"--MCCom.models_dir={models_dir}")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    if os.name == "posix":  # who ends one ends the other
        os.chdir(folder)
        os.execv(sys.executable, command)  # noqa: S606 - our own command
    return subprocess.call(command, cwd=folder)


def demo_files() -> list[Path]:
    """The demo notebook and its project's files: in the package when it is installed, in `binder/` in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "demo"
    folder = installed if (installed / _FILES[0]).exists() else package.parent / "binder"
    return [folder / name for name in _FILES]
