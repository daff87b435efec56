"""Which files belong to a project, and that nothing outside it is ever read."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_mccom.errors import RetrievalError
from jupyter_mccom.retrieval.project import listing, read, root_of

links = pytest.mark.skipif(os.name != "posix", reason="symbolic links")


def _write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def _documents(root: Path, *, top: Path | None = None) -> set[str]:
    return set(listing(root, top=top).documents)


class TestRoot:
    def test_is_the_nearest_repository(self, tmp_path: Path) -> None:
        """The root is the nearest repository above the document."""
        for repository in (tmp_path / "a", tmp_path / "a/b"):
            (repository / ".git").mkdir(parents=True)
        assert root_of(tmp_path, "a/b/c/n.ipynb", "") == tmp_path / "a/b"
        assert root_of(tmp_path, "a/n.ipynb", "") == tmp_path / "a"

    def test_is_a_worktree_whose_git_is_a_file(self, tmp_path: Path) -> None:
        """A worktree, whose .git is a file, is a root."""
        _write(tmp_path, "a/.git", "a/b/n.py")
        assert root_of(tmp_path, "a/b/n.py", "") == tmp_path / "a"

    def test_without_a_repository_is_the_documents_folder(self, tmp_path: Path) -> None:
        """Without a repository the root is the document's folder."""
        assert root_of(tmp_path, "a/b/n.ipynb", "") == tmp_path / "a/b"
        assert root_of(tmp_path, "n.ipynb", "") == tmp_path

    def test_is_never_above_the_jupyter_root(self, tmp_path: Path) -> None:
        """The root is never above the Jupyter root."""
        (tmp_path / ".git").mkdir()
        assert root_of(tmp_path / "a", "b/n.ipynb", "") == tmp_path / "a/b"

    def test_is_the_jupyter_root_where_that_is_a_repository(self, tmp_path: Path) -> None:
        """A Jupyter root that is a repository is the root."""
        (tmp_path / ".git").mkdir()
        assert root_of(tmp_path, "a/n.ipynb", "") == tmp_path

    def test_is_what_the_person_set_for_the_documents_in_it(self, tmp_path: Path) -> None:
        """A root that a person set holds for the documents in it."""
        (tmp_path / "top/a/b/.git").mkdir(parents=True)
        for chosen in ("a", str(tmp_path / "top/a"), str(tmp_path)):
            assert root_of(tmp_path / "top", "a/b/n.ipynb", chosen) == (tmp_path / "top" / chosen)
        assert root_of(tmp_path / "top", "other/n.ipynb", "a") == tmp_path / "top/other"

    def test_that_is_set_to_no_folder_is_an_error(self, tmp_path: Path) -> None:
        """A root that is set to no folder is an error."""
        _write(tmp_path, "file.py")
        for chosen in ("nowhere", "file.py"):
            with pytest.raises(RetrievalError, match="project_root"):
                root_of(tmp_path, "n.ipynb", chosen)

    @pytest.mark.parametrize("document", ["../n.ipynb", "a/../../n.ipynb", "/etc/n.ipynb", ""])
    def test_of_a_document_outside_is_an_error(self, tmp_path: Path, document: str) -> None:
        """A document outside the Jupyter root is an error."""
        with pytest.raises(RetrievalError, match="outside"):
            root_of(tmp_path / "top", document, "")

    @links
    def test_of_a_document_behind_a_link_outside_is_an_error(self, tmp_path: Path) -> None:
        """A document in a folder that a link places outside is an error."""
        (tmp_path / "top").mkdir()
        (tmp_path / "top/link").symlink_to(tmp_path)
        with pytest.raises(RetrievalError, match="outside"):
            root_of(tmp_path / "top", "link/n.ipynb", "")

    def test_of_a_name_that_no_system_has_is_an_error(self, tmp_path: Path) -> None:
        """A document name that no system has is an error."""
        with pytest.raises(RetrievalError):
            root_of(tmp_path, "a\0/n.ipynb", "")


class TestListing:
    def test_holds_code_and_notebooks_with_their_stamps(self, tmp_path: Path) -> None:
        """A listing holds code files and notebooks with their stamps."""
        _write(tmp_path, "a.py", "b/c.R", "b/n.ipynb", "b/d.csv", "e.md", "f.min.js", "g.PY", "h", ".hidden.py")
        found = listing(tmp_path)
        assert set(found.documents) == {"a.py", "b/c.R", "b/n.ipynb", "g.PY"}
        status = (tmp_path / "a.py").stat()
        assert found.documents["a.py"] == (status.st_mtime_ns, status.st_size)
        assert found.trouble == ""

    def test_leaves_out_what_tools_fill(self, tmp_path: Path) -> None:
        """A listing leaves out folders that tools fill."""
        _write(tmp_path, "src/a.py", ".git/b.py", "node_modules/b.js", "c/__pycache__/b.py", ".tox/b.py", "build/b.py")
        _write(tmp_path, ".ipynb_checkpoints/b.ipynb", "x/site-packages/b.py", "dist/b.py", ".venv/b.py")
        _write(tmp_path, "any name/pyvenv.cfg", "any name/lib/b.py", "conda/conda-meta/history", "conda/b.py")
        assert _documents(tmp_path) == {"src/a.py"}

    def test_follows_gitignore_files_the_deeper_over_the_higher(self, tmp_path: Path) -> None:
        """A .gitignore counts, and a deeper one overrules a higher one."""
        _write(tmp_path, "a.py", "skip.py", "deep/skip.py", "deep/b.py", "deep/kept.py", "data/c.py", "deep/data/c.py")
        _write(tmp_path, ".gitignore", text="skip.py\n/data/\nkept.py\n")
        _write(tmp_path, "deep/.gitignore", text="/b.py\n!kept.py\n")
        assert _documents(tmp_path) == {"a.py", "deep/kept.py", "deep/data/c.py"}

    def test_follows_the_good_lines_of_a_broken_gitignore(self, tmp_path: Path) -> None:
        """The good lines of a broken .gitignore count."""
        _write(tmp_path, "a.py", "b.py")
        (tmp_path / ".gitignore").write_bytes(b"!\n\xff\xfe\n[z-a]\na.py\n")
        assert _documents(tmp_path) == {"b.py"}

    def test_follows_mccomignore_files_which_nothing_overrules(self, tmp_path: Path) -> None:
        """A .mccomignore counts, and nothing overrules it."""
        _write(tmp_path, "a.py", "private/b.py", "deep/c.py", "deep/d.py")
        _write(tmp_path, ".mccomignore", text="private/\nd.py\n")
        _write(tmp_path, ".gitignore", text="!private/\n")
        _write(tmp_path, "deep/.mccomignore", text="!d.py\n/c.py\n")
        assert _documents(tmp_path) == {"a.py"}

    def test_follows_the_mccomignore_files_above_the_project(self, tmp_path: Path) -> None:
        """A .mccomignore above the project counts."""
        _write(tmp_path, "group/repo/a.py", "group/repo/private/b.py", "group/repo/c.py")
        _write(tmp_path, ".mccomignore", text="group/repo/private/\n")
        _write(tmp_path, "group/.mccomignore", text="repo/c.py\n")
        assert _documents(tmp_path / "group/repo", top=tmp_path) == {"a.py"}
        assert _documents(tmp_path / "group/repo") == {"a.py", "private/b.py", "c.py"}

    @pytest.mark.parametrize("content", [b"!\n", b"[z-a]\n", b"\xff\xfe\xff"])
    def test_leaves_out_a_folder_with_a_broken_mccomignore(self, tmp_path: Path, content: bytes) -> None:
        """A folder with a broken .mccomignore is left out, and the listing says so."""
        _write(tmp_path, "a.py", "deep/b.py", "deep/below/c.py")
        (tmp_path / "deep/.mccomignore").write_bytes(content)
        found = listing(tmp_path)
        assert set(found.documents) == {"a.py"}
        assert "deep" in found.trouble
        assert found.stamp("deep/b.py") is None
        assert found.stale("deep/.mccomignore")
        above = listing(tmp_path / "deep/below", top=tmp_path)
        assert not above.documents
        assert ".mccomignore" in above.trouble

    @links
    def test_reads_only_a_mccomignore_linked_within_its_folder(self, tmp_path: Path) -> None:
        """A .mccomignore that is a link counts only when it leads within its folder."""
        _write(tmp_path, "in/a.py", "in/b.py", "out/a.py")
        _write(tmp_path, "in/rules", "rules", text="a.py\n")
        (tmp_path / "in/.mccomignore").symlink_to("rules")
        (tmp_path / "out/.mccomignore").symlink_to("../rules")
        assert _documents(tmp_path) == {"in/b.py"}

    @links
    def test_follows_no_link(self, tmp_path: Path) -> None:
        """A listing follows no link."""
        root = tmp_path / "root"
        _write(tmp_path, "root/a.py", "secret.py", "outside/b.py")
        (root / "all").symlink_to("/")
        (root / "loop").symlink_to(root)
        (root / "outside").symlink_to("../outside")
        (root / "b.py").symlink_to("../secret.py")
        (root / "c.py").symlink_to("c.py")
        (root / "d.py").symlink_to("nowhere")
        found = listing(root)
        assert set(found.documents) == {"a.py"}
        assert set(found.folders) == {""}

    @links
    def test_leaves_out_what_is_no_ordinary_file(self, tmp_path: Path) -> None:
        """A listing leaves out what is no ordinary file."""
        os.mkfifo(tmp_path / "pipe.py")
        os.mkfifo(tmp_path / ".gitignore")
        _write(tmp_path, "folder.py/a.py")
        assert _documents(tmp_path) == {"folder.py/a.py"}

    def test_leaves_out_empty_and_large_files(self, tmp_path: Path) -> None:
        """A listing leaves out empty and large files."""
        _write(tmp_path, "empty.py", text="")
        for name in ("large.py", "large.ipynb", "fits.ipynb"):
            with (tmp_path / name).open("wb") as file:
                file.truncate(2 << 20 if name.startswith("fits") else 100 << 20)
        assert _documents(tmp_path) == {"fits.ipynb"}

    def test_takes_names_as_they_are_but_none_that_is_no_text(self, tmp_path: Path) -> None:
        """File names are taken as they are, but none that is no text."""
        names = {"two\nlines.py", "🙂 ü.py", "q'\"u.py", "a b/c.py"}
        _write(tmp_path, *names)
        with open(os.fsencode(tmp_path) + b"/\xff.py", "wb") as file:
            file.write(b"x = 1\n")
        assert _documents(tmp_path) == names

    def test_ends_at_the_limit_with_the_near_files_and_says_so(self, tmp_path: Path) -> None:
        """A listing ends at its limit of files, nearest first, and says so."""
        _write(tmp_path, *(f"deep/below/f{n}.py" for n in range(250)), *(f"near{n}.py" for n in range(50)))
        found = listing(tmp_path, max_files=100)
        assert len(found.documents) == 100
        assert sum(name.startswith("near") for name in found.documents) == 50
        assert "100" in found.trouble

    def test_ends_at_as_many_folders(self, tmp_path: Path) -> None:
        """A listing ends at its limit of folders and says so."""
        for n in range(30):
            (tmp_path / f"d{n}").mkdir()
        found = listing(tmp_path, max_files=10)
        assert len(found.folders) == 10
        assert "first 10" in found.trouble

    def test_of_a_folder_that_is_gone_is_empty(self, tmp_path: Path) -> None:
        """The listing of a folder that is gone is empty."""
        found = listing(tmp_path / "gone")
        assert (found.folders, found.documents) == ({}, {})


class TestChange:
    def test_of_a_file_of_the_project_gives_its_stamp(self, tmp_path: Path) -> None:
        """A changed file has a stamp as long as it belongs to the project."""
        _write(tmp_path, "a/b.py", "a/skip.py", "node_modules/c.js")
        _write(tmp_path, ".gitignore", text="skip.py\n")
        found = listing(tmp_path)
        _write(tmp_path, "a/new.py", "a/note.txt", "unknown/d.py")
        assert found.stamp("a/new.py") == (os.stat(tmp_path / "a/new.py").st_mtime_ns, 6)
        (tmp_path / "a/b.py").unlink()
        for path in ("a/b.py", "a/skip.py", "a/note.txt", "node_modules/c.js", "unknown/d.py", "a", ""):
            assert found.stamp(path) is None, path

    def test_of_rules_or_folders_asks_for_another_walk(self, tmp_path: Path) -> None:
        """A change of rules or folders asks for a new listing."""
        _write(tmp_path, "a/b.py", "gone/c.py", "skip/.gitignore", "kept/d.py")
        _write(tmp_path, ".gitignore", text="skip*\n")
        found = listing(tmp_path)
        _write(tmp_path, "new/e.py", "skip2/e.py", ".hidden/e.py", "node_modules/e.js", "a/b.py")
        (tmp_path / "gone/c.py").unlink()
        (tmp_path / "gone").rmdir()
        asked = ("new", "gone", "a/.gitignore", ".mccomignore", "a/pyvenv.cfg")
        assert [path for path in asked if not found.stale(path)] == []
        rest = ("kept", "skip", "skip2", ".hidden", "node_modules", "a/b.py", "skip/.gitignore", "kept/d.py", "a/x.txt")
        assert [path for path in rest if found.stale(path)] == []

    @links
    def test_of_a_link_to_a_folder_asks_for_nothing(self, tmp_path: Path) -> None:
        """A new link to a folder asks for no new listing."""
        found = listing(tmp_path)
        (tmp_path / "link").symlink_to("/")
        assert not found.stale("link")


class TestRead:
    def test_gives_the_text_and_the_stamp(self, tmp_path: Path) -> None:
        """Reading gives the stamp and the text without its byte order mark."""
        (tmp_path / "a").mkdir()
        (tmp_path / "a/b.py").write_bytes("\ufeffx = 'ü'\n".encode())
        status = (tmp_path / "a/b.py").stat()
        assert read(tmp_path, "a/b.py") == ((status.st_mtime_ns, status.st_size), "x = 'ü'\n")

    @pytest.mark.parametrize("content", ["x = 'ü'".encode("latin-1"), "x = 1".encode("utf-16"), b"x = 1\n\0\0"])
    def test_gives_no_text_for_what_is_not_utf_8(self, tmp_path: Path, content: bytes) -> None:
        """A file that is not UTF-8 gives no text."""
        (tmp_path / "a.py").write_bytes(content)
        assert read(tmp_path, "a.py")[1] == ""

    def test_gives_no_text_for_a_file_that_grew_too_large(self, tmp_path: Path) -> None:
        """A file that grew too large gives no text."""
        with (tmp_path / "a.py").open("wb") as file:
            file.truncate(100 << 20)
        assert read(tmp_path, "a.py")[1] == ""

    def test_of_a_deleted_file_is_an_oserror(self, tmp_path: Path) -> None:
        """A file that was deleted since it was listed is an OSError."""
        _write(tmp_path, "a.py")
        (document,) = listing(tmp_path).documents
        (tmp_path / document).unlink()
        with pytest.raises(FileNotFoundError):
            read(tmp_path, document)

    @links
    def test_of_what_became_a_link_since_it_was_listed_is_an_oserror(self, tmp_path: Path) -> None:
        """A file that became a link since it was listed is an OSError."""
        root = tmp_path / "root"
        _write(tmp_path, "root/a.py", "root/b/c.py", "secret.py", "elsewhere/c.py")
        documents = listing(root).documents
        (root / "a.py").unlink()
        (root / "a.py").symlink_to("../secret.py")
        (root / "b").rename(tmp_path / "away")
        (root / "b").symlink_to("../elsewhere")
        for document in documents:
            with pytest.raises(OSError, match=r"symbolic|directory"):
                read(root, document)

    @links
    def test_of_a_pipe_or_a_folder_is_an_oserror_at_once(self, tmp_path: Path) -> None:
        """A pipe or a folder is an OSError at once, and no file stays open."""
        os.mkfifo(tmp_path / "pipe.py")
        (tmp_path / "folder.py").mkdir()
        before = len(os.listdir("/dev/fd"))
        for name in ("pipe.py", "folder.py"):
            with pytest.raises(OSError, match=re.escape(name)):
                read(tmp_path, name)
        assert len(os.listdir("/dev/fd")) == before


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder of the user that the test runs as, who is not root."""
    if not hasattr(os, "seteuid"):
        pytest.skip("users")
    with tempfile.TemporaryDirectory() as name:
        mine = os.geteuid()
        if mine == 0:
            os.chown(name, 65534, -1)
            os.seteuid(65534)
        yield Path(name).resolve()
        os.seteuid(mine)


def test_what_may_not_be_read_is_left_out(as_nobody: Path) -> None:
    """Files and folders that may not be read are left out, and reading them is an error."""
    _write(as_nobody, "a.py", "closed.py", "closed/b.py", "ruled/c.py")
    _write(as_nobody, "ruled/.mccomignore", text="x\n")
    os.chmod(as_nobody / "ruled/.mccomignore", 0)
    os.chmod(as_nobody / "closed.py", 0)
    os.chmod(as_nobody / "closed", 0)
    try:
        found = listing(as_nobody)
        assert set(found.documents) == {"a.py", "closed.py"}
        assert ".mccomignore" in found.trouble
        with pytest.raises(PermissionError):
            read(as_nobody, "closed.py")
    finally:
        os.chmod(as_nobody / "closed", 0o700)
