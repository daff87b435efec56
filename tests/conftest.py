"""Shared by all tests: where real models lie, real notebooks to try, and the lanes that tests run in.

A test is in a lane by what it uses (see LANES); one that needs a lane for another reason carries the mark itself.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from jupyter_mccom.models.store import Store, default_models_dir

pytest_plugins = ["pytest_jupyter.jupyter_server"]

SMALL = "smollm2-135m"
CODER = "qwen2.5-coder-0.5b"
LARGER = "qwen2.5-coder-1.5b"
LANES = {
    "model": frozenset({"models", "larger"}),
    "browser": frozenset({"browser", "packages"}),
    "data": frozenset({"shared_data"}),
}
"""Fixtures that put a test into a lane; the marks are described in pyproject.toml."""
DATA = Path(os.environ.get("MCCOM_DATA", Path(__file__).parents[2] / "shared" / "data"))
ATTACKS = Path(__file__).parent / "attack"
BROWSER = Path(__file__).parent / "browser"
CLOSING = "closing"
"""A property of a test: the last lines of a runner that it has run, which the summary prints."""
if find_spec("sniffio") is None:  # httpcore would search every folder for it, four times a request
    sys.modules["sniffio"] = None  # type: ignore[assignment]
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # jsonschema's check of IRIs: a second to import
_LABEXTENSION = Path(__file__).parents[1] / "labextension"
_ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option by which a skipped test fails the run."""
    parser.addoption(
        "--no-skips",
        action="store_true",
        help="run everything; fail when a test is skipped, or deselected for want of data",
    )
    parser.addoption("--long", action="store_true", help="run the attacks that take long, and the others at length")
    parser.addoption("--thorough", action="store_true", help="run the tests marked thorough too")


def _unavailable() -> dict[str, str]:
    """Why no test of a lane can run here, by lane."""
    why = {}
    if not DATA.is_dir():
        why["data"] = f"no data lies at {DATA}; set MCCOM_DATA to a folder of that format"
    if not os.environ.get("MCCOM_VLLM_URL"):
        why["vllm"] = "MCCOM_VLLM_URL names no vLLM server"
    return why


def _thorough(config: pytest.Config) -> bool:
    """Every combination is tried: when that is asked for, and where a file was named."""
    asked = config.getoption("thorough") or config.getoption("no_skips")
    named = any(".py" in argument for argument in config.args)
    return bool(asked) or named or "thorough" in config.getoption("markexpr")


def _attacks(config: pytest.Config) -> bool:
    """The attacks are asked for: they measure, and want the machine for themselves."""
    named = any(ATTACKS.name in Path(argument).parts for argument in config.args)
    return named or "attack" in config.getoption("markexpr")


def _without_browser(config: pytest.Config) -> bool:
    """The lane is named that has no browser."""
    return "not browser" in config.getoption("markexpr")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A folder of a lane that is not asked for is not even imported."""
    unasked = {*([] if _attacks(config) else [ATTACKS]), *([BROWSER] if _without_browser(config) else [])}
    return True if collection_path in unasked else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks each test with its lanes, and takes out the lanes that cannot run here."""
    unavailable = {*_unavailable(), *([] if _thorough(config) else ["thorough"])}
    unavailable |= set() if _attacks(config) else {"attack"}
    unavailable |= set() if config.getoption("long") else {"long"}
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if ATTACKS in item.path.parents:
            item.add_marker("attack")
        if BROWSER in item.path.parents:
            item.add_marker("browser")
        for lane, fixtures in LANES.items():
            if fixtures & used:
                item.add_marker(lane)
        (left_out if any(item.get_closest_marker(lane) for lane in unavailable) else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_collection_finish(session: pytest.Session) -> None:
    """Garbage is looked for less often, and not in what was collected; an attack measures it as in use."""
    if not _attacks(session.config):
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says that tests could not run for want of data, and how the runners inside tests ended."""
    if not DATA.is_dir():
        terminalreporter.write_line(f"deselected: the tests marked data: {_unavailable()['data']}")
    if not _thorough(config):
        terminalreporter.write_line("deselected: the tests marked thorough; --thorough runs them too")
    if not _attacks(config):
        terminalreporter.write_line("deselected: the attacks; pytest -n 0 tests/attack runs them")
    for report in terminalreporter.getreports("passed"):
        for name, lines in report.user_properties:
            if name == CLOSING:
                terminalreporter.write_line(str(lines))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails a run with --no-skips in which a test was skipped, or in which no data lay beside the checkout."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("no_skips"):
        return
    if session.exitstatus == 0 and (reporter.getreports("skipped") or "data" in _unavailable()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def jlpm(*arguments: str) -> str:
    """Runs JupyterLab's package manager on the front end; it must not fail. Returns what it printed."""
    command = [str(Path(sys.executable).parent / "jlpm"), *arguments]  # its module runs nothing when it is called
    done = subprocess.run(command, cwd=_LABEXTENSION, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def packages() -> Path:
    """The folder of the front end's packages, as yarn.lock has them exactly."""
    jlpm("install", "--immutable")
    return _LABEXTENSION / "node_modules"


@pytest.fixture(scope="module", autouse=True)
def own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test file has folders of its own: its outcomes are not the person's, and the person's cloud is not asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path_factory.mktemp("config")))
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        yield


@pytest.fixture(scope="session")
def models() -> Store:
    """The user's own store with both test models in it, pulled once."""
    store = Store(default_models_dir())
    for model in (SMALL, CODER):
        store.pull(model, progress=lambda done, total: None)
    return store


@pytest.fixture(scope="session")
def larger(models: Store) -> Store:
    """The store of models with the larger model too (1.1 GB)."""
    models.pull(LARGER, progress=lambda done, total: None)
    return models


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real notebooks and repositories beside the checkout."""
    return DATA
