"""A model server on loopback that writes what a test says, and can be down, or answer 404."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODELS = {"data": [{"id": "qwen2.5-coder-0.5b", "owned_by": "organization_owner"}]}


class ModelServer:
    """A server with one completions model, whose answers are 404 where it is told so; it may be down."""

    def __init__(self) -> None:
        self.text = "1 + 2"
        self.not_found: tuple[str, ...] = ()
        """Routes that answer 404; an empty one: all of them."""
        self.n_asked = 0
        self.prompts: list[str] = []
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """It is up, at the port that it had."""
        told = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(json.dumps(MODELS) if self.path == "/v1/models" else None)

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                told.prompts.append(asked.get("prompt", ""))
                event = json.dumps({"choices": [{"text": told.text + "\n"}]})
                self._answer(f"data: {event}\n\ndata: [DONE]\n\n" if self.path == "/v1/completions" else None)

            def _answer(self, body: str | None) -> None:
                told.n_asked += 1
                lost = body is None or any(self.path.startswith(route) for route in told.not_found)
                self.send_response(404 if lost else 200)
                self.end_headers()
                self.wfile.write(b"not found" if lost else (body or "").encode())

            def log_message(self, *args: object) -> None:
                """Logs nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def stop(self) -> None:
        """It is down: nobody listens at its port. Idempotent."""
        if self._server and self._thread:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._server = self._thread = None
