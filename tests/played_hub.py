"""A model hub on this machine that has a family's MLX folder, and a command that runs with it.

`python -m tests.played_hub smollm2-135m COMMAND …` converts the family's GGUF file once, serves the folder, and runs
the command with `HF_ENDPOINT` set: so a download can be tried where the hub cannot be reached.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_mccom.models.catalog import Model, find
from jupyter_mccom.models.store import Store, default_models_dir
from tests.mlx_models import kept_folder
from tests.unit.model_sources import Hub, serving


def folder_of(family: str) -> Model:
    """The catalogue's MLX folder of a family."""
    model = find(f"{family}-mlx")
    assert model is not None
    return model


@contextmanager
def playing(family: str, folder: Path) -> Iterator[Hub]:
    """A hub whose folder of that family has these files."""
    with serving() as hub:
        hub.offer(folder_of(family), {file.name: file.read_bytes() for file in folder.iterdir()})
        yield hub


def whole(family: str, store: Store) -> Path:
    """The family's GGUF file as an MLX folder, kept beside the user's models."""
    file = store.entry(family)
    return kept_folder(store.locate(family), file.sha256, default_models_dir().parent / "tests")


def main(family: str, command: list[str]) -> int:
    """The status with which the command ends."""
    with playing(family, whole(family, Store(default_models_dir()))) as hub:
        return subprocess.run(command, env={**os.environ, "HF_ENDPOINT": hub.url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
