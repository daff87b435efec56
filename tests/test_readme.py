"""The READMEs state facts: what they name exists, their code runs, their links lead somewhere."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.remote.providers.table import PROVIDERS
from jupyter_mccom.magics.verbs import Verbs
from jupyter_mccom.models.catalog import ids
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
SERVER = ROOT / "jupyter_mccom" / "server" / "README.md"
EVALUATION = ROOT / "jupyter_mccom" / "evaluation" / "README.md"
PAGES = [README, *sorted((ROOT / "jupyter_mccom").glob("*/README.md")), *sorted(ROOT.glob("[lt]*/README.md"))]
"""All of them: the first page and those of the folders."""
HISTORY = {EVALUATION}
"""Pages that name commands of earlier commits."""
TRAITS = MCCom.class_trait_names(config=True)
BASH = shutil.which("bash") or "/bin/bash"
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"jupyter mccom ([a-z]+)((?: [^\s`|&]+)*)")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, language: str) -> list[str]:
    """Code of each block of that language, in order."""
    found = [(indent, code) for indent, name, code in _BLOCK.findall(text_of(page)) if name == language]
    return ["\n".join(line.removeprefix(indent) for line in code.splitlines()) for indent, code in found]


@cache
def text_of(page: Path) -> str:
    """What the page says."""
    return page.read_text(encoding="utf-8")


@cache
def _help(verb: str) -> str:
    """What the command line says of a verb; fails for one that does not exist."""
    command = [sys.executable, "-m", "jupyter_mccom", verb, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_first_page_is_short() -> None:
    """A reader gets through README.md: it has at most 250 lines."""
    assert len(text_of(README).splitlines()) <= 250


@every_page
def test_settings_exist(page: Path) -> None:
    """A setting that a page names as `MCCom.name` exists."""
    assert set(re.findall(r"\bMCCom\.([a-z]\w*)", text_of(page))) - {"name"} <= set(TRAITS)


def test_rows_of_settings_are_the_traits() -> None:
    """A row about a setting on the first page names one that exists, with its default."""
    section = text_of(README).partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^|`]*)` \|", section, re.MULTILINE))
    assert rows == {name: str(MCCom.class_traits()[name].default()) for name in rows}


@pytest.mark.parametrize("page", [page for page in PAGES if page not in HISTORY], ids=lambda page: page.parent.name)
def test_commands_exist(page: Path) -> None:
    """A command `jupyter mccom VERB --option` that a page names exists, and so do the options and suites."""
    unknown = []
    for verb, rest in _COMMAND.findall(text_of(page)):
        for option in re.findall(r"--[a-z][\w-]*", rest) if verb != "demo" else []:
            unknown += [] if option in _help(verb) else [f"{verb} {option}"]
        assert _help(verb)
    suites = set(re.findall(r"--suite ([a-z]+)", text_of(page)))
    unknown += [suite for suite in suites if suite not in _help("bench")]
    assert unknown == []


def test_models_are_the_catalogue() -> None:
    """The table of models lists the catalogue; those for MLX are named by their ending."""
    listed = set(re.findall(r"^\| `([\w.-]+)` \| [\d.]+ [MG]B \|", text_of(README), re.MULTILINE))
    assert listed == {name.removesuffix("-mlx") for name in ids()}


def test_dialects_have_a_set_up() -> None:
    """Every dialect of a cloud is named on the first page and set up on the server's."""
    assert [name for name in PROVIDERS if f"`{name}`" not in text_of(README)] == []
    assert [
        name for name in PROVIDERS if f'"{name}"' not in text_of(SERVER) and f"`{name}`" not in text_of(SERVER)
    ] == []


def _settings_blocks() -> list[str]:
    return [block for page in PAGES for block in blocks(page, "python") if "c.MCCom." in block]


@pytest.mark.parametrize("block", _settings_blocks())
def test_settings_open_a_cascade(block: str) -> None:
    """Settings that a page shows are accepted, and a cascade opens with them."""
    config = Config()
    exec(block, {"c": config})  # noqa: S102 - our own text
    assert set(config.MCCom) <= set(TRAITS)

    async def opened() -> str:
        found = open_cascade(MCCom(config=config))
        await found.aclose()
        return found.settings.cloud_dialect

    assert asyncio.run(opened()) == config.MCCom.get("cloud_dialect", "")


def test_messages_are_the_golden_ones() -> None:
    """The wire protocol is shown with messages that the tests of both languages read."""
    golden = [json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "tests" / "wire").glob("*.json")]
    shown = [json.loads(block) for block in blocks(SERVER, "json")]
    assert [message for message in shown if message not in golden] == []


def test_routes_are_all_described() -> None:
    """The server's page has a heading for each route that the server opens."""
    files = (ROOT / "jupyter_mccom" / "server").glob("*routes.py")
    source = "".join(path.read_text(encoding="utf-8") for path in files)
    routes = set(re.findall(r'\(r"(/mccom/\w+)"', source))
    headings = re.findall(r"^### (.+)$", text_of(SERVER), re.MULTILINE)
    assert {route for heading in headings for route in re.findall(r"/mccom/\w+", heading)} == routes


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page, "console")])
def test_output_is_printed(block: str, models: Store, tmp_path: Path) -> None:
    """A console block prints what stands below its commands."""
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


def test_magics_are_those_that_exist() -> None:
    """The table of `%mccom` lists every verb, and no page shows another one."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))  # type: ignore[no-untyped-call]
    verbs = set(Verbs(shell).verbs)
    rows = re.findall(r"^\| (`%mccom.+?) \|", text_of(README), re.MULTILINE)
    assert set(re.findall(r"%mccom (\w+)", "\n".join(rows))) == verbs
    assert {verb for page in PAGES for verb in re.findall(r"`%mccom (\w+)", text_of(page))} <= verbs


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a heading or a file finds it."""
    found = re.findall(r"\]\((?!https?:)([\w/.-]*)(?:#([\w-]+))?\)", text_of(page))
    assert [path for path, _ in found if not (page.parent / path).exists()] == []
    assert [anchor for path, anchor in found if anchor and anchor not in _anchors(page.parent / path, page)] == []


def _anchors(target: Path, page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text_of(page if target.is_dir() else target), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
