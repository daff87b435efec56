"""JupyterLab below a base URL and behind a reverse proxy: completions, the panel and events work there."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from jupyter_mccom.models.store import Store

from .lab import STATUS, Lab, Notebook, wait_for


class _Below(Lab):
    base = "/a/b"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def lab(models: Store, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A JupyterLab below /a/b/, whose address is that of a proxy before it."""
    server = _Below(tmp_path_factory.mktemp("lab"), "--MCCom.model=smollm2-135m", "--MCCom.show_threshold=0")
    port, api_port = _free_port(), _free_port()
    program = packages / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    command = ["node", str(program), "--ip=127.0.0.1", f"--port={port}", "--api-ip=127.0.0.1"]
    command += [f"--api-port={api_port}", f"--default-target=http://127.0.0.1:{server.port}"]
    proxy = subprocess.Popen(command, stdout=server.log, stderr=server.log)
    try:
        server.url = f"http://127.0.0.1:{port}{server.base}"
        wait_for(lambda: bool(server.get("api/status")), "the proxy")
        yield server
    finally:
        proxy.terminate()
        proxy.wait(30)
        server.stop()


def test_all_works_behind_it(lab: Lab, window: BrowserContext, screenshots: Path) -> None:
    """Below a base URL and behind a proxy the model's text is taken, the panel tells of it, events arrive."""
    lab.notebook("a.ipynb", "values = [1, 2, 3]", "")
    book = Notebook(window, lab, "a.ipynb")
    page = book.page
    book.enter(1)
    book.type("import numpy as ")
    ghost = book.wait_ghost()
    n_before = len(lab.outcomes())
    book.press("Tab")
    assert book.source(1) == f"import numpy as {ghost}"
    lab.wait_outcome(n_before, ghost, "accepted")
    page.locator(STATUS).click()
    expect(page.locator(".jp-mccom-panel")).to_contain_text(ghost)
    page.screenshot(path=str(screenshots / "behind-a-proxy.png"))
    page.keyboard.press("Escape")
    book.enter(1)
    book.type("\nimport pandas as ")
    book.wait_ghost()
    lab.patch("mccom/settings", {"enabled": False})
    book.no_ghost()
    page.locator(f"{STATUS}[data-state=off]").wait_for(timeout=5_000)
    lab.patch("mccom/settings", {"enabled": True})
    page.locator(f"{STATUS}[data-state=ready]").wait_for(timeout=5_000)
    addresses = {entry.split("/mccom/")[0] for entry in _mccom_addresses(book)}
    assert addresses == {lab.url}


def _mccom_addresses(book: Notebook) -> list[str]:
    """Addresses of the server's routes that the page has asked."""
    names: list[str] = book.page.evaluate(
        "() => performance.getEntriesByType('resource').map(entry => entry.name)"
        ".filter(name => /\\/mccom\\/[a-z]+(\\?|$)/.test(name))"
    )
    return names
