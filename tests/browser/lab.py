"""A real JupyterLab server and a real Chromium page, driven as a person would."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import nbformat
from playwright.sync_api import BrowserContext, Page, Request, expect

from .extensions import found_in

TOKEN = "browser-tests"
GHOST = ".jp-GhostText:not(.jp-GhostText-lineSpacer):not(.jp-GhostText-letterSpacer)"
STATUS = ".jp-mccom-status"
PATIENCE_MS = 60_000
PLUGIN = "jupyter-mccom:plugin"
_SET = """([plugin, name, value]) =>
  window.jupyterapp.pluginRegistry._plugins.get("@jupyterlab/apputils-extension:settings").service
    .set(plugin, name, value)"""
Faults: TypeAlias = Callable[..., list[str]]
"""What axe-core finds serious or critical in places of a page."""
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]


CLOUD_AWAY = ("--MCCom.cloud_dialect=openai", "--MCCom.cloud_url=http://127.0.0.1:9", "--MCCom.cloud_model=big")
"""A cloud that is configured and does not answer."""


class Lab:
    """One JupyterLab server with folders of its own."""

    module = "jupyterlab"
    app = "LabApp"
    base = ""
    """The server's base URL, without a slash at its end."""
    pages = "lab/tree"
    """Where its pages of documents are, below its address."""

    def environment(self) -> dict[str, str]:
        """What its environment has beside that of the tests."""
        return {}

    def __init__(self, folder: Path, *options: str, extensions: Path | None = None) -> None:
        """`extensions`: a folder of packages that JupyterLab is extended by; see extensions.py."""
        self.root = folder / "work"
        self.root.mkdir(parents=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{self.base}"
        own = ["JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"]
        own += ["IPYTHONDIR"]  # else the history is that of whoever runs the tests
        self.settings = folder / "jupyterlab_settings_dir"
        environment = {**os.environ, **{name: str(folder / name.lower()) for name in own}, **self.environment()}
        if extensions is not None:
            environment |= found_in(extensions, environment)
        command = [sys.executable, "-m", self.module, "--no-browser", "--ip=127.0.0.1", f"--port={self.port}"]
        command += [f"--IdentityProvider.token={TOKEN}", "--allow-root", "--ServerApp.port_retries=0"]
        command += [f"--ServerApp.base_url={self.base}/"] if self.base else []
        command += [
            f"--{self.app}.expose_app_in_browser=True",
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            *options,
        ]
        self.log = (folder / "server.log").open("w")
        self.has_history = False
        self.process = subprocess.Popen(command, cwd=self.root, env=environment, stdout=self.log, stderr=self.log)
        wait_for(lambda: bool(self.get("api/status")), "the server")

    def get(self, route: str) -> Any:
        """JSON of a route; None while the server does not answer."""
        request = urllib.request.Request(f"{self.url}/{route}", headers={"Authorization": f"token {TOKEN}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            return None

    def patch(self, route: str, values: dict[str, Any]) -> None:
        """Changes something on the server, as another window does."""
        headers = {"Authorization": f"token {TOKEN}"}
        body = json.dumps(values).encode()
        request = urllib.request.Request(f"{self.url}/{route}", body, headers, method="PATCH")
        urllib.request.urlopen(request, timeout=10).close()

    def outcomes(self) -> list[tuple[str, str]]:
        """(text, kind of outcome) of each suggestion of a model that has ended, in order."""
        traces = self.get("mccom/traces")["traces"]
        return [(trace["text"], trace["outcome"]["kind"]) for trace in traces if trace["outcome"]]

    def wait_outcome(self, n_before: int, ghost: str, kind: str) -> None:
        """The suggestion that was seen is the last to end, and ends so; it may have been made some keys before."""
        wait_for(
            lambda: len(self.outcomes()) > n_before and self.outcomes()[-1][0].endswith(ghost), f"{ghost!r} to end"
        )
        assert self.outcomes()[-1][1] == kind

    def notebook(self, name: str, *sources: str) -> Path:
        """Writes a notebook of code cells."""
        book = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
        book.cells = [nbformat.v4.new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.root / name
        nbformat.write(book, path)  # type: ignore[no-untyped-call]
        return path

    def write(self, name: str, source: str) -> None:
        """A notebook of one cell, or a file."""
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".ipynb"):
            self.notebook(name, source)
        else:
            (self.root / name).write_text(source)

    def with_history(self) -> None:
        """Switches JupyterLab's other inline provider on, in pages that are opened from now on."""
        self.has_history = True
        folder = self.settings / "@jupyterlab" / "completer-extension"
        folder.mkdir(parents=True)
        on = {"providers": {"@jupyterlab/inline-completer:history": {"enabled": True}}}
        (folder / "inline-completer.jupyterlab-settings").write_text(json.dumps(on))

    def stop(self) -> None:
        """Ends the server as Ctrl-C does. Idempotent."""
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


class Notebook:
    """A notebook open in a page."""

    def __init__(self, context: BrowserContext, lab: Lab, name: str) -> None:
        self.lab = lab
        self.page: Page = context.new_page()
        self._sent: list[tuple[str, Any]] = []
        self._n_asked = 0
        self.page.on("request", self._note)
        self.page.on("requestfinished", lambda request: self._asked(request, -1))
        self.page.on("requestfailed", lambda request: self._asked(request, -1))
        self.page.goto(f"{lab.url}/{lab.pages}/{name}?token={TOKEN}&reset")
        self.page.locator(".jp-Notebook .jp-Cell, .jp-FileEditor .cm-content").first.wait_for(timeout=PATIENCE_MS)
        if name.endswith(".ipynb"):
            self.page.wait_for_function(
                "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
                timeout=PATIENCE_MS,
            )
        self.page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=PATIENCE_MS)

    @property
    def ghost(self) -> str:
        """The grey text, empty without one."""
        return "".join(self.page.locator(GHOST).all_inner_texts())

    def enter(self, cell: int) -> None:
        """Clicks into a cell and goes to its end."""
        self.editor(cell).click()
        self.page.keyboard.press("Control+End")

    def begin(self) -> None:
        """Clicks into the first editor, of a cell or of a file, and goes to its end."""
        self.page.locator(".cm-content").first.click()
        self.press("Control+End")

    def editor(self, cell: int) -> Any:
        """The editor of a cell; scrolled to, since far cells are not rendered."""
        return self.page.locator(f'.jp-Notebook .jp-Cell[data-windowed-list-index="{cell}"] .cm-content')

    def source(self, cell: int) -> str:
        """The cell's text as the document holds it."""
        text: str = self.page.evaluate(
            "i => window.jupyterapp.shell.currentWidget.content.widgets[i].model.sharedModel.getSource()", cell
        )
        return text

    def text(self) -> str:
        """The text of the editor that has the cursor, as the document holds it."""
        text: str = self.page.evaluate(
            "() => { const { content } = window.jupyterapp.shell.currentWidget;"
            " return (content.activeCell ?? content).model.sharedModel.getSource(); }"
        )
        return text

    def type(self, text: str, delay_ms: int = 40) -> None:
        """Presses keys."""
        self.page.keyboard.type(text, delay=delay_ms)

    def press(self, *keys: str) -> None:
        """Presses keys, or chords of them."""
        for key in keys:
            self.page.keyboard.press(key)

    def set(self, **values: Any) -> None:
        """Changes our settings as the settings editor does, without a reload."""
        self.set_of(PLUGIN, **values)

    def set_of(self, plugin: str, **values: Any) -> None:
        """Changes settings of some plugin."""
        for name, value in values.items():
            self.page.evaluate(_SET, [plugin, name, value])

    def execute(self, command: str) -> None:
        """Runs a command, as the palette does."""
        self.page.evaluate("command => window.jupyterapp.commands.execute(command)", command)

    def sent(self, route: str) -> list[Any]:
        """Bodies of the messages to a route of our server so far."""
        self.page.wait_for_timeout(20)  # Playwright hears of them only while it waits
        return [body for sent, body in self._sent if sent == route]

    def settle(self, pause_ms: int) -> None:
        """Waits for a pause in typing, and then until no answer is on its way."""
        self.page.wait_for_timeout(pause_ms)
        while self._n_asked:
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(50)

    def _asked(self, request: Request, more: int) -> None:
        if request.url.partition("?")[0].endswith("/mccom/complete"):
            self._n_asked += more

    def _note(self, request: Request) -> None:
        self._asked(request, 1)
        route = request.url.partition("/mccom/")[2].partition("?")[0]
        if route and request.method == "POST":
            self._sent.append((route, json.loads(request.post_data or "{}")))

    def wait_ghost(self) -> str:
        """Waits until grey text shows, with no answer on its way and unchanged for a moment; returns it."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < end:
            self.page.locator(GHOST).first.wait_for(timeout=PATIENCE_MS)
            before = self.ghost
            self.page.wait_for_timeout(300)
            if self.ghost == before and not self._n_asked:
                return before
        raise AssertionError(f"the grey text is not written to its end: {self.ghost!r}")

    def told_of_the_lost_server(self) -> None:
        """Closes JupyterLab's own dialog, which takes the keyboard when it comes, and does not let it come again."""
        dialog = self.page.locator(".jp-Dialog")
        dialog.wait_for(timeout=PATIENCE_MS)
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="Close").click()

    def no_ghost(self) -> None:
        """Waits until no grey text shows."""
        expect(self.page.locator(GHOST)).to_have_count(0, timeout=10_000)

    def read(self) -> None:
        """Lets the suggestion stand long enough to count as read."""
        self.page.wait_for_timeout(900)


def chromium_path() -> str:
    """Debian's Chromium, or any other on the path; empty without one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), "")


def ends_with(ghost: str) -> re.Pattern[str]:
    """A suggestion of which this is left: it may have been made some keys before it was seen."""
    return re.compile(re.escape(ghost.strip()) + r"\s*$")


def word_of(text: str) -> str:
    """What one press of accept-word takes of a suggestion."""
    found = re.match(r"\s*(?:\w+|[-+*/%=<>!&|^~:@.?]+|([^\s\w])\1*)", text)
    return found[0] if found else text


def line_of(text: str) -> str:
    """What one press of accept-line takes of a suggestion."""
    found = re.match(r"\n*[^\n]*", text)
    assert found
    return found[0]


def wait_for(condition: Callable[[], bool], what: str, patience_s: float = 60.0) -> None:
    """Polls until the condition holds."""
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, f"waited {patience_s:g} s for {what}"
        time.sleep(0.1)
