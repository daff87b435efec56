"""The process that owns an MLX model: answers HTTP on loopback until its parent goes away.

`POST /generate` → server-sent JSON events, one a token and one that says `stop`; `POST /tokenize` → `{"counts"}`.
MLX belongs to one thread: requests wait for it in line, and one whose client has left ends within a token or a step of
its prompt.
"""

from __future__ import annotations

import hmac
import json
import select
import socket
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import parent

if TYPE_CHECKING:
    from .mlx_model import MlxModel


class MlxServer(ThreadingHTTPServer):
    """Loads the model, then listens on a free port of the loopback interface. Raises as MlxModel does."""

    daemon_threads = True

    def __init__(self, *, path: str, key: str, context_tokens: int) -> None:
        from .mlx_model import MlxModel

        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mlx")
        self._context_tokens = context_tokens
        self._key = f"Bearer {key}"
        self._model: MlxModel = self._thread.submit(MlxModel, Path(path), context_tokens=context_tokens).result()
        super().__init__(("127.0.0.1", 0), _Handler)

    def knows(self, authorization: str) -> bool:
        """The request carries the key."""
        return hmac.compare_digest(authorization.encode(), self._key.encode())

    def counts(self, body: Mapping[str, Any]) -> list[int]:
        """Tokens of each of `texts`; with `special` a marker is one token."""
        special = bool(body["special"])
        return self._thread.submit(
            lambda: [self._model.count(text, special=special) for text in body["texts"]]
        ).result()

    def stream(self, body: Mapping[str, Any], handler: _Handler) -> None:
        """Writes the tokens of `prompt` to a client as they come."""
        self._thread.submit(self._stream, body, handler).result()

    def _stream(self, body: Mapping[str, Any], handler: _Handler) -> None:
        from .mlx_model import TooLong

        tokens = self._model.generate(
            body["prompt"], max_tokens=body["max_tokens"], draft=body["draft"], wanted=handler.waits
        )
        try:
            for token in tokens:
                handler.event(asdict(token))
            handler.event({"stop": True})
        except TooLong as error:
            size = {"n_prompt_tokens": error.n_tokens, "n_ctx": self._context_tokens}
            handler.event({"error": {"type": "exceed_context_size_error", **size}})
        except (RuntimeError, ValueError) as error:  # MLX's own: out of memory, a shape that cannot be
            self._model.forget()
            handler.event({"error": {"message": str(error)}})


class _Handler(BaseHTTPRequestHandler):
    """One request; no page of a browser may read an answer, since no header allows it."""

    server: MlxServer

    def do_POST(self) -> None:
        if not self.server.knows(self.headers.get("Authorization", "")):
            self.send_error(401)
            return
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        self.send_response(200)
        self.end_headers()
        if self.path == "/tokenize":
            self.wfile.write(json.dumps({"counts": self.server.counts(body)}).encode())
        else:
            try:
                self.server.stream(body, self)
            except ConnectionError:
                self.close_connection = True

    def waits(self) -> bool:
        """The client has not left."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        return not readable or bool(self.connection.recv(1, socket.MSG_PEEK))

    def event(self, value: Mapping[str, Any]) -> None:
        """Sends one event. Raises ConnectionError when the client has left."""
        self.wfile.write(f"data: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *args: object) -> None:
        """Silence: the parent keeps the last line on stderr for what went wrong."""


def main() -> int:
    """Entry of the child: exit 0 after the parent closed stdin, 3 when the model could not be loaded."""
    try:
        server = MlxServer(**parent.settings())
    except (ImportError, OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        parent.fail(str(error) or type(error).__name__)
    parent.greet(f"http://127.0.0.1:{server.server_port}")
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
