"""The README's shell blocks and magics, run as they stand; what a reader would put in is put in (`STAND_INS`)."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from jupyter_mccom.evaluation.report.published import FIGURES
from jupyter_mccom.models.store import Store
from tests.conftest import CODER, SMALL
from tests.test_readme import BASH, EVALUATION, PAGES, README, ROOT, SERVER, blocks

_PATIENCE_S = 600.0
PYTHON = shlex.quote(sys.executable)
ASKED_ELSEWHERE = {
    "pip": f'verb=$1; shift; exec {PYTHON} -m pip "$verb" --dry-run --no-deps --quiet --retries 5 "$@"',
    "pytest": f"exec {PYTHON} -m pytest -n 0 --collect-only --quiet",
}
"""Commands that would change what the tests run in, or be the tests: they are done up to that."""
CONFIG = """
c = get_config()
c.ServerApp.allow_root = True
c.ServerApp.open_browser = False
c.ServerApp.port = 0
"""


def _block(page: Path, part: str) -> str:
    """The shell block of a page that holds `part`."""
    (found,) = [block for block in blocks(page, "sh") if part in block]
    return found


INSTALL, PULL = _block(README, "demo"), _block(README, "jupyter mccom pull")
OWN_MODEL, SERVE = _block(README, "jupyter lab"), _block(README, "serve")
TEST, PULL_FOR_ALL, MEASURE = _block(README, "pytest"), _block(SERVER, "pull"), _block(EVALUATION, "readme")
SERVE_ALL = _block(SERVER, "openssl")
RUN = {INSTALL, PULL, OWN_MODEL, SERVE, TEST, PULL_FOR_ALL, MEASURE, SERVE_ALL}
"""Each of them has its test below; `test_commands_exist` checks the shell blocks of the other folders."""


class Place:
    """A folder where a reader stands, with the commands and the settings of a machine without a screen."""

    def __init__(self, folder: Path, models: Store) -> None:
        self.folder = folder
        self.said = folder / "said"
        """Both of a block's streams."""
        self.port = _free_port()
        self.stand_ins = {
            '".[demo]"': shlex.quote(f"{ROOT}[demo]"),
            '".[test]"': shlex.quote(f"{ROOT}[test]"),
            "&& pytest": f"&& cd {shlex.quote(str(ROOT))} && pytest",
            "/models/my-coder.gguf": shlex.quote(str(models.locate(SMALL))),
            "qwen2.5-coder-7b": SMALL,
            "qwen2.5-coder-1.5b": SMALL,
            "8012": str(self.port),
            "/opt/mccom/models": str(folder / "models"),
            "/etc/mccom": str(folder),
            "../shared/data": str(folder / "data"),
            "--out DIR": f"--out {folder / 'figures'} --n 1",
        }
        (folder / "data").mkdir()
        binaries, config = folder / "bin", folder / "config"
        binaries.mkdir()
        config.mkdir()
        for name, command in ASKED_ELSEWHERE.items():
            (binaries / name).write_text(f"#!/bin/sh\n{command}\n")
            (binaries / name).chmod(0o755)
        (config / "jupyter_server_config.py").write_text(CONFIG)
        path = os.pathsep.join([str(binaries), str(Path(sys.executable).parent), os.environ["PATH"]])
        self.env = {
            **os.environ,
            "PATH": path,
            "JUPYTER_CONFIG_DIR": str(config),
            "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
            "IPYTHONDIR": str(folder / "ipython"),
            "BROWSER": "true",
        }

    def _command(self, block: str) -> str:
        for theirs, ours in self.stand_ins.items():
            block = block.replace(theirs, ours)
        return f"set -e\n{block}"

    def run(self, block: str) -> str:
        """What it prints; it must end well."""
        with self._started(block) as process:
            process.wait(_PATIENCE_S)
        said = self.said.read_text()
        assert process.returncode == 0, said[-4000:]
        return said

    @contextmanager
    def running(self, block: str, sign: str) -> Iterator[re.Match[str]]:
        """What it prints that looks like `sign`; it runs until the block's end."""
        with self._started(block) as process:
            yield self._found(sign, process)

    @contextmanager
    def _started(self, block: str) -> Iterator[subprocess.Popen[bytes]]:
        """A running command. It and all that it started are ended afterwards."""
        with self.said.open("w") as out:
            process = subprocess.Popen(
                [BASH, "-c", self._command(block)],
                cwd=self.folder,
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            _end(process)

    def _found(self, sign: str, process: subprocess.Popen[bytes]) -> re.Match[str]:
        end_s = time.monotonic() + _PATIENCE_S
        while (found := re.search(sign, self.said.read_text())) is None:
            assert process.poll() is None, self.said.read_text()[-4000:]
            assert time.monotonic() < end_s, self.said.read_text()[-4000:]
            time.sleep(0.1)
        return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Terminates a process and its group; kills what is left after a while."""
    end_s = time.monotonic() + 30
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < end_s:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _get(url: str, **headers: str) -> str:
    """An address may be printed a moment before it answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end_s = time.monotonic() + 30
    while True:
        try:
            with direct.open(urllib.request.Request(url, headers=headers), timeout=60) as answer:
                text: str = answer.read().decode()
                return text
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > end_s:
                raise
            time.sleep(0.2)


@pytest.fixture
def place(tmp_path: Path, models: Store) -> Place:
    """A new folder."""
    return Place(tmp_path, models)


def test_every_block_is_run() -> None:
    """A shell block of the first page or the server's that no test runs is found."""
    assert {block for page in (README, SERVER) for block in blocks(page, "sh")} <= RUN


def test_the_first_command_installs_and_opens_the_tour(place: Place) -> None:
    """The first command installs the package and opens the tour."""
    with place.running(INSTALL, r"http://127\.0\.0\.1:\d+/lab/tree/demo\.ipynb\?token=\w+(?=\s)") as url:
        assert "jupyter-config-data" in _get(url[0])


def test_the_model_is_fetched(place: Place, models: Store) -> None:
    """The pull command prints the path of the default model."""
    assert place.run(PULL).splitlines()[-1] == str(models.locate(CODER))


def test_a_model_file_of_ones_own_is_used(place: Place, models: Store) -> None:
    """The command for a model file of one's own uses that file."""
    with place.running(OWN_MODEL, r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)\s") as url:
        status = json.loads(_get(f"{url[1]}/mccom/status", Authorization=f"token {url[2]}"))
    assert status["model"]["id"] == str(models.locate(SMALL))


@pytest.mark.parametrize("block", [SERVE, SERVE_ALL], ids=["for oneself", "for all users of a hub"])
def test_a_model_is_served_to_those_with_the_key(place: Place, block: str) -> None:
    """The serve command answers only requests with the key, whose file only its owner can open."""
    with place.running(block, rf"http://[\w.]+:{place.port}\b"):
        key = (place.folder / "key").read_text().strip()
        url = f"http://127.0.0.1:{place.port}/v1/models"
        assert "data" in json.loads(_get(url, Authorization=f"Bearer {key}"))
        with pytest.raises(urllib.error.HTTPError, match="401"):
            _get(url)
        assert (place.folder / "key").stat().st_mode & 0o077 == 0


def test_an_administrator_fetches_a_model_for_all(place: Place) -> None:
    """The administrator's command fetches a model into the shared folder."""
    printed = place.run(PULL_FOR_ALL).splitlines()[-1]
    assert Path(printed).parent == place.folder / "models"
    assert Path(printed).stat().st_size > 10_000_000


def test_the_tests_are_found(place: Place) -> None:
    """The test command finds the tests."""
    assert re.search(r"\d+ tests collected", place.run(TEST))


def test_the_figures_are_made_or_say_why_not(place: Place) -> None:
    """The measuring command makes each figure, or says why it cannot."""
    printed = place.run(MEASURE)
    assert re.findall(r"^## (.*)", printed, re.MULTILINE) == [figure.name for figure in FIGURES]
    assert "POST to text" in printed
    assert "## cascade\n\nnot measured: " in printed


@pytest.mark.parametrize("block", [block for page in PAGES for block in blocks(page, "ipython")])
def test_magics_run_in_plain_ipython(block: str, place: Place) -> None:
    """Each IPython block runs in plain IPython and prints something."""
    (place.folder / "block.ipy").write_text(block + "\n")
    printed = place.run("ipython --quick --no-banner block.ipy")
    assert "Traceback" not in printed
    assert "Error" not in printed
    assert printed.strip()
