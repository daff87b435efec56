"""A server on loopback that keeps every body it is sent and answers in any dialect. It has no model."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOCAL_MODEL = "scripted"
_MODELS = {"object": "list", "data": [{"id": LOCAL_MODEL, "owned_by": "llamacpp"}]}
_CHARS_A_TOKEN = 4
_UNSURE = -1.2
"""Logarithm of the probability that it claims: a cascade asks its cloud then."""
_LITERAL = re.compile(r'root ::= "(.*)" \[\^\\x00\]\*', re.DOTALL)
_BY_NUMBER = re.compile(r"\\U([0-9A-F]{8})")


class RecordingServer(ThreadingHTTPServer):
    """`written` is what it writes to all that ask; `bodies` and `paths` are what it was sent, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.written = "x"
        self.bodies: list[bytes] = []
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def record(self, path: str, body: bytes) -> None:
        """Keeps what a request says: its path, which may hold a query, and its body."""
        self.paths.append(path)
        self.bodies += [path.encode(), body]


@contextmanager
def recording() -> Iterator[RecordingServer]:
    """Runs a RecordingServer in a thread of its own."""
    with RecordingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RecordingServer

    def do_GET(self) -> None:
        """A list of models; nothing else is to be had."""
        self.server.record(self.path, b"")
        found = self.path == "/v1/models"
        self._json(_MODELS if found else {}, 200 if found else 404)

    def do_POST(self) -> None:
        """One answer that holds what any of the dialects reads."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.record(self.path, content)
        body: dict[str, Any] = json.loads(content or b"{}")
        if self.path == "/tokenize":
            text = str(body.get("content", body.get("prompt", "")))
            self._json({"tokens": list(range(-(-len(text) // _CHARS_A_TOKEN)))})
        elif self.path == "/api/show":
            self._json({}, 404)
        elif body.get("stream"):
            self._events([*([forced] if (forced := _forced(body)) else []), self.server.written])
        else:
            self._json(_union(self.server.written) | {"stop": True})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Says nothing."""

    def _events(self, pieces: list[str]) -> None:
        told = [_union(piece, "".join(pieces[: n + 1])) for n, piece in enumerate(pieces)]
        told.append({"content": "", "stop": True, "choices": [], "text": "".join(pieces)})
        lines = [f"data: {json.dumps(one)}\n\n" for one in told]
        self._answer("".join([*lines, "data: [DONE]\n\n"]).encode(), "text/event-stream", 200)

    def _json(self, value: Mapping[str, object], status: int = 200) -> None:
        self._answer(json.dumps(value).encode(), "application/json", status)

    def _answer(self, content: bytes, kind: str, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _union(piece: str, so_far: str = "") -> dict[str, Any]:
    """A piece of text as llama.cpp, the completion and chat routes of others, and SGLang tell it."""
    told = {"id": 1, "token": piece, "bytes": list(piece.encode()), "logprob": _UNSURE}
    choice = {"index": 0, "text": piece, "delta": {"content": piece}, "finish_reason": None}
    return {
        "content": piece,
        "stop": False,
        "completion_probabilities": [told | {"top_logprobs": [told]}],
        "choices": [choice],
        "text": so_far or piece,
    }


def _forced(body: Mapping[str, Any]) -> str:
    """What a grammar or a regular expression of ours makes the answer begin with."""
    found = _LITERAL.fullmatch(str(body.get("grammar") or ""))
    if found:
        return _BY_NUMBER.sub(lambda number: chr(int(number[1], 16)), found[1])
    places = (body.get("structured_outputs") or {}, body.get("sampling_params") or {})
    rule = next((str(place["regex"]) for place in places if place.get("regex")), "")
    return re.sub(r"\\(.)", r"\1", rule.removesuffix("[\\s\\S]*"), flags=re.DOTALL)
