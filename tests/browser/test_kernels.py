"""Kernels that change their language, and kernels that hold what is huge or slow: neither is disturbed by questions."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, expect

from .lab import STATUS, Lab, Notebook, wait_for
from .model_server import ModelServer

KERNEL = """
import sys
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel

class Played(Kernel):
    implementation, implementation_version, banner = "played", "1", ""
    language_info = {"name": sys.argv[1], "mimetype": f"text/x-{sys.argv[1].lower()}", "file_extension": ".txt"}

    def do_execute(self, code, silent, store_history=True, user_expressions=None, allow_stdin=False):
        return {"status": "ok", "execution_count": self.execution_count, "payload": [], "user_expressions": {}}

IPKernelApp.launch_instance(argv=sys.argv[2:], kernel_class=Played)
"""
CHANGE = "name => window.jupyterapp.shell.currentWidget.sessionContext.changeKernel({ name })"
SPEAKS = """name => {
  const { model, sessionContext } = window.jupyterapp.shell.currentWidget;
  const idle = sessionContext.session?.kernel?.status === 'idle';
  return idle && model.getMetadata('language_info')?.name === name;
}"""
HIDDEN = "exec('hidd' + 'en_total = __import__(\"numpy\").zeros(3)')"
"""A name that stands in no cell: only the kernel knows it."""


@pytest.fixture(scope="module")
def model_server() -> Iterator[ModelServer]:
    """A model server that writes what no Python is."""
    server = ModelServer()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def lab(model_server: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab over it, which has kernels that say that they are R and Julia."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("R", "julia"):
        spec = folder / "jupyter_data_dir" / "kernels" / f"played-{name.lower()}"
        spec.mkdir(parents=True)
        (spec / "kernel.py").write_text(KERNEL)
        argv = [sys.executable, str(spec / "kernel.py"), name, "-f", "{connection_file}"]
        (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": name}))
    server = Lab(folder, f"--MCCom.local_url={model_server.url}", "--MCCom.show_threshold=0")
    yield server
    server.stop()


def _told(server: ModelServer) -> bool:
    """A prompt had what the kernel holds."""
    return any("ndarray" in prompt for prompt in server.prompts)


def test_the_language_follows_the_kernel(lab: Lab, model_server: ModelServer, window: BrowserContext) -> None:
    """From Python to R, Julia and back the kernel's language is asked for; Python's gates and names stay its own."""
    lab.notebook("change.ipynb", HIDDEN, "")
    book = Notebook(window, lab, "change.ipynb")
    page = book.page
    book.enter(0)
    book.press("Shift+Enter")
    page.locator(".jp-InputPrompt", has_text="[1]").wait_for()
    model_server.text = " |> mean() -> x"  # breaks a cell of Python, and of nothing else
    for name, speaks in (("", "python"), ("played-r", "R"), ("played-julia", "julia"), ("python3", "python")):
        if name:
            page.evaluate(CHANGE, name)
        page.wait_for_function(SPEAKS, arg=speaks, timeout=60_000)
        if name == "python3":
            book.enter(0)
            book.press("Shift+Enter")
        book.enter(1)
        book.press("Control+a", "Delete")
        model_server.prompts.clear()
        is_python = speaks == "python"
        book.type("y = hidden_total")
        book.settle(1000)
        for _ in range(10 if is_python else 3):  # a kernel on a busy machine tells its names late
            if not _told(model_server):
                book.type(" + hidden_total")
                book.settle(1000)
        assert _told(model_server) == is_python
        assert book.sent("complete")[-1]["language"] == speaks.lower()
        if is_python:
            assert book.ghost == ""
        else:
            assert "|> mean() -> x" in book.wait_ghost()


HUGE = """import numpy, pandas, pathlib, time
df = pandas.DataFrame(numpy.broadcast_to(numpy.float64(0), (781_250_000, 8)), copy=False)
assert df.memory_usage(index=False).sum() == 50e9

def touched(self, *_):
    pathlib.Path("touched").touch()
    print("touched")
    time.sleep(30)

names = "getattribute getattr dir repr str len iter array bool sizeof".split()
slow = type("Slow", (), {f"__{name}__": touched for name in names} | {"shape": property(touched)})()"""
LATER_S = 1.5
"""What a machine with two cores, which others use too, may be late by chance."""


def _started_s(book: Notebook, cell: int, typed: str, n_ran: int, *, asked: bool) -> float:
    """Seconds from Shift+Enter behind `typed`, pressed as soon as we are asked if `asked`, until the cell has run."""
    book.enter(cell)
    book.press("Control+a", "Delete")
    n_before = len(book.sent("complete"))
    book.type(typed, delay_ms=60)
    if asked:
        wait_for(lambda: len(book.sent("complete")) > n_before, "us to be asked")
    began_s = time.monotonic()
    book.press("Shift+Enter")
    book.page.locator(".jp-InputPrompt", has_text=f"[{n_ran}]").wait_for(timeout=20_000)
    return time.monotonic() - began_s


@pytest.mark.parametrize("name", ["df", "slow"])
def test_a_huge_or_slow_object_delays_nothing(
    lab: Lab, model_server: ModelServer, window: BrowserContext, name: str
) -> None:
    """Behind a frame of 50 GB, or an object whose every look sleeps, a cell starts as soon as without us, untouched."""
    lab.notebook(f"{name}.ipynb", HUGE, "")
    book = Notebook(window, lab, f"{name}.ipynb")
    model_server.text = "x"
    book.enter(0)
    book.press("Shift+Enter")
    book.page.locator(".jp-InputPrompt", has_text="[1]").wait_for(timeout=60_000)
    took_s: dict[bool, list[float]] = {True: [], False: []}
    try:
        for n_ran in range(2, 8):
            on = n_ran % 2 == 0
            lab.patch("mccom/settings", {"enabled": on})
            expect(book.page.locator(STATUS)).to_have_attribute("data-state", "ready" if on else "off")
            took_s[on].append(_started_s(book, 1, f"{name}.", n_ran, asked=on))
            outputs = book.page.locator('.jp-Cell[data-windowed-list-index="1"] .jp-OutputArea-output')
            expect(outputs).to_have_count(1)
            expect(outputs).to_contain_text("SyntaxError")
    finally:
        lab.patch("mccom/settings", {"enabled": True})
    assert not (lab.root / "touched").exists()
    assert min(took_s[True]) <= min(took_s[False]) + LATER_S, took_s
    assert {body["prefix"] for body in book.sent("complete")} >= {f"{name}."}
