"""What a contributor is told is so: files that exist, commands that CI runs too."""

from __future__ import annotations

import re

from tests.package_content import ROOT

GITHUB = ROOT / ".github"
CONTRIBUTING = (GITHUB / "CONTRIBUTING.md").read_text(encoding="utf-8")
WORKFLOWS = "".join(path.read_text(encoding="utf-8") for path in sorted((GITHUB / "workflows").glob("*.yml")))


def test_named_files_exist() -> None:
    """Every path that CONTRIBUTING.md names is a file of this checkout."""
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.\w+)`", CONTRIBUTING))
    assert len(named) > 10
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []


def test_commands_are_those_of_ci() -> None:
    """The fast lane and the checks before a commit are written as CI runs them."""
    fast = 'pytest -m "not model and not browser"'
    for command in (fast, "ruff check jupyter_mccom tests", "mypy jupyter_mccom tests", "jlpm check"):
        assert command in CONTRIBUTING
        assert command in WORKFLOWS
