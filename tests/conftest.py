"""Shared by all tests: where real models lie, and real notebooks to try."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_mccom.models.store import Store, default_models_dir

pytest_plugins = ["pytest_jupyter.jupyter_server"]

SMALL = "smollm2-135m"
CODER = "qwen2.5-coder-0.5b"


@pytest.fixture(scope="session")
def models() -> Store:
    """The user's own store with both test models in it, pulled once."""
    store = Store(default_models_dir())
    for model in (SMALL, CODER):
        store.pull(model, progress=lambda done, total: None)
    return store


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real notebooks and repositories beside the checkout."""
    folder = Path(os.environ.get("MCCOM_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data at {folder}: set MCCOM_DATA to a folder of that format")
    return folder
