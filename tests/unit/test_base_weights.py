"""A family's second source: a file whose digest the hub states, and the suite that says if it is the better one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.evaluation.lib.key_positions import KINDS, Pressed
from jupyter_mccom.evaluation.lib.samples import Sample
from jupyter_mccom.evaluation.suites.base_weights import found
from jupyter_mccom.models.catalog import HubSource, Model, base_of, find, ids
from jupyter_mccom.models.store import Store
from jupyter_mccom.types import CompletionRequest
from tests.unit.model_sources import BODY, CLOSED, Hub, serving, store_of

BASE = Model(
    id="tiny-base",
    file="tiny-base.gguf",
    n_bytes=600_000,
    sha256="",
    hub=HubSource(repo="maker/tiny-base", revision="main"),
)


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that has the file."""
    with serving() as running:
        running.offer(BASE, {BASE.file: BODY, "README.md": b"# base"})
        yield running


def _pull(store: Store) -> Path:
    return store.pull(BASE.id, progress=lambda done, total: None)


def test_a_second_source_is_never_a_first_choice() -> None:
    """Base weights have ids of their own, a licence and markers, and `auto` does not know them."""
    bases = [base for family in ids() if (base := base_of(family)) is not None]
    assert [base.id for base in bases] == ["qwen2.5-coder-0.5b-base", "qwen2.5-coder-1.5b-base"]
    assert all(find(base.id) == base and base.fim and base.licence == "Apache-2.0" for base in bases)
    assert not {base.id for base in bases} & set(ids())
    assert not any(base.own for base in bases)


def test_a_file_is_checked_by_what_the_hub_states(tmp_path: Path, hub: Hub) -> None:
    """The file is fetched, checked by the hub's digest, and found again without the hub."""
    path = _pull(store_of(tmp_path, BASE, hub=hub.url))
    assert path.read_bytes() == BODY
    assert f"/maker/tiny-base/resolve/main/{BASE.file}" in hub.paths
    away = store_of(tmp_path, BASE, hub=CLOSED)
    assert away.present(BASE.id)
    assert away.locate(BASE.id) == path
    assert _pull(away) == path
    away.remove(BASE.id)
    assert [file.name for file in tmp_path.iterdir()] == ["tiny-base.lock"]


def test_a_file_that_is_not_the_stated_one_is_refused(tmp_path: Path, hub: Hub) -> None:
    """A file that differs from the hub's statement is refused."""
    hub.files = {BASE.file: BODY[:-1] + b"?"}
    store = store_of(tmp_path, BASE, hub=hub.url)
    with pytest.raises(ModelError, match="wrong tiny-base"):
        _pull(store)
    assert not store.present(BASE.id)


def test_a_file_that_changed_later_is_noticed_and_mended(tmp_path: Path, hub: Hub) -> None:
    """A file that changed later is an error that names the pull, and the pull mends it."""
    store = store_of(tmp_path, BASE, hub=hub.url)
    path = _pull(store)
    path.write_bytes(BODY[:-1] + b"?")
    with pytest.raises(ModelError, match="jupyter mccom pull tiny-base"):
        store.locate(BASE.id)
    assert _pull(store).read_bytes() == BODY


@pytest.mark.parametrize(("name", "said"), [("other.gguf", "no such file"), (BASE.file, "no SHA-256")])
def test_a_hub_that_does_not_state_it_is_refused(tmp_path: Path, hub: Hub, name: str, said: str) -> None:
    """A hub that has no such file, or states no digest of it, is refused."""
    hub.states["siblings"] = [{"rfilename": name, "size": len(BODY), "blobId": "0" * 40}]
    with pytest.raises(ModelError, match=said):
        _pull(store_of(tmp_path, BASE, hub=hub.url))


def _sample(number: int) -> Sample:
    request = CompletionRequest(
        id=str(number), client="b", document="a.py", cell_id="", language="python", prefix="x = ", suffix=""
    )
    key = KINDS[number % len(KINDS)]
    return Sample(task=f"{number}#{key}", kind="notebook", era="2025+", request=request, truth="1", key=key)


def _row(text: str) -> dict[str, Any]:
    tokens = [{"text": text, "prob": 0.9}] * 3
    return {"local": {"text": text, "tokens": tokens, "parses": True}, "truth": "1"}


def test_the_suite_tells_which_is_right_more_often() -> None:
    """The table has the share of exact texts of both, and what the second gains; the notes have two calibrations."""
    samples = [_sample(number) for number in range(30)]
    keys = Pressed(counts=dict.fromkeys(KINDS, 1))
    rows = {"a": [_row("2") for _ in samples], "a-base": [_row("1" if at < 15 else "2") for at in range(30)]}
    told = found(rows, samples, keys)
    (first, second) = told.tables[0].rows
    assert (first[0], first[-1], second[0]) == ("a", "0", "a-base")
    assert second[-1].startswith("+0.5")
    assert [note.partition(":")[0] for note in told.notes[1:]] == ["a", "a-base"]
    assert all("from 30 texts" in note for note in told.notes[1:])
