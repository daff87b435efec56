"""`jupyter mccom cloud …` as a person runs it, with a provider that speaks real HTTP."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from jupyter_mccom.cli.main import main
from tests.cloud_provider import KEY, MODELS, PROVIDER, FakeProvider, providing

MCCOM = [sys.executable, "-m", "jupyter_mccom"]
QUIET = "--MCCom.find_servers=False"


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A running provider."""
    with providing() as found:
        yield found


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the person's clouds are kept."""
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    return tmp_path / "mccom"


Run: TypeAlias = Callable[..., str]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process; what it prints: its output where it worked, else its one line of error."""

    def ran(*arguments: str, given: str = "", status: int = 0) -> str:
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        found = main(["cloud", *arguments])
        said = capsys.readouterr()
        assert found == status, said.err
        assert KEY not in said.out + said.err
        if status:
            assert (said.out, said.err.count("\n")) == ("", 1), said.err
        return said.err if status else said.out

    return ran


def _listed(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("list", "--json", QUIET))
    return found


def test_a_cloud_is_added_listed_tested_and_removed(run: Run, provider: FakeProvider, folder: Path) -> None:
    """A cloud is added with a key from standard input, listed, tested, used by another command, and removed."""
    said = run("add", PROVIDER, "--url", provider.url, given=f"{KEY}\n")
    assert "first + second" in said
    assert "never sent" in said
    cloud = _listed(run)["cloud"]
    assert (cloud["url"], cloud["model"], cloud["key_place"]) == (provider.url, MODELS[0], "file")
    assert provider.url in run("list", QUIET)
    assert "first + second" in run("test")
    code = folder.parent / "a.py"
    code.write_text("def add(first, second):\n    return ")
    mccom = [*MCCOM, "complete", str(code), "--invoke", f"--models-dir={folder.parent}"]
    done = subprocess.run(mccom, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout, provider.url in done.stderr) == (0, "first + second\n", True), done.stderr
    run("remove", PROVIDER)
    assert _listed(run)["cloud"] is None
    assert KEY not in (folder / "keys.json").read_text()


def test_a_key_file_and_a_kept_key(run: Run, provider: FakeProvider, tmp_path: Path) -> None:
    """A key comes from a file that only its owner reads; the second time the kept one does, and nobody is asked."""
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    key_file.chmod(0o600)
    place = ["--url", provider.url, "--model", MODELS[1]]
    run("add", PROVIDER, *place, "--key-file", str(key_file))
    run("add", PROVIDER, *place[:3], MODELS[0])
    assert _listed(run)["cloud"]["model"] == MODELS[0]
    assert "cannot be read" in run("add", PROVIDER, *place, "--key-file", str(tmp_path / "none"), status=2)


@pytest.mark.parametrize(
    ("more", "given", "status", "said"),
    [
        ([], "", 2, "wants a key"),
        ([], "sk-wrong\n", 1, "401"),
        (["--model", "nothing-like-this"], f"{KEY}\n", 1, "400"),
        (["--url", "http://127.0.0.1:9", "--model", "m"], f"{KEY}\n", 1, "cannot be reached"),
        (["--url", "http://169.254.169.254"], "", 2, "link-local"),
        ([f"--MCCom.cloud_dialect={PROVIDER}"], "", 1, "administrator"),
        (["--MCCom.cloud_setup=admin"], "", 1, "administrator"),
    ],
)
def test_what_does_not_work_is_not_kept(
    run: Run, provider: FakeProvider, folder: Path, more: list[str], given: str, status: int, said: str
) -> None:
    """A cloud that does not answer, or may not be set up, is not kept: one line says why, and the status is not 0."""
    assert said in run("add", PROVIDER, "--url", provider.url, *more, given=given, status=status)
    assert not (folder / "cloud.json").exists()


def test_what_the_configuration_sets_is_taken(run: Run, provider: FakeProvider) -> None:
    """A model and an address that the configuration sets need not be named, hold, and are listed as such."""
    fixed = [f"--MCCom.cloud_model={MODELS[1]}", f"--MCCom.cloud_url={provider.url}"]
    assert "MCCom.cloud_model" in run("add", PROVIDER, "--model", MODELS[0], *fixed, given=f"{KEY}\n", status=1)
    run("add", PROVIDER, *fixed, given=f"{KEY}\n")
    cloud = _listed(run)["cloud"]
    assert (cloud["url"], cloud["model"]) == (provider.url, MODELS[1])
    listed = run("list", QUIET, *fixed)
    assert f"set by the server's configuration: address {provider.url}, model {MODELS[1]}" in listed


@pytest.mark.parametrize("arguments", [["add", "nobody"], ["test"], ["remove", PROVIDER], ["add", "vllm"]])
def test_bad_input_ends_with_2(run: Run, arguments: list[str]) -> None:
    """What names nothing is bad input."""
    run(*arguments, status=2)


@pytest.mark.skipif(os.name != "posix", reason="terminals")
def test_a_key_that_is_typed_is_not_shown(provider: FakeProvider) -> None:
    """At a terminal the key is asked for, and what is typed does not appear."""
    ours, theirs = os.openpty()
    command = [*MCCOM, "cloud", "add", PROVIDER, "--url", provider.url, "--model", MODELS[0]]
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown = b""
    while b"Key for" not in shown:
        shown += os.read(ours, 1024)
    os.write(ours, f"{KEY}\n".encode())
    try:
        while True:
            shown += os.read(ours, 1024)
    except OSError:  # the other end is closed
        os.close(ours)
    assert process.wait(60) == 0, shown
    assert (b"first + second" in shown, KEY.encode() in shown) == (True, False)


def test_servers_of_this_machine_are_listed(run: Run) -> None:
    """`cloud list` names the providers, and looks for servers of this machine unless that is switched off."""
    state = _listed(run)
    assert {"openai", PROVIDER} <= {one["id"] for one in state["providers"]}
    assert state["found"] == []
