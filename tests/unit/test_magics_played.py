"""`%mccom` against a played service: what left is printed, a download tells how far it is."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from jupyter_mccom.magics.pages import sent
from jupyter_mccom.magics.server import Server, trusted
from jupyter_mccom.magics.verbs import Verbs
from tests.conftest import SMALL


class Downloading:
    """A Service that has a download under way, which the person interrupts at its third look."""

    where = config = document = ""

    def __init__(self) -> None:
        self.looked, self.cancelled = 0, False

    def status(self) -> dict[str, Any]:
        """The scripted status."""
        self.looked += 1
        if self.looked == 3:
            raise KeyboardInterrupt
        return {"pull": {"model": SMALL, "done_bytes": self.looked * 10_000_000, "total_bytes": 98_000_000}}

    def off_here(self, cell_id: str) -> str:
        """Nothing opts out."""
        return ""

    def cancel_pull(self) -> None:
        """Notes that the download was cancelled."""
        self.cancelled = True

    def pull(self, model: str | None) -> None:
        """Notes nothing: no model is downloaded."""

    def traces(self) -> list[dict[str, Any]]:
        """The scripted traces."""
        return []

    def left(self) -> list[dict[str, Any]]:
        """The scripted requests that left."""
        bodies = (("cloud", "POST https://cloud.test/v1", '{"prompt":"x"}'), ("package index", "pip download a==1", ""))
        return [{"kind": kind, "at_s": 1.5, "address": where, "body": body} for kind, where, body in bodies]

    def forget(self) -> None:
        """Forgets nothing."""

    def change(self, values: Mapping[str, object]) -> None:
        """Changes nothing."""

    def restart(self) -> None:
        """Restarts nothing."""

    def snooze(self, minutes: float | None) -> None:
        """Pauses nothing."""

    def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The scripted answer."""
        return {}

    def cloud(self) -> dict[str, Any]:
        """Nothing is set up."""
        return {}

    def cloud_models(self, cloud: Mapping[str, Any]) -> list[str]:
        """No models."""
        return []

    def try_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """Tries nothing."""
        return {}

    def put_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """Sets up nothing."""
        return {}

    def remove_cloud(self, provider: str) -> dict[str, Any]:
        """Removes nothing."""
        return {}

    def close(self) -> None:
        """Closes nothing."""


def test_what_left_is_shown_as_it_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """`%mccom why sent` prints each request that left last, its body as it was sent."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))  # type: ignore[no-untyped-call]
    Verbs(shell, lambda _: (Downloading(), False)).run("why sent", None)
    first, second = capsys.readouterr().out.split("\n\n")
    assert first.endswith(' cloud: POST https://cloud.test/v1\n{"prompt":"x"}')
    assert second.endswith(" package index: pip download a==1\n")
    assert sent([]).startswith("nothing has left")


def test_a_download_tells_how_far_it_is_and_can_be_interrupted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download prints its progress, and an interrupt keeps what arrived."""
    monkeypatch.setattr("jupyter_mccom.magics.verbs._POLL_S", 0.01)
    service = Downloading()
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))  # type: ignore[no-untyped-call]
    Verbs(shell, lambda _: (service, False)).run("pull", None)
    said = capsys.readouterr().out
    assert f"{SMALL}: 10 of 98 MB (10%)" in said
    assert f"{SMALL}: 20 of 98 MB (20%)" in said
    assert service.cancelled


class _Sessions(BaseHTTPRequestHandler):
    """A Jupyter server with the session of one notebook that is edited together."""

    def do_GET(self) -> None:
        body = json.dumps([{"path": "RTC:plans/a.ipynb", "kernel": {"id": "k"}}]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing is printed."""


def test_a_notebook_that_is_edited_together_has_its_own_path() -> None:
    """The name of the shared drive is no part of the notebook's path, as in the requests of the page."""
    with HTTPServer(("127.0.0.1", 0), _Sessions) as played:
        Thread(target=played.serve_forever, daemon=True).start()
        server = Server({"url": f"http://127.0.0.1:{played.server_port}/", "token": "t", "root_dir": "/"}, "k")
        assert server.document == "plans/a.ipynb"
        server.close()
        played.shutdown()


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://127.0.0.1:8888/", False),
        ("https://localhost:8888/lab/", False),
        ("https://lab.example:8888/", True),
        ("https://127.example.org/", True),
    ],
)
def test_only_a_strangers_certificate_is_checked(url: str, checked: bool) -> None:
    """A server's own certificate on loopback is taken as it is; that of another host is checked."""
    context = trusted(url)
    assert (context.verify_mode is ssl.CERT_REQUIRED, context.check_hostname) == (checked, checked)
