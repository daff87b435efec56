"""What Windows lacks: asyncio's subprocesses under the loop that Jupyter sets there, and names of POSIX."""

from __future__ import annotations

import ast
import asyncio
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from jupyter_mccom.engines.local.host import Host
from jupyter_mccom.errors import EngineError
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
    files = [path for path in PACKAGE.rglob("*.py") if not {"labextension", "evaluation"} & set(path.parts)]
    found = {
        (path.relative_to(PACKAGE).as_posix(), name)
        for path in files
        for name in _posix_names(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert sorted(found) == sorted(GUARDED)
