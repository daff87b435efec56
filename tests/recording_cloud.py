"""A cloud that keeps each body that it is sent: an HTTP server in a thread, there before a Jupyter server starts."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY_NAME, KEY = "MCCOM_TEST_KEY", "the-key-of-the-cloud"


class RecordingCloud(ThreadingHTTPServer):
    """Answers every completion by the same line, as Mistral's `/fim/completions` does."""

    def __init__(self, text: str) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.event = json.dumps({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})
        self.bodies: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a server that asks it; its key is in the environment."""
        named = {"cloud_dialect": "mistral", "cloud_model": "codestral-latest", "cloud_key_env": KEY_NAME}
        return {**named, "cloud_url": self.url}


class _Asked(BaseHTTPRequestHandler):
    server: RecordingCloud

    def do_POST(self) -> None:
        """Keeps the body."""
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(f"data: {self.server.event}\n\ndata: [DONE]\n\n".encode())

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Says nothing."""


@contextmanager
def recording(text: str) -> Iterator[RecordingCloud]:
    """Runs it."""
    with RecordingCloud(text) as cloud:
        thread = threading.Thread(target=cloud.serve_forever, daemon=True)
        thread.start()
        try:
            yield cloud
        finally:
            cloud.shutdown()
            thread.join()
