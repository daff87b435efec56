"""The store without its sources: what is here, is it right, and what may be deleted."""

from __future__ import annotations

import json
import os
import re
import resource
from pathlib import Path

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models.store import PullCancelled, Store, default_models_dir
from tests.unit.model_sources import BODY, store_of, tiny


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(BODY)
    return path


def test_default_folder_is_a_cache() -> None:
    """The default models folder is in the user's cache."""
    assert default_models_dir().parts[-2:] == ("jupyter-mccom", "models") or os.name == "nt"


def test_unknown_id_lists_the_known_ones(tmp_path: Path) -> None:
    """An unknown id is an error that lists the known ones."""
    for call in (Store(tmp_path).entry, Store(tmp_path).locate, Store(tmp_path).present, Store(tmp_path).remove):
        with pytest.raises(ModelError, match=r"'gpt-2'.*smollm2-135m, qwen2.5-coder-0.5b"):
            call("gpt-2")


def test_absent_model_says_how_to_get_it(tmp_path: Path) -> None:
    """An absent model is an error with the pull command, and no folder is made."""
    store = Store(tmp_path / "nowhere")
    assert not store.present("smollm2-135m")
    with pytest.raises(ModelError, match=r"jupyter mccom pull smollm2-135m$"):
        store.locate("smollm2-135m")
    assert not store.models_dir.exists()


def test_right_file_is_verified_once(tmp_path: Path, model_file: Path) -> None:
    """A right file is hashed once, and a stamp says so."""
    store = store_of(tmp_path, tiny())
    assert store.present("tiny")
    assert store.locate("tiny") == model_file
    stamp = tmp_path / "tiny.gguf.verified"
    written = stamp.stat().st_mtime_ns
    assert store.locate("tiny") == model_file
    assert stamp.stat().st_mtime_ns == written
    assert json.loads(stamp.read_text())["sha256"] == tiny().sha256


def test_later_locates_do_not_read_the_file(tmp_path: Path, model_file: Path) -> None:
    """A file with an unchanged stamp is not read again."""
    store = store_of(tmp_path, tiny())
    store.locate("tiny")
    before = model_file.stat()
    model_file.write_bytes(BODY[::-1])
    os.utime(model_file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.locate("tiny") == model_file


@pytest.mark.parametrize("body", [BODY[:-1], BODY[:-1] + b"?", b""], ids=["truncated", "one byte", "empty"])
def test_changed_file_is_noticed(tmp_path: Path, model_file: Path, body: bytes) -> None:
    """A changed file is corrupt, and the error names the pull command."""
    store = store_of(tmp_path, tiny())
    store.locate("tiny")
    model_file.write_bytes(body)
    assert store.present("tiny") == (len(body) == len(BODY))
    with pytest.raises(ModelError, match=r"tiny\.gguf'.*jupyter mccom pull tiny$"):
        store.locate("tiny")


@pytest.mark.parametrize("stamp", ["", "{", "[]", '{"sha256": 1}'])
def test_damaged_stamp_costs_one_hash(tmp_path: Path, model_file: Path, stamp: str) -> None:
    """A damaged stamp costs one hash and is written anew."""
    (tmp_path / "tiny.gguf.verified").write_text(stamp)
    assert store_of(tmp_path, tiny()).locate("tiny") == model_file
    assert json.loads((tmp_path / "tiny.gguf.verified").read_text())["bytes"] == len(BODY)


def test_file_that_cannot_be_read_is_named(tmp_path: Path, model_file: Path) -> None:
    """A file that cannot be read is an error with the reason."""
    store = store_of(tmp_path, tiny())
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(ModelError, match=r"tiny\.gguf' .*Too many"):
            store.locate("tiny")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert store.locate("tiny") == model_file


def test_pull_of_what_is_here_reads_it_and_can_be_cancelled(tmp_path: Path, model_file: Path) -> None:
    """Pulling a file that is here hashes it with progress, and can be cancelled."""
    store = store_of(tmp_path, tiny())
    done: list[int] = []
    with pytest.raises(PullCancelled):
        store.pull("tiny", progress=lambda n, total: done.append(n), cancelled=lambda: True)
    assert not (tmp_path / "tiny.gguf.verified").exists()
    assert store.pull("tiny", progress=lambda n, total: done.append(n)) == model_file
    assert done == [0, len(BODY)]


def test_own_file_is_used_as_it_is(tmp_path: Path) -> None:
    """A person's own file is used in place."""
    own = tmp_path / "Mine.GGUF"
    own.write_bytes(BODY[:100])
    store = Store(tmp_path / "models")
    model = store.entry(str(own))
    assert (model.id, model.n_bytes, model.sha256, model.fim) == (str(own), 100, "", None)
    assert store.present(str(own))
    assert store.locate(str(own)) == own
    assert store.pull(str(own), progress=lambda done, total: None) == own
    assert not store.models_dir.exists()


def test_own_file_is_never_deleted(tmp_path: Path) -> None:
    """A person's own file is never deleted."""
    own = tmp_path / "mine.gguf"
    own.write_bytes(BODY[:100])
    with pytest.raises(ModelError, match=re.escape(str(own))):
        Store(tmp_path).remove(str(own))
    assert own.exists()


def test_own_file_must_be_a_gguf(tmp_path: Path) -> None:
    """A person's own file must be a GGUF file."""
    own = tmp_path / "mine.gguf"
    own.write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(ModelError, match="GGUF"):
        Store(tmp_path).locate(str(own))


def test_own_file_must_be_there(tmp_path: Path) -> None:
    """A person's own file must exist."""
    for path in (tmp_path / "mine.gguf", tmp_path / "folder.gguf"):
        if path.stem == "folder":
            path.mkdir()
        with pytest.raises(ModelError, match="path"):
            Store(tmp_path).entry(str(path))


@pytest.mark.parametrize("path", ["a\0.gguf", "~nobody-of-that-name/x.gguf"])
def test_path_that_cannot_be_is_one_clear_line(tmp_path: Path, path: str) -> None:
    """An impossible path is one clear line."""
    with pytest.raises(ModelError, match="path"):
        Store(tmp_path).entry(path)


def test_remove_says_what_holds_it(tmp_path: Path) -> None:
    """A model that cannot be deleted is an error with the reason."""
    (tmp_path / "tiny.gguf").mkdir()
    with pytest.raises(ModelError, match=r"^tiny "):
        store_of(tmp_path, tiny()).remove("tiny")


def test_remove_leaves_no_bytes(tmp_path: Path, model_file: Path) -> None:
    """Removing a model leaves none of its bytes and no other model's loss; a second time does nothing."""
    store = store_of(tmp_path, tiny())
    store.locate("tiny")
    staging = tmp_path / "tiny.partial"
    staging.mkdir()
    (staging / "hub.part").write_bytes(BODY[:10])
    other = tmp_path / "other.gguf"
    other.write_bytes(BODY)
    store.remove("tiny")
    assert not store.present("tiny")
    assert sum(path.stat().st_size for path in tmp_path.rglob("*")) == len(BODY)
    store.remove("tiny")


def test_remove_before_anything_was_pulled(tmp_path: Path) -> None:
    """Removing before any pull does nothing."""
    store_of(tmp_path / "nowhere", tiny()).remove("tiny")
    assert not (tmp_path / "nowhere").exists()
