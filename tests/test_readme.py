"""The README says what is so: what is printed there is printed, its settings exist, its links lead somewhere."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.remote.dialects import DIALECTS
from jupyter_mccom.magics.verbs import Verbs
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BASH = shutil.which("bash") or "/bin/bash"
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    """Code of each block of that language, in order."""
    found = [(indent, code) for indent, name, code in _BLOCK.findall(README) if name == language]
    return ["\n".join(line.removeprefix(indent) for line in code.splitlines()) for indent, code in found]


def _rows(heading: str, pattern: str) -> list[str]:
    """What `pattern` finds in the section of that heading."""
    _, _, rest = README.partition(f"\n## {heading}\n")
    return re.findall(pattern, rest.partition("\n## ")[0], re.MULTILINE)


def test_each_section_stands_there_once() -> None:
    headings = re.findall(r"^## .*", README, re.MULTILINE)
    assert sorted(headings) == sorted(set(headings))


def test_every_block_is_of_a_language_that_is_tested() -> None:
    languages = {name for _, name, _ in _BLOCK.findall(README)}
    assert languages == {"sh", "console", "python", "ipython"}
    assert README.count("```") == 2 * (len(_BLOCK.findall(README)) + 1), "only the tree has no language"


@pytest.mark.parametrize("block", blocks("python"))
def test_settings_in_python_exist_and_open_a_cascade(block: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config()
    exec(block, {"c": config})  # noqa: S102 - our own text
    assert set(config.MCCom) <= set(MCCom.class_trait_names(config=True))

    async def opened() -> str:
        found = open_cascade(MCCom(config=config))
        await found.aclose()
        return found.settings.cloud_dialect

    if not config.MCCom.get("model", "").startswith("/"):
        assert asyncio.run(opened()) == config.MCCom.get("cloud_dialect", "")


def test_every_dialect_has_its_set_up() -> None:
    assert DIALECTS.keys() - set(re.findall(r'cloud_dialect = "([\w-]+)"', README)) == {"llama-server-ngram-mod"}
    assert "dialect `llama-server-ngram-mod`" in README


@pytest.mark.parametrize("block", blocks("console"))
def test_what_can_be_run_prints_what_stands_below_it(block: str, models: Store, tmp_path: Path) -> None:
    binaries = tmp_path / "bin"
    binaries.mkdir()
    command = f'#!/bin/sh\nshift\nexec {shlex.quote(sys.executable)} -m jupyter_mccom "$@"\n'
    (binaries / "jupyter").write_text(command)
    (binaries / "jupyter").chmod(0o755)
    path = {**os.environ, "PATH": f"{binaries}:{os.environ['PATH']}"}
    commands = "\n".join(line[2:] for line in block.splitlines() if line.startswith("$ "))
    printed = "".join(f"{line}\n" for line in block.splitlines() if not line.startswith("$ "))
    done = subprocess.run([BASH, "-c", commands], capture_output=True, text=True, check=True, cwd=tmp_path, env=path)
    assert done.stdout == printed


def test_its_magics_are_those_that_exist() -> None:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))  # type: ignore[no-untyped-call]
    verbs = set(Verbs(shell).verbs)
    assert set(re.findall(r"%mccom (\w+)", "\n".join(_rows("`%mccom`", r"^\| (`.+?) \|")))) == verbs
    assert {line.split()[1] for block in blocks("ipython") for line in block.splitlines() if "%mccom" in line} <= verbs


def test_its_links_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert [link for link in re.findall(r"\]\(#([\w-]+)\)", README) if link not in anchors] == []
    assert [path for path in re.findall(r"\]\(([\w/.-]+)\)", README) if not (ROOT / path).exists()] == []


def test_every_ask_of_users_has_its_answer() -> None:
    numbers = ", ".join(_rows("What people ask for", r"^\| ([\d, ]+) \|")).split(", ")
    assert numbers == [str(number) for number in range(1, 28)]
