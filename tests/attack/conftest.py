"""Attacks on a real server with a real model: the smallest one, and no goal is loosened for a busy machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jupyter_mccom.models.store import Store
from tests.attack.attacked import Attacked, attacked
from tests.attack.figures import FIGURES, Figures
from tests.conftest import SMALL


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test writes what it measured."""
    return Figures(request.node)


@pytest.fixture(scope="session")
def long(pytestconfig: pytest.Config) -> bool:
    """The attacks run at length."""
    return bool(pytestconfig.getoption("long"))


@pytest.fixture(scope="session")
def server(models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    """A server in a process of its own, which all attacks that leave it whole share."""
    with attacked(tmp_path_factory.mktemp("attacked") / "server", settings={"max_tokens": 2}) as found:
        yield found


@pytest.fixture
def jp_server_config(models: Store) -> dict[str, Any]:
    """The smallest model, shown however unsure."""
    return {
        "ServerApp": {"jpserver_extensions": {"jupyter_mccom": True}},
        "MCCom": {"model": SMALL, "models_dir": str(models.models_dir), "show_threshold": 0.0},
    }


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table of figures."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [str(line) for report in reports for name, line in report.user_properties if name == FIGURES]
    if lines:
        terminalreporter.write_line("\n| attack | figure | goal |\n|---|--:|---|")
    for line in lines:
        terminalreporter.write_line(line)
