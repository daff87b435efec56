"""The README of the page is true: its files and functions exist, and no file is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "labextension"
README = (PAGE / "README.md").read_text(encoding="utf-8")
SOURCES = {path: path.read_text(encoding="utf-8") for path in sorted((PAGE / "src").rglob("*.ts*"))}


def _exists(owner: str, name: str) -> bool:
    """A function of that name is exported, or the class of its owner has such a method."""
    if not owner:
        return any(
            re.search(rf"^export (async )?function\*? {name}\b", text, re.MULTILINE) for text in SOURCES.values()
        )
    classes = [re.split(rf"^export class {owner}\b", text, flags=re.MULTILINE) for text in SOURCES.values()]
    bodies = [parts[1].partition("\n}\n")[0] for parts in classes if len(parts) == 2]
    return any(re.search(rf"^  (private |async |\*)*{name}(<\w+>)?\(", body, re.MULTILINE) for body in bodies)


def test_each_function_of_one_completion_exists() -> None:
    """Ten steps draw one completion, and each function that they name is in the source."""
    section = README.partition("\n## One completion\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(?:(\w+)\.)?(\w+)\(\)`", section)
    assert len(named) >= 20
    assert re.findall(r"^(\d+)\. ", section, re.MULTILINE) == [str(step) for step in range(1, 11)]
    assert [f"{owner}.{name}" for owner, name in named if not _exists(owner, name)] == []


def test_each_file_of_the_page_is_described() -> None:
    """The table has a row for each folder, and each file is named in its folder's row."""
    rows = dict(re.findall(r"^\| (?:`(\w+)/`|\(beside them\)) \| (.*) \|$", README, re.MULTILINE))
    folders = {path: "" if path.parent == PAGE / "src" else path.parent.name for path in SOURCES}
    assert set(rows) == set(folders.values())
    assert [str(path) for path, folder in folders.items() if f"`{path.name}`" not in rows[folder]] == []


def test_each_script_that_is_named_exists() -> None:
    """Each `jlpm NAME` is a script of package.json or a program that it installs."""
    package = json.loads((PAGE / "package.json").read_text(encoding="utf-8"))
    known = {*package["scripts"], *package["devDependencies"], "install"}
    assert set(re.findall(r"jlpm ([\w:]+)", README)) <= known


def test_it_is_short() -> None:
    """At most 120 lines."""
    assert len(README.splitlines()) <= 120
