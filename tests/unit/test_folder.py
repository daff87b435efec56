"""Models of many files: a folder of MLX weights from the hub, checked file by file, and a person's own."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models.catalog import HubSource, Model
from jupyter_mccom.models.store import PullCancelled, Store
from tests.unit.model_sources import BLOCK, BODY, CLOSED, Hub, serving, store_of

REVISION = "0" * 40
FILES = {
    "config.json": b'{"model_type": "qwen2"}',
    "tokenizer.json": b"{}" + b" " * BLOCK,
    "model-00001-of-00002.safetensors": BODY,
    "model-00002-of-00002.safetensors": BODY[::-1],
}
OTHERS = {"README.md": b"# MLX", "modeling.py": b"raise SystemExit('never fetched')", "pytorch_model.bin": b"pickle"}
FOLDER = Model(
    id="tiny",
    file="tiny-mlx",
    n_bytes=1_000_000,
    sha256="",
    weights="mlx",
    hub=HubSource(repo="maker/tiny-mlx", revision=REVISION),
)


def _stated(name: str, content: bytes) -> dict[str, object]:
    """The hub API's statement of a file: SHA-256 for a large one, git's own digest for a small one."""
    blob = hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()  # noqa: S324 - git's
    told: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": blob}
    if len(content) > 100:
        told["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return told


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        running.files = FILES | OTHERS
        siblings = [_stated(name, content) for name, content in running.files.items()]
        running.states = {"id": "maker/tiny-mlx", "sha": REVISION, "siblings": siblings}
        yield running


def _pull(store: Store, at: list[int] | None = None, cancel_at: int | None = None) -> Path:
    done = [0] if at is None else at
    return store.pull(
        "tiny",
        progress=lambda n_bytes, total: done.append(n_bytes),
        cancelled=lambda: cancel_at is not None and done[-1] >= cancel_at,
    )


def test_only_weights_and_json_are_fetched(tmp_path: Path, hub: Hub) -> None:
    """Only weights and JSON files are fetched, all at the pinned revision."""
    store, at = store_of(tmp_path, FOLDER, hub=hub.url), [0]
    assert not store.present("tiny")
    path = _pull(store, at)
    assert {file.name: file.read_bytes() for file in path.iterdir()} == FILES
    assert hub.paths[0].startswith(f"/api/models/maker/tiny-mlx/revision/{REVISION}")
    assert sorted(hub.paths[1:]) == sorted(f"/maker/tiny-mlx/resolve/{REVISION}/{name}" for name in FILES)
    assert at == sorted(at)
    assert at[-1] == sum(map(len, FILES.values()))
    assert store.present("tiny")
    assert store.locate("tiny") == path
    assert sorted(file.name for file in tmp_path.iterdir()) == ["tiny-mlx", "tiny-mlx.verified", "tiny.lock"]


def test_a_second_pull_asks_nobody(tmp_path: Path, hub: Hub) -> None:
    """A second pull of a model that is here sends no request."""
    _pull(store_of(tmp_path, FOLDER, hub=hub.url))
    assert _pull(store_of(tmp_path, FOLDER, hub=CLOSED)) == tmp_path / "tiny-mlx"


def test_half_a_download_is_not_there_and_goes_on_where_it_ended(tmp_path: Path, hub: Hub) -> None:
    """Half a download does not count as present, and the next pull goes on where it ended."""
    store = store_of(tmp_path, FOLDER, hub=hub.url)
    with pytest.raises(PullCancelled):
        _pull(store, cancel_at=len(BODY) + 2 * BLOCK)
    assert not store.present("tiny")
    with pytest.raises(ModelError, match="jupyter mccom pull"):
        store.locate("tiny")
    hub.paths.clear()
    _pull(store)
    assert not any(path.endswith("00001-of-00002.safetensors") for path in hub.paths), "it was whole and is kept"
    assert store.present("tiny")


@pytest.mark.parametrize("name", ["model-00002-of-00002.safetensors", "config.json"])
def test_a_file_that_is_not_the_stated_one_is_refused(tmp_path: Path, hub: Hub, name: str) -> None:
    """A file that differs from the stated digest is refused."""
    hub.files = hub.files | {name: hub.files[name][:-1] + b"?"}
    store = store_of(tmp_path, FOLDER, hub=hub.url)
    with pytest.raises(ModelError, match=rf"{name}.*pull tiny$"):
        _pull(store)
    assert not store.present("tiny")


def test_a_file_that_changed_later_is_noticed_and_mended(tmp_path: Path, hub: Hub) -> None:
    """A file that changed later is an error that names the pull, and the pull mends it."""
    store = store_of(tmp_path, FOLDER, hub=hub.url)
    weights = _pull(store) / "model-00001-of-00002.safetensors"
    weights.write_bytes(BODY[:-1] + b"?")
    os.utime(weights, ns=(1, 1))
    with pytest.raises(ModelError, match=r"tiny-mlx'.*jupyter mccom pull tiny$"):
        store.locate("tiny")
    assert (_pull(store) / weights.name).read_bytes() == BODY


def test_a_file_that_is_gone_makes_the_model_absent(tmp_path: Path, hub: Hub) -> None:
    """A model with a missing file counts as absent."""
    store = store_of(tmp_path, FOLDER, hub=hub.url)
    (_pull(store) / "tokenizer.json").unlink()
    assert not store.present("tiny")
    with pytest.raises(ModelError, match="jupyter mccom pull"):
        store.locate("tiny")


@pytest.mark.parametrize("lacking", ["tokenizer.json", "config.json"])
def test_a_hub_folder_that_is_no_mlx_model_is_refused(tmp_path: Path, hub: Hub, lacking: str) -> None:
    """A hub folder without a tokenizer or a configuration is refused."""
    hub.states["siblings"] = [_stated(name, content) for name, content in FILES.items() if name != lacking]
    with pytest.raises(ModelError, match=lacking):
        _pull(store_of(tmp_path, FOLDER, hub=hub.url))


def test_a_hub_that_states_no_digest_is_not_believed(tmp_path: Path, hub: Hub) -> None:
    """A hub that states no digest for some file is refused."""
    hub.states["siblings"] = [{"rfilename": name, "size": len(content)} for name, content in FILES.items()]
    with pytest.raises(ModelError, match="digest"):
        _pull(store_of(tmp_path, FOLDER, hub=hub.url))


@pytest.mark.parametrize("status", [404, 503])
def test_a_hub_that_refuses_is_named(tmp_path: Path, hub: Hub, status: int) -> None:
    """A hub that refuses is an error with the next step."""
    hub.status = status
    with pytest.raises(ModelError, match="hub"):
        _pull(store_of(tmp_path, FOLDER, hub=hub.url))


def test_no_room_is_told_before_the_first_byte(tmp_path: Path, hub: Hub) -> None:
    """Too little disk space is an error before any weights are fetched."""
    with pytest.raises(ModelError, match=r"tiny .*\d MB"):
        _pull(store_of(tmp_path, FOLDER, hub=hub.url, free_bytes=lambda folder: 1))
    assert not any("safetensors" in path for path in hub.paths)


def test_remove_takes_the_folder(tmp_path: Path, hub: Hub) -> None:
    """Removing a model deletes its folder."""
    store = store_of(tmp_path, FOLDER, hub=hub.url)
    _pull(store)
    store.remove("tiny")
    assert [file.name for file in tmp_path.iterdir()] == ["tiny.lock"]


def _own(folder: Path, *lacking: str) -> Path:
    folder.mkdir()
    for name, content in FILES.items():
        if name not in lacking:
            (folder / name).write_bytes(content)
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_a_folder_of_ones_own_is_used_as_it_is_and_never_deleted(tmp_path: Path) -> None:
    """A person's own folder is used in place and never deleted."""
    folder = _own(tmp_path / "mine")
    store = Store(tmp_path / "models")
    model = store.entry(str(folder))
    assert model == replace(FOLDER, id=str(folder), file=str(folder), n_bytes=2 * len(BODY), hub=None)
    assert (model.own, store.present(str(folder)), store.locate(str(folder))) == (True, True, folder)
    with pytest.raises(ModelError, match=re.escape(str(folder))):
        store.remove(str(folder))


@pytest.mark.parametrize("lacking", FILES)
def test_a_folder_that_lacks_something_says_what(tmp_path: Path, lacking: str) -> None:
    """A folder without a needed file is an error that names the file."""
    folder = _own(tmp_path / "mine", lacking)
    with pytest.raises(ModelError, match=f"mine' .*{lacking}"):
        Store(tmp_path / "models").entry(str(folder))


def test_an_index_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A broken index of weights is an error that names the file."""
    folder = _own(tmp_path / "mine")
    (folder / "model.safetensors.index.json").write_text("{")
    with pytest.raises(ModelError, match=r"index\.json"):
        Store(tmp_path / "models").entry(str(folder))
