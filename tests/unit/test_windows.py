"""What Windows lacks or does otherwise: subprocesses under its loop, names of POSIX, paths, open files, consoles."""

from __future__ import annotations

import ast
import asyncio
import io
import ntpath
import os
import posixpath
import re
import subprocess
import sys
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from jupyter_mccom import atomic_json, put_in_place
from jupyter_mccom.cli.console import be_lenient, note, progress_bar
from jupyter_mccom.cli.position import _path
from jupyter_mccom.engines.local.host import Host
from jupyter_mccom.engines.local.llama_h import LlamaH
from jupyter_mccom.errors import EngineError
from jupyter_mccom.magics.server import from_root
from jupyter_mccom.models.store import Store
from tests.conftest import SMALL
from tests.trees import open_tree, ready, small_project, sources, workers

PACKAGE = Path(__file__).parents[2] / "jupyter_mccom"
CHILD = "tests.unit.greeting_child"
POSIX_NAMES = {
    "os": """fork forkpty getuid geteuid getgid setsid setpgid killpg getpgid nice getpriority setpriority
        sched_getaffinity sched_setaffinity O_NOFOLLOW O_DIRECTORY O_NONBLOCK O_CLOEXEC mkfifo chown fchown lchown
        fchmod pipe2 uname getloadavg sysconf register_at_fork posix_spawn statvfs openpty wait wait3 wait4
        WNOHANG sendfile pread pwrite fdatasync""",
    "signal": """SIGKILL SIGHUP SIGUSR1 SIGUSR2 SIGALRM SIGSTOP SIGCONT SIGQUIT SIGCHLD SIGPIPE alarm pause
        setitimer pthread_kill pthread_sigmask sigwait siginterrupt""",
    "socket": "MSG_DONTWAIT MSG_NOSIGNAL AF_UNIX SO_REUSEPORT CMSG_LEN recv_fds send_fds sethostname",
    "asyncio": "create_subprocess_exec create_subprocess_shell open_unix_connection start_unix_server",
    "time": "tzset",
}
POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "curses"}
LOOP_NAMES = {"add_signal_handler", "add_reader", "add_writer"}
GUARDED = {
    ("evaluation/lib/untrusted.py", "os.killpg"): "behind sys.platform, with an error that names the systems",
    ("evaluation/lib/untrusted.py", "signal.SIGKILL"): "as os.killpg",
    ("evaluation/lib/untrusted_child.py", "resource"): "started by untrusted.py only",
    ("retrieval/index_file.py", "os.geteuid"): "behind os.name",
    ("retrieval/worker.py", "os.nice"): "AttributeError is suppressed",
    ("retrieval/project.py", "os.O_DIRECTORY"): "behind os.supports_dir_fd",
    ("retrieval/project.py", "os.O_NOFOLLOW"): "behind os.supports_dir_fd",
}
"""Where a name is used without `hasattr` in the same file, and why Windows does not come by."""


class Refusing(asyncio.SelectorEventLoop):
    """A loop that starts no subprocess, as the selector loop of Windows."""

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError

    async def subprocess_shell(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError


def _run(work: Coroutine[Any, Any, None]) -> None:
    loop = Refusing()
    try:
        loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def _host(monkeypatch: pytest.MonkeyPatch, **more: object) -> Host:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    return Host(CHILD, lambda: more, idle_unload_s=0)


def test_the_loop_refuses() -> None:
    """The loop of these tests starts no asyncio subprocess."""

    async def work() -> None:
        with pytest.raises(NotImplementedError):
            await asyncio.create_subprocess_exec(sys.executable, "-c", "")

    _run(work())


def test_a_models_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's process starts, is started again when it dies, and ends, under such a loop."""
    host = _host(monkeypatch)

    async def work() -> None:
        async with host.lease() as address:
            assert address.url == f"tcp://{address.key}"
            first = host.pid
        assert first is not None
        psutil.Process(first).kill()
        while host.pid in (first, None):
            await asyncio.sleep(0.01)
        async with host.lease():
            second = host.pid
        assert second is not None
        await host.aclose()
        assert not psutil.pid_exists(second)

    _run(work())


def test_a_process_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process says of its failure is the error, and the process is gone."""
    host = _host(monkeypatch, fails=True)

    async def work() -> None:
        with pytest.raises(EngineError, match="as it was told"):
            async with host.lease():
                pass
        await host.aclose()
        assert host.pid is None

    _run(work())


def test_the_worker_of_the_index(tmp_path: Path) -> None:
    """The project's index is searched under such a loop, and its process ends."""

    async def work() -> None:
        async with open_tree(small_project(tmp_path)) as tree:
            await ready(tree)
            assert await sources(tree, "load_prices") == ["prices.py"]

    _run(work())
    assert workers() == []


def _posix_names(tree: ast.AST) -> Iterator[str]:
    """The POSIX-only names that a file uses, without those that it looks for by `hasattr`."""
    nodes = list(ast.walk(tree))
    looked_for = {
        f"{node.args[0].id}.{node.args[1].value!s}"
        for node in nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "hasattr"
        if isinstance(node.args[0], ast.Name) and isinstance(node.args[1], ast.Constant)
    }
    yield from (name for node in nodes for name in _named(node) if name not in looked_for)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names if alias.name in POSIX_MODULES)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield from [node.module] if node.module in POSIX_MODULES else []
        names = POSIX_NAMES.get(node.module or "", "").split()
        yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name in names)
    elif isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.attr in POSIX_NAMES.get(node.value.id, "").split():
            yield f"{node.value.id}.{node.attr}"
        elif node.attr in LOOP_NAMES:
            yield node.attr


def test_names_of_posix_are_guarded() -> None:
    """The package names nothing that only POSIX has, but where Windows does not come by."""
    files = [path for path in PACKAGE.rglob("*.py") if "labextension" not in path.parts]
    found = {
        (path.relative_to(PACKAGE).as_posix(), name)
        for path in files
        for name in _posix_names(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert sorted(found) == sorted(GUARDED)


def _without_encoding(tree: ast.AST) -> Iterator[int]:
    """Lines where text is read, written or heard in whichever encoding the system has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            named = {word.arg for word in node.keywords}
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            is_file = called in ("read_text", "write_text") and len(node.args) <= (called == "write_text")
            is_process = called in ("run", "Popen", "check_output") and {"text", "universal_newlines"} & named
            if "encoding" not in named and (is_file or is_process):
                yield node.lineno


def test_text_has_an_encoding() -> None:
    """The package reads and writes files and processes in an encoding that it names: that of Windows is another."""
    found = []
    for path in (path for path in PACKAGE.rglob("*.py") if "labextension" not in path.parts):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [f"{path.relative_to(PACKAGE).as_posix()}:{line}" for line in _without_encoding(tree)]
    assert found == []


@pytest.mark.parametrize(
    ("position", "path"),
    [
        (r"C:\Users\Zoë Müller\a b.py", r"C:\Users\Zoë Müller\a b.py"),
        (r"C:\Users\Zoë Müller\a b.py:3", r"C:\Users\Zoë Müller\a b.py"),
        (r"D:\日本語\n.ipynb:3:14", r"D:\日本語\n.ipynb"),
        (r"\\server\share\a.py:1", r"\\server\share\a.py"),
    ],
)
def test_a_drive_is_no_line(position: str, path: str) -> None:
    """The colon behind a drive's letter is part of the path."""
    assert str(_path(position)) == path


@pytest.mark.parametrize(
    ("system", "path", "root", "document"),
    [
        (posixpath, "/home/zoë/a b/n.ipynb", "/home/zoë", "a b/n.ipynb"),
        (ntpath, r"C:\Users\Zoë\a b\n.ipynb", r"C:\Users\Zoë", "a b/n.ipynb"),
        (ntpath, r"D:\n.ipynb", r"C:\Users\Zoë", "D:/n.ipynb"),
    ],
)
def test_a_notebook_on_another_drive(system: Any, path: str, root: str, document: str) -> None:
    """A notebook's path counts from the server's root, and is whole where that is on another drive."""
    assert from_root(path, root, system) == document


def test_a_model_in_any_folder(models: Store, tmp_path: Path) -> None:
    """A model loads from a folder whose name has spaces and letters beyond ASCII."""
    folder = tmp_path / "Zoë Müllers 日本 models"
    folder.mkdir()
    (folder / "m.gguf").symlink_to(models.locate(SMALL))
    assert LlamaH(str(folder / "m.gguf"), threads=1, context_tokens=256).n_context >= 256


def test_a_file_that_is_read_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Windows refuses to replace a file that is open, it is tried again; a refusal that lasts is an error."""
    refused, really = [PermissionError("in use")] * 3, os.replace

    def replace(source: str | Path, target: str | Path) -> None:
        if refused:
            raise refused.pop()
        really(source, target)

    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(put_in_place, "_WINDOWS", True)
    atomic_json.write(tmp_path / "a.json", [1])
    assert (tmp_path / "a.json").read_text(encoding="utf-8").split() == ["[", "1", "]"]
    monkeypatch.setattr(put_in_place, "_PATIENCE_S", 0.05)
    refused += [PermissionError("in use")] * 1000
    with pytest.raises(PermissionError):
        atomic_json.write(tmp_path / "a.json", [2])
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_replacing_while_others_read(tmp_path: Path) -> None:
    """A file that is replaced again and again is found whole by those who read it meanwhile."""
    path, done = tmp_path / "a.json", threading.Event()
    atomic_json.write(path, ["x" * 1000])
    found: list[str] = []

    def read() -> None:
        while not done.is_set():
            found.append(path.read_text(encoding="utf-8"))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        atomic_json.write(path, ["x" * 1000])
    done.set()
    reader.join()
    assert len(set(found)) <= 1


class Console(io.TextIOWrapper):
    """A console of some encoding."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp437", "ascii"])
def test_a_console_of_any_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar, a line above it and a completion are printed on a console of any encoding."""
    raw = io.BytesIO()
    console = Console(raw, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    monkeypatch.setattr(sys, "stderr", console)
    be_lenient()
    with progress_bar(total=100, desc="modèle → 日本") as bar:
        bar.update(37)
        note("C:\\Users\\Zoë → 日本")
    sys.stdout.write("naïve → 日本\n")
    console.flush()
    printed = raw.getvalue().decode(encoding)
    assert "37%|" in printed
    assert ("→" if encoding == "utf-8" else "\\u2192") in printed


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_pipe_of_any_encoding(encoding: str) -> None:
    """A message with any letters is printed into a pipe of any encoding."""
    command = [sys.executable, "-m", "jupyter_mccom", "complete", "日本 → ë.py"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert "\\u65e5\\u672c" in done.stderr.decode(encoding)


def test_the_fast_lane_runs_on_three_systems() -> None:
    """The workflow of every change runs the fast lane on Linux, macOS and Windows, with each Python."""
    workflow = (PACKAGE.parent / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    assert "os: [ubuntu-latest, macos-latest, windows-latest]" in workflow
    assert re.search(r'pytest -m "not model and not browser"', workflow)
