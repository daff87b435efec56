"""The README of cascade/ names what exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import jupyter_mccom

FOLDER = Path(jupyter_mccom.__file__).parent / "cascade"
README = (FOLDER / "README.md").read_text()


@cache
def _defined() -> set[str]:
    """Functions, classes and methods of the package, methods as `Class.name`."""
    found = set()
    for path in FOLDER.parent.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(node.name)
            if isinstance(node, ast.ClassDef):
                functions = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
                found |= {f"{node.name}.{one.name}" for one in functions}
    return found


def test_one_completion_is_drawn_with_real_functions() -> None:
    """Ten lines, each of which begins with a function of the package and ends with its file."""
    lines = README.split("```")[1].strip().splitlines()
    names = [line.split()[0] for line in lines]
    assert len(lines) == 10
    assert set(names) <= _defined()
    for name, line in zip(names, lines, strict=True):
        assert f"def {name.rpartition('.')[2]}(" in (FOLDER / line.split()[-1]).read_text(), line


def test_names_in_the_text_exist() -> None:
    """Each file and each function in the README is there."""
    text = README.replace(README.split("```")[1], "")
    named = re.findall(r"`([^`\s]+)`", text)
    files = {name for name in named if name.endswith((".py", "/"))}
    assert [name for name in sorted(files) if not (FOLDER / name).exists()] == []
    functions = {name for name in named if re.fullmatch(r"[A-Z]\w+(\.\w+)?", name)}
    assert functions - _defined() == set()
