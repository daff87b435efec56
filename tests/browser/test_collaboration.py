"""Documents that people edit together: what goes by paths still does, also where `RTC:` stands before them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from jupyter_mccom.models.store import Store
from tests.trees import function

from .answering import answered
from .extensions import COLLABORATION, COLLABORATION_3, installed
from .lab import Lab, Notebook, wait_for

PAUSE_MS = 600
"""Longer than the longest wait for a pause in typing."""
HELPER = "def seasonal_swing(temperatures, months):\n    return max(temperatures) - min(temperatures)\n"
CONSOLE = "void window.jupyterapp.commands.execute('notebook:create-console')"


RELEASES = {"newest": (COLLABORATION, ""), "3.1.2": (COLLABORATION_3, "RTC:")}
"""What is installed, and the name of the drive of shared documents."""


@pytest.fixture(scope="module", params=RELEASES)
def release(request: pytest.FixtureRequest) -> str:
    """A release of jupyter-collaboration."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def drive(release: str) -> str:
    """What stands before the path of a shared document."""
    return RELEASES[release][1]


@pytest.fixture(scope="module")
def lab(release: str, models: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab in which documents are shared; `study` is a project."""
    extensions = installed(tmp_path_factory.mktemp("collaboration"), RELEASES[release][0])
    server = Lab(
        tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0", extensions=extensions
    )
    (server.root / "study" / ".git").mkdir(parents=True)
    server.write("study/weather.py", HELPER)
    for number in range(5):
        server.write(f"study/filler{number}.py", function(f"unrelated_{number}"))  # else no word is rare
    yield server
    server.stop()


def _opened(lab: Lab, drive: str, window: BrowserContext, name: str, *sources: str) -> Notebook:
    (lab.root / name).parent.mkdir(parents=True, exist_ok=True)
    lab.notebook(name, *sources)
    book = Notebook(window, lab, drive + name)
    shared: str = book.page.evaluate("window.jupyterapp.shell.currentWidget.context.path")
    assert shared == drive + name
    book.enter(0)
    return book


def test_a_shared_notebook_is_completed(lab: Lab, drive: str, window: BrowserContext) -> None:
    """A shared notebook is completed with its own path, the project around it and the names of its kernel."""
    book = _opened(
        lab, drive, window, "study/deep/a.ipynb", "import pandas\nrain = pandas.DataFrame({'march': [3.5]})", ""
    )
    book.press("Shift+Enter")
    book.page.locator(".jp-InputPrompt", has_text="[1]").wait_for()
    book.enter(1)
    book.type('print(seasonal_swing(rain["m')
    wait_for(lambda: bool(lab.get("mccom/status")["index"]["n_documents"]), "the project to be read")
    book.type("a")
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert {question["document"] for question in book.sent("complete")} == {"study/deep/a.ipynb"}
    hits = [hit["chunk"]["source"] for trace in lab.get("mccom/traces")["traces"] for hit in trace["hits"]]
    assert {"weather.py", "kernel"} <= {*hits}


def test_a_shared_notebook_is_switched_off(lab: Lab, drive: str, window: BrowserContext) -> None:
    """`paths_off` names a shared notebook and a console of it by the path below the root, and so do the commands."""
    answers = answered(window)
    answers.text = " + 1234"
    book = _opened(lab, drive, window, "study/off.ipynb", "x = 1\n")
    book.set(paths_off=["study"])
    book.type("y = x")
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (book.ghost, answers.asked) == ("", [])
    book.page.evaluate(CONSOLE)
    if drive:  # JupyterLab looks for the notebook's kernel under its path without the drive
        book.page.locator(".jp-Dialog").get_by_role("button", name="Select").click()
    prompt = book.page.locator(".jp-CodeConsole-promptCell .cm-content")
    prompt.click(timeout=30_000)
    book.type("y = x")
    book.press("Alt+\\")
    book.settle(PAUSE_MS)
    assert (book.ghost, answers.asked) == ("", [])
    book.set(paths_off=[])
    book.type(" ")
    book.wait_ghost()
    assert {question["document"] for question in book.sent("complete")} == {"study/off.ipynb"}
