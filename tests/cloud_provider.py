"""A provider as a person sets it up: lists its models and writes one text, and refuses what it does not know.

It speaks as Mistral does (`/models` and `/fim/completions`), over real HTTP in a thread of its own, so that a command
line that is run by a test finds it too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-a-key-of-tests-0123456789"
MODELS = ["codestral-latest", "codestral-small"]
PROVIDER = "mistral"
_FIELDS = {"model", "prompt", "suffix", "max_tokens", "temperature", "stream", "prompt_cache_key"}


@dataclass
class FakeProvider:
    """The server; its fields may be changed while it runs."""

    url: str = ""
    """The base address."""
    text: str = "first + second"
    key: str = KEY
    """The only key that is let in; empty lets everybody in."""
    redirect: str = ""
    """The address to which every request is sent on; empty: none is."""
    wait: threading.Event = field(default_factory=threading.Event)
    """An answer's text waits until this is set; it is set at the start."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and key of each request, in order."""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when a client has gone away before its answer."""

    @property
    def paths(self) -> list[str]:
        """The paths that were asked, in order."""
        return [path for path, _ in self.asked]


def _answered(provider: FakeProvider, path: str, key: str, body: dict[str, Any]) -> tuple[int, str]:
    """Status and content of an answer; a stream ends with `[DONE]`."""
    if provider.key and key != provider.key:
        return 401, json.dumps({"message": "Unauthorized"})
    if path == "/models":
        return 200, json.dumps({"object": "list", "data": [{"id": name} for name in MODELS]})
    if path != "/fim/completions" or set(body) - _FIELDS or body["model"] not in MODELS:
        return 400, json.dumps({"message": "no such route, model or field"})
    event = {"choices": [{"delta": {"content": provider.text}, "finish_reason": "stop"}]}
    return 200, f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"


class _Handler(BaseHTTPRequestHandler):
    provider: FakeProvider

    def do_GET(self) -> None:
        """Answers a question without a body."""
        self._answer({})

    def do_POST(self) -> None:
        """Answers one with a body of JSON."""
        self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Prints nothing."""

    def _answer(self, body: dict[str, Any]) -> None:
        provider, key = self.provider, self.headers.get("Authorization", "").removeprefix("Bearer ")
        provider.asked.append((self.path, key))
        self._hold()
        status, content = (307, "") if provider.redirect else _answered(provider, self.path, key, body)
        self.send_response(status)
        if provider.redirect:
            self.send_header("Location", provider.redirect + self.path)
        self.end_headers()
        self.wfile.write(content.encode())

    def _hold(self) -> None:
        """Waits until the answer may go out, or the client has gone."""
        self.connection.settimeout(0.05)
        while not self.provider.wait.is_set() and not self.provider.left.is_set():
            try:
                if not self.connection.recv(1):
                    self.provider.left.set()
            except TimeoutError:
                continue
        self.connection.settimeout(None)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Prints nothing where a client has gone."""


@contextmanager
def providing() -> Iterator[FakeProvider]:
    """Runs a FakeProvider."""
    found = FakeProvider()
    found.wait.set()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"provider": found}))
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        found.wait.set()
        server.shutdown()
        server.server_close()
        thread.join()
