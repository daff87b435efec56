"""Shared by all tests: where real models lie, and real notebooks to try."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_mccom.models.store import Store, default_models_dir

pytest_plugins = ["pytest_jupyter.jupyter_server"]

SMALL = "smollm2-135m"
CODER = "qwen2.5-coder-0.5b"
LARGER = "qwen2.5-coder-1.5b"
_LABEXTENSION = Path(__file__).parents[1] / "labextension"
_ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def jlpm(*arguments: str) -> None:
    """Runs JupyterLab's package manager on the front end; it must not fail."""
    command = [str(Path(sys.executable).parent / "jlpm"), *arguments]  # its module runs nothing when it is called
    done = subprocess.run(command, cwd=_LABEXTENSION, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the front end's packages, as yarn.lock has them exactly."""
    jlpm("install", "--immutable")
    return _LABEXTENSION / "node_modules"


@pytest.fixture(scope="module", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests accept and reject is not the person's: servers and commands keep traces elsewhere, a file's apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def models() -> Store:
    """The user's own store with both test models in it, pulled once."""
    store = Store(default_models_dir())
    for model in (SMALL, CODER):
        store.pull(model, progress=lambda done, total: None)
    return store


@pytest.fixture(scope="session")
def larger(models: Store) -> Store:
    """The same store with the larger model too (1.1 GB)."""
    models.pull(LARGER, progress=lambda done, total: None)
    return models


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real notebooks and repositories beside the checkout."""
    folder = Path(os.environ.get("MCCOM_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set MCCOM_DATA to a folder of that format")
    return folder
