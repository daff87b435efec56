"""`.mccomignore`: gitignore syntax, read again when changed, refused when broken or outside the project."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from pathlib import Path

import anyio
import pytest

from jupyter_mccom.errors import RetrievalError
from jupyter_mccom.mccomignore import NAME
from jupyter_mccom.privacy.ignore import Ignored


def test_without_a_file_nothing_is_ignored(tmp_path: Path) -> None:
    """Without a .mccomignore nothing is ignored."""
    assert not Ignored(tmp_path).covers("a.ipynb")


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_to_what_is_ignored(tmp_path: Path) -> None:
    """A document that is opened through a link stays where its own path is named, and where the link's is."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.ipynb").touch()
    (tmp_path / "link").symlink_to(tmp_path / "secret", target_is_directory=True)
    for pattern in ("secret/", "link"):
        (tmp_path / NAME).write_text(pattern, encoding="utf-8")
        assert Ignored(tmp_path).covers("link/a.ipynb")


class _Away(Ignored):
    """Patterns on a disk that is away until `back`."""

    back = threading.Event()
    n_read = 0

    def covers(self, document: str) -> bool:
        self.n_read += 1
        self.back.wait()
        return super().covers(document)


async def test_a_disk_that_is_away_takes_one_thread(tmp_path: Path) -> None:
    """Who asks again and again while a disk is away waits for the one thread that reads there."""
    ignored = _Away(tmp_path)
    try:
        for _ in range(3):
            with pytest.raises(TimeoutError), anyio.fail_after(0.01):
                await ignored.keeps("a.ipynb")
        asked = [asyncio.ensure_future(ignored.keeps("a.ipynb")) for _ in range(2)]
        await asyncio.sleep(0)
    finally:
        ignored.back.set()
    assert await asyncio.gather(*asked) == [False, False]
    assert ignored.n_read == 1
    assert not await ignored.keeps("a.ipynb")
    assert ignored.n_read == 2


@pytest.mark.parametrize(
    ("document", "covered"),
    [
        ("secret/a.ipynb", True),
        ("deep/secret/b.py", True),
        ("top.py", True),
        ("deep/top.py", False),
        ("x.key.ipynb", True),
        ("open.key.ipynb", False),
        ("a.ipynb", False),
        ("mit leerzeichen/ä.ipynb", True),
    ],
)
def test_patterns_are_those_of_gitignore(tmp_path: Path, document: str, covered: bool) -> None:
    """Patterns mean what they mean in a .gitignore."""
    text = "# comment\n\nsecret/\n/top.py\n*.key.ipynb\n!open.key.ipynb\nmit leerzeichen/ä*\n"
    (tmp_path / NAME).write_text(text, encoding="utf-8")
    assert Ignored(tmp_path).covers(document) is covered


def test_every_folder_on_the_way_may_have_one(tmp_path: Path) -> None:
    """The .mccomignore of each folder on the way to a document counts."""
    (tmp_path / "project" / "deep").mkdir(parents=True)
    (tmp_path / "project" / NAME).write_text("/deep/a.py\n")
    ignored = Ignored(tmp_path)
    assert ignored.covers("project/deep/a.py")
    assert not ignored.covers("deep/a.py")
    assert not ignored.covers("project/a.py")
    (tmp_path / "project" / "deep" / NAME).write_text("b.py\n")
    assert ignored.covers("project/deep/b.py")


def test_what_is_outside_the_root_is_kept_out(tmp_path: Path) -> None:
    """A document outside the root is kept out."""
    assert Ignored(tmp_path).covers("../a.py")


def test_the_file_is_read_again_when_it_changed_or_went(tmp_path: Path) -> None:
    """A changed or deleted .mccomignore is noticed."""
    ignored = Ignored(tmp_path)
    path = tmp_path / NAME
    path.write_text("a.py\n")
    assert ignored.covers("a.py")
    path.write_text("b.py\n")
    os.utime(path, ns=(1, 1))
    assert not ignored.covers("a.py")
    assert ignored.covers("b.py")
    path.unlink()
    assert not ignored.covers("b.py")


@pytest.mark.parametrize("content", [b"ok.py\n!\n", b"[z-a]\n", b"\xff\xfe\xff"])
def test_a_broken_file_is_an_error_until_it_is_mended(tmp_path: Path, content: bytes) -> None:
    """A broken .mccomignore is an error each time until it is mended."""
    ignored = Ignored(tmp_path)
    (tmp_path / NAME).write_bytes(content)
    for _ in range(2):
        with pytest.raises(RetrievalError, match=re.escape(NAME)):
            ignored.covers("a.py")
    (tmp_path / NAME).write_text("a.py\n")
    assert ignored.covers("a.py")


def test_a_folder_of_that_name_is_an_error(tmp_path: Path) -> None:
    """A folder named .mccomignore is an error."""
    (tmp_path / NAME).mkdir()
    with pytest.raises(RetrievalError, match=re.escape(NAME)):
        Ignored(tmp_path).covers("a.py")


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
@pytest.mark.parametrize(("target", "message"), [("../outside", "points outside"), ("../nowhere", "delete")])
def test_a_link_out_of_the_project_is_refused(tmp_path: Path, target: str, message: str) -> None:
    """A .mccomignore that links out of the project, or nowhere, is refused."""
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "outside").write_text("a.py\n")
    (root / NAME).symlink_to(target)
    with pytest.raises(RetrievalError, match=message):
        Ignored(root).covers("a.py")


@pytest.mark.skipif(os.name != "posix", reason="symbolic links")
def test_a_link_within_the_project_and_a_linked_project_work(tmp_path: Path) -> None:
    """A link within the project and a project behind a link both work."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "rules").write_text("a.py\n")
    (root / NAME).symlink_to("rules")
    (tmp_path / "link").symlink_to(root)
    assert Ignored(tmp_path / "link").covers("a.py")
