"""The file of traces: what stands in it, who may read it, its bounds, bad files, several writers, forgetting."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from jupyter_mccom.agreement import Agreement
from jupyter_mccom.errors import TracesError
from jupyter_mccom.learning.schema import Event, create, opened
from jupyter_mccom.learning.trace_file import TraceStore
from jupyter_mccom.types import Outcome, Survival
from tests.traced import features, trace

NOW_S = 1_700_000_000.0
WRITER = """
import sys
from pathlib import Path
from jupyter_mccom.learning.trace_file import TraceStore
from jupyter_mccom.types import Outcome
from tests.traced import trace
store = TraceStore(Path(sys.argv[1]), now_s=lambda: 1_700_000_000.0)
for number in range(40):
    name = f"{sys.argv[2]}-{number}"
    store.write([trace(name)], "anchored")
    store.write([Outcome(suggestion_id=name, kind="accepted", kept_chars=12)], "anchored")
print(store.trouble)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "traces.sqlite3"


def _store(path: Path, **bounds: float) -> TraceStore:
    rows = int(bounds.get("max_rows", 20_000))
    return TraceStore(path, now_s=lambda: NOW_S, max_rows=rows, max_age_s=bounds.get("max_age_s", 1e9))


def _ended(*names: str) -> list[Event]:
    return [event for name in names for event in (trace(name), Outcome(suggestion_id=name, kind="accepted"))]


def _kept(store: TraceStore) -> list[str]:
    return [example.suggestion_id for example in store.examples("m", "anchored")]


def test_reading_creates_nothing(path: Path) -> None:
    """Reading and forgetting create no file."""
    with closing(_store(path)) as store:
        assert (store.examples("m", "anchored"), store.forget(), store.trouble) == ([], 0, "")
    assert not path.parent.exists()


def test_what_became_of_a_text_comes_back(path: Path) -> None:
    """Each text comes back with its outcome, survival and agreement."""
    events: list[Event] = [
        trace("s1"),
        trace("nothing became of it"),
        Outcome(suggestion_id="s1", kind="accepted", kept_chars=12, shown_ms=800),
        Survival(suggestion_id="s1", after_s=30, kept_chars=8, of_chars=8),
        Survival(suggestion_id="s1", after_s=300, kept_chars=4, of_chars=8),
        Agreement(suggestion_id="s1", agree_chars=9, exact_line=False, drawn=True, left="a + b"),
        Outcome(suggestion_id="of another server's memory", kind="rejected"),
    ]
    with closing(_store(path)) as store:
        store.write(events, "anchored")
        (found,) = store.examples("m", "anchored")
        assert (found.features, found.outcome, found.kept_chars, found.shown_ms) == (features(), "accepted", 12, 800)
        assert (found.survived_30, found.survived_300, found.drawn) == (1.0, 0.5, True)
        assert (found.agree_chars, found.exact_line, found.target) == (9, False, 0.5)
        assert store.examples("other model", "anchored") == store.examples("m", "standard") == []


def test_only_the_owner_can_read_it(path: Path) -> None:
    """Only the owner can read the traces and their folder."""
    with closing(_store(path)) as store:
        store.write(_ended("s1"), "anchored")
        files = list(path.parent.iterdir())
        assert {file.name for file in files} == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
        if os.name == "posix":
            assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_neither_code_nor_names_of_documents_reach_the_disk(path: Path) -> None:
    """Neither code nor names of documents reach the disk."""
    with closing(_store(path)) as store:
        left = Agreement(suggestion_id="s1", agree_chars=2, exact_line=False, drawn=True, left="typed(instead)")
        store.write([*_ended("s1"), left], "anchored")
        written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    for text in (trace("s1").text, trace("s1").document, trace("s1").cell_id, left.left):
        assert text.encode() not in written
    assert b"python" in written


def test_rows_and_age_are_bounded(path: Path) -> None:
    """The rows and their age are bounded."""
    with closing(_store(path, max_rows=100)) as store:
        for number in range(251):
            store.write([trace(f"{number}", at_s=NOW_S - 251 + number), *_ended(f"{number}")[1:]], "anchored")
        assert len(_kept(store)) <= 101
        assert _kept(store)[-1] == "250"
    with closing(_store(path, max_age_s=10.5)) as store:
        assert _kept(store) == [str(number) for number in range(241, 251)]


def test_several_processes_write_at_once(path: Path) -> None:
    """Several processes can write at once."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", WRITER, str(path)]
    running = [
        subprocess.Popen([*command, name], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for name in "abc"
    ]
    assert [process.communicate(timeout=60)[0].strip() for process in running] == ["", "", ""]
    with closing(_store(path)) as store:
        assert len(_kept(store)) == 120


@pytest.mark.parametrize("kind", ["garbage", "torn", "other table", "bad figures"])
def test_a_file_that_cannot_be_trusted_is_set_aside(path: Path, kind: str) -> None:
    """A file that cannot be trusted is set aside, and the trouble says where."""
    with closing(_store(path)) as store:
        store.write(_ended(*map(str, range(200))), "anchored")
    _spoil(path, kind)
    with closing(_store(path)) as store:
        assert store.examples("m", "anchored") == []
        assert not store.write(_ended("new"), "anchored")
        assert _kept(store) == ["new"]
        assert "traces.sqlite3.set-aside" in store.trouble
        assert "\n" not in store.trouble
        assert path.with_name("traces.sqlite3.set-aside").exists()
        assert store.forget() == 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def _altered(path: Path, *statements: str) -> None:
    """The file as another version of the package would have left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_earlier_version_is_migrated(path: Path) -> None:
    """An upgrade keeps what was learnt, and writes and forgets in the file as in its own."""
    with closing(_store(path)) as store:
        store.write(_ended("s1", "s2"), "anchored")
        store.forget()
        store.write(_ended("s3", "s4"), "anchored")
    _altered(path, "ALTER TABLE examples RENAME COLUMN drawn TO survived_5", "PRAGMA user_version = 1")
    for _ in range(2):
        with closing(_store(path)) as store:
            assert _kept(store) == ["s3", "s4"]
            assert store.trouble == ""
    with closing(_store(path)) as store:
        store.write([*_ended("s5"), Outcome(suggestion_id="s3", kind="rejected")], "anchored")
        assert _kept(store) == ["s3", "s4", "s5"]
        assert store.forget() == 3
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_row_that_todays_checks_refuse_is_left_behind(path: Path) -> None:
    """The other rows of an earlier version are kept."""
    with closing(_store(path)) as store:
        store.write(_ended("s1", "s2"), "anchored")
    _altered(
        path,
        "CREATE TABLE old AS SELECT * FROM examples",
        "UPDATE old SET confidence = 7 WHERE suggestion_id = 's1'",
        "DROP TABLE examples",
        "ALTER TABLE old RENAME TO examples",
        "PRAGMA user_version = 1",
    )
    with closing(_store(path)) as store:
        assert (_kept(store), store.trouble) == (["s2"], "")


def test_a_later_version_is_read_by_the_columns_that_it_shares(path: Path) -> None:
    """Going back to an earlier release loses nothing and changes nothing of the file's version."""
    with closing(_store(path)) as store:
        store.write(_ended("s1"), "anchored")
    _altered(path, "ALTER TABLE examples ADD COLUMN mood TEXT", "PRAGMA user_version = 7")
    with closing(_store(path)) as store:
        store.write(_ended("s2"), "anchored")
        assert (_kept(store), store.trouble) == (["s1", "s2"], "")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (7,)


def test_a_later_version_that_cannot_be_read_stays_where_it_is(path: Path) -> None:
    """The trouble names the next step; nothing is set aside or lost."""
    with closing(_store(path)) as store:
        store.write(_ended("s1"), "anchored")
    _altered(path, "ALTER TABLE examples RENAME COLUMN confidence TO surety", "PRAGMA user_version = 7")
    with closing(_store(path)) as store:
        store.write(_ended("s2"), "anchored")
        assert store.examples("m", "anchored") == []
        assert "update jupyter-mccom" in store.trouble
        with pytest.raises(TracesError):
            store.forget()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT suggestion_id FROM examples").fetchall() == [("s1",)]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def _spoil(path: Path, kind: str) -> None:
    if kind == "garbage":
        path.write_bytes(b"no database " * 1000)
    elif kind == "torn":
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    else:
        statement = {
            "other table": "ALTER TABLE examples ADD COLUMN more TEXT",
            "bad figures": "UPDATE examples SET confidence = 7 WHERE suggestion_id = '5'",
        }[kind]
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            connection.execute(statement)


def test_damage_while_it_is_open_is_set_aside_too(path: Path) -> None:
    """A file that is damaged while open is set aside too."""
    with closing(_store(path)) as store:
        store.write(_ended("s1"), "anchored")
        _spoil(path, "garbage")
        Path(f"{path}-wal").write_bytes(b"")
        store.write(_ended("s2"), "anchored")
        store.write(_ended("s3"), "anchored")
        assert "s3" in _kept(store)


def test_a_file_that_somebody_deletes_is_begun_anew(path: Path) -> None:
    """A deleted file is begun anew."""
    with closing(_store(path)) as store:
        store.write(_ended("s1"), "anchored")
        for file in path.parent.iterdir():
            file.unlink()
        store.write(_ended("s2"), "anchored")
        assert (_kept(store), store.trouble) == (["s2"], "")


def test_forgetting_while_another_has_it_open(path: Path) -> None:
    """Forgetting empties a store that another has open, which hears of it once."""
    with closing(_store(path)) as server, closing(_store(path)) as command:
        assert not server.write(_ended("s1", "s2"), "anchored")
        assert command.forget() == 2
        assert _kept(server) == []
        assert server.write([Outcome(suggestion_id="s1", kind="accepted")], "anchored")
        assert not server.write(_ended("s3"), "anchored")
        assert _kept(server) == ["s3"]
        server.forget()
        assert not server.write(_ended("s4"), "anchored")  # by itself, which it knows


def test_forgetting_by_another_before_the_first_write_is_heard(path: Path) -> None:
    """A store hears of forgetting that happened before its first write."""
    with closing(_store(path)) as earlier:
        earlier.write(_ended("s1"), "anchored")
    with closing(_store(path)) as server, closing(_store(path)) as command:
        assert _kept(server) == ["s1"]
        assert command.forget() == 1
        assert server.write(_ended("s2"), "anchored")


def test_an_unwritable_folder_is_said_and_fails_nothing(tmp_path: Path) -> None:
    """A folder that cannot be written is told as trouble, and nothing fails."""
    (tmp_path / "file").write_text("")
    with closing(_store(tmp_path / "file" / "traces.sqlite3")) as store:
        assert not store.write(_ended("s1"), "anchored")
        assert store.trouble


def test_trouble_stays_until_something_is_kept(tmp_path: Path) -> None:
    """Where the figures cannot be kept, reading and forgetting do not hide it: only a write that succeeds ends it."""
    place = tmp_path / "figures"
    place.write_text("")
    with closing(_store(place / "traces.sqlite3")) as store:
        store.write(_ended("s1"), "anchored")
        place.unlink()
        assert _kept(store) == []
        assert store.forget() == 0
        assert "traces are not kept" in store.trouble
        store.write(_ended("s2"), "anchored")
        assert (store.trouble, _kept(store)) == ("", ["s2"])


def test_forgetting_that_fails_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgetting that fails is an error, and nothing is deleted."""
    monkeypatch.setattr("jupyter_mccom.learning.schema._BUSY_S", 0.05)
    with closing(_store(path)) as store:
        store.write(_ended("s1"), "anchored")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(TracesError):
                store.forget()
        assert store.forget() == 1


def test_few_of_its_pages_are_in_memory(tmp_path: Path) -> None:
    """However many traces are kept, at most 256 KiB of the file are in memory: by itself SQLite would keep 2 MB."""
    create(tmp_path / "traces.sqlite3")
    with closing(opened(tmp_path / "traces.sqlite3")) as connection:
        assert connection.execute("PRAGMA cache_size").fetchone() == (-256,)
