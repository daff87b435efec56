"""What the index holds: files as they are now, none that is ignored or cannot be read, and what was kept of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from jupyter_mccom.retrieval import worker
from jupyter_mccom.retrieval.project import MAX_FILES, Listing, listing, read
from jupyter_mccom.retrieval.worker import Message, Project
from tests.trees import PATIENCE_S, eventually, function, open_tree, ready, small_project, sources, until, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return small_project(tmp_path)


async def test_bad_files_are_left_out_and_harm_nobody(root: Path) -> None:
    """Broken, binary and huge files are left out and harm no other."""
    write(
        root, {"broken.ipynb": "{", "list.ipynb": "[]", "syntax.py": "def load_prices(:\n", "deep.ipynb": "[" * 10**6}
    )
    write(root, {"two\nlines.py": function("among_lines"), "🙂.py": function("smiling_face")})
    (root / "latin.py").write_bytes(function("latin_ü").encode("latin-1"))
    (root / "binary.py").write_bytes(b"load_prices\0" * 100)
    with (root / "huge.py").open("wb") as file:
        file.truncate(100 << 20)
    (root / "dangling.py").symlink_to("nowhere")
    (root / "loop").symlink_to(root)
    (root / "all").symlink_to("/")
    async with open_tree(root) as tree:
        status = await ready(tree)
        assert status.state == "ready"
        assert await sources(tree, "load_prices") == ["syntax.py", "prices.py"]
        assert await sources(tree, "among_lines") == ["two\nlines.py"]
        assert await sources(tree, "smiling_face") == ["🙂.py"]
        assert await sources(tree, "latin") == []


async def test_ignored_files_are_never_found(root: Path) -> None:
    """Ignored files are never found, whenever the rules change."""
    names = ("git_ignored.py", "private.py", "node_modules/module.py", "later.py")
    write(root, {name: function("secret_word") for name in names})
    write(root, {".gitignore": "git_ignored.py\n", ".mccomignore": "private.py\n"})
    async with open_tree(root) as tree:
        await ready(tree)
        assert await sources(tree, "secret_word") == ["later.py"]
        write(root, {".mccomignore": "private.py\nlater.py\n"})
        assert await until(tree, "secret_word", []) == []


async def test_what_was_ignored_since_it_was_kept_is_never_found(root: Path) -> None:
    """A file that was ignored since the index was kept is never found."""
    async with open_tree(root) as tree:
        await ready(tree)
        assert await sources(tree, "load_prices") == ["prices.py"]
    write(root, {".mccomignore": "prices.py\n"})
    async with open_tree(root) as tree:
        found = []
        while tree.status.state != "ready":
            found += await sources(tree, "load_prices")
        assert found == []


async def test_changes_are_followed(root: Path) -> None:
    """Changed, new and deleted files are followed."""
    async with open_tree(root) as tree:
        await ready(tree)
        write(root, {"prices.py": function("pay_wages")})
        assert await until(tree, "pay_wages", ["prices.py"]) == ["prices.py"]
        assert await sources(tree, "load_prices") == []
        write(root, {"new/deep/file.py": function("fresh_folder")})
        assert await until(tree, "fresh_folder", ["new/deep/file.py"]) == ["new/deep/file.py"]
        write(root, {"new/deep/file.py": function("fresher_folder")})
        assert await until(tree, "fresher_folder", ["new/deep/file.py"]) == ["new/deep/file.py"]
        (root / "new").rename(root / "moved")
        assert await until(tree, "fresher_folder", ["moved/deep/file.py"]) == ["moved/deep/file.py"]
        (root / "prices.py").unlink()
        assert await until(tree, "pay_wages", []) == []
        (root / "saved").write_text(function("saved_in_place"))
        (root / "saved").rename(root / "filler0.py")
        assert await until(tree, "saved_in_place", ["filler0.py"]) == ["filler0.py"]


async def test_what_was_kept_is_taken_up_with_the_changes_since(root: Path) -> None:
    """A kept index is taken up with the changes since."""
    async with open_tree(root) as tree:
        await ready(tree)
    (kept,) = (root.parent / "cache").iterdir()
    before = kept.stat()
    write(root, {"prices.py": function("pay_wages")})
    (root / "n.ipynb").unlink()
    async with open_tree(root) as tree:
        status = await ready(tree)
        assert status.n_documents == 6
        assert await sources(tree, "pay_wages") == ["prices.py"]
        assert await sources(tree, "load_prices") == []
        assert await sources(tree, "clean_weather") == []
        assert await sources(tree, "unrelated_3") != []
    assert kept.stat().st_mtime_ns > before.st_mtime_ns
    assert kept.stat().st_mode & 0o077 == 0


async def test_a_damaged_index_is_made_again(root: Path) -> None:
    """An index that is damaged or cannot be kept is made again."""
    async with open_tree(root) as tree:
        await ready(tree)
    (kept,) = (root.parent / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:-10])
    async with open_tree(root) as tree:
        await ready(tree)
        assert await sources(tree, "load_prices") == ["prices.py"]
    kept.unlink()
    kept.parent.rmdir()
    kept.parent.write_text("no folder")
    async with open_tree(root) as tree:
        await ready(tree)
        assert await sources(tree, "load_prices") == ["prices.py"]
        await eventually(lambda: bool(tree.status.detail))
        assert tree.status.detail


def _until_told(told: list[Message], state: str, n_documents: int) -> bool:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        if any((said["state"], said["n_documents"]) == (state, n_documents) for said in told):
            return True
        time.sleep(0.02)
    return False


def test_without_a_watch_changes_are_found_by_walks(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without file watching, changes are found by walking the tree."""

    def no_watch(found: Listing, stop: Event) -> Iterator[set[str]]:
        raise OSError("OS file watch limit reached")

    monkeypatch.setattr(worker, "_changes", no_watch)
    monkeypatch.setattr(worker, "RESCAN_S", 0.05)
    told: list[Message] = []
    project = Project(root, root, root.parent / "kept.index", told.append)
    assert _until_told(told, "ready", 7)
    write(root, {"new.py": function("new_word")})
    assert _until_told(told, "ready", 8)
    assert "watch limit" in told[-1]["detail"]
    project.close(PATIENCE_S)


def test_of_too_many_files_the_first_are_searched(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project of more than 20,000 files has the first of them searched, and the status says so; here it is 20."""
    assert MAX_FILES == 20_000
    monkeypatch.setattr(worker, "listing", partial(listing, max_files=20))
    for folder in range(3):
        write(root, {f"f{folder}/m{number}.py": "value = 1\n" for number in range(10)})
    told: list[Message] = []
    project = Project(root, root, root.parent / "kept.index", told.append)
    assert _until_told(told, "ready", 20)
    assert "the first 20 files" in told[-1]["detail"]
    assert "project_root" in told[-1]["detail"]
    (found,) = project.search(["load_prices"], 5, "")
    assert [chunk[0] for chunk, *_ in found] == ["prices.py"]
    project.close(PATIENCE_S)


def test_a_file_that_is_deleted_after_it_was_listed_is_left_out(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is deleted after it was listed is left out."""

    def read_late(root: Path, document: str) -> tuple[tuple[int, int], str]:
        (root / "prices.py").unlink(missing_ok=True)
        return read(root, document)

    monkeypatch.setattr(worker, "read", read_late)
    told: list[Message] = []
    project = Project(root, root, root.parent / "kept.index", told.append)
    assert _until_told(told, "ready", 6)
    assert project.search(["load_prices"], 5, "") == [[]]
    project.close(PATIENCE_S)
