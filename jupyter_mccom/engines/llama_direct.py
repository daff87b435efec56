"""The process that owns a llama.cpp model through llama.h: answers on a loopback socket until its parent goes away.

One connection a request: a JSON line comes in (`{"key", "ask", …}`), JSON lines go out; closing it is the cancel. Where
llama.h cannot be used, the server of `llama_server.py` runs in its place, and the greeting's address says so.
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from ..errors import EngineError, EngineMissing, PromptTooLong
from ..types import Token
from . import llama_server
from .costs import ByCost, CostCurve, keep, kept, key_of, timed
from .decoding import CheckAll, Decoding
from .llama_h import LlamaH
from .parent import fail, greet, settings

_HOST = "127.0.0.1"
_MAX_REQUEST_BYTES = 4_000_000
_REQUEST_S = 30.0
"""A peer that says nothing for so long is none of ours."""


class Served:
    """A model and who may ask it."""

    def __init__(self, model: LlamaH, decoding: Decoding, key: str) -> None:
        self._model = model
        self._decoding = decoding
        self._key = key
        self._free = threading.Lock()

    def answer(self, peer: socket.socket) -> None:
        """One request, whole; a peer that goes away ends it within a token."""
        with peer, peer.makefile("rb") as lines:
            peer.settimeout(_REQUEST_S)
            try:
                request = json.loads(lines.readline(_MAX_REQUEST_BYTES))
                known = secrets.compare_digest(str(request["key"]).encode(), self._key.encode())
            except (OSError, ValueError, KeyError, TypeError):
                return  # none of ours
            if known:
                peer.settimeout(None)
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError):  # it has gone
                    for line in self._lines(request, peer):
                        peer.sendall(line)

    def _lines(self, request: Mapping[str, Any], peer: socket.socket) -> Iterator[bytes]:
        if request["ask"] == "count":
            texts, special = request["texts"], bool(request["special"])
            yield _line(counts=[len(self._model.encode(text, special=special)) for text in texts])
            return
        with self._free:
            yield from self._written(request, lambda: _has_gone(peer))

    def _written(self, request: Mapping[str, Any], gone: Callable[[], bool]) -> Iterator[bytes]:
        prompt, max_tokens, draft = request["prompt"], request["max_tokens"], request["draft"]
        try:
            for token in self._decoding.write(prompt, max_tokens=max_tokens, draft=draft, gone=gone):
                yield _line(**_fields(token))
                if gone():
                    return
        except EngineError as error:
            yield _line(error=str(error), too_long=isinstance(error, PromptTooLong))
        else:
            yield _line(end=True)


def _fields(token: Token) -> dict[str, object]:
    fields = {"text": token.text, "prob": token.prob, "from_draft": token.from_draft, "n_evaluated": token.n_evaluated}
    return fields | {"check": asdict(token.check) if token.check else None}


def _line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _has_gone(peer: socket.socket) -> bool:
    """The peer has closed: it sends nothing after its request."""
    try:
        return peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _curve(model: LlamaH, file: Path, key: str, threads: int) -> CostCurve:
    found = kept(file, key)
    if found is None:
        ids = model.encode("for i in range(10): print(i) # one line of text that is long enough", special=False)[:16]

        def evaluate(n_tokens: int) -> None:
            model.decode(ids[:n_tokens], model.keep(0), n_tokens, lambda: False)

        # the wheel computes on the processor, but on a Mac on its GPU
        wall = sys.platform == "darwin"
        found = timed(evaluate, time.perf_counter if wall else lambda: time.process_time() / threads)
        model.keep(0)
        keep(file, key, found)
    return found


def _open(path: str, key: str, threads: int, context_tokens: int, costs_file: str, model_hash: str) -> Served:
    """Raises EngineMissing where llama.h cannot be used, EngineError when the file is no model.

    Without a `costs_file` all of a draft is checked.
    """
    model = LlamaH(path, threads=threads, context_tokens=context_tokens)
    policy = ByCost(_curve(model, Path(costs_file), key_of(model_hash, threads), threads)) if costs_file else CheckAll()
    return Served(model, Decoding(model, policy), key)


def _serve(served: Served) -> NoReturn:
    listener = socket.create_server((_HOST, 0))
    greet(f"tcp://{_HOST}:{listener.getsockname()[1]}")
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=served.answer, args=[peer], daemon=True).start()


def _instead(path: str, key: str, threads: int, context_tokens: int) -> NoReturn:
    """The server of the same wheel, where llama.h cannot be used."""
    try:
        server = llama_server.start(path=path, key=key, threads=threads, context_tokens=context_tokens)
    except (RuntimeError, AttributeError) as error:
        fail(str(error))
    greet(server.listening_address)
    while True:
        threading.Event().wait()


def main() -> NoReturn:
    """Entry of the child; it ends with its parent, or with status 3 when the model could not be loaded."""
    given = settings()
    try:
        served = _open(**given)
    except EngineMissing:
        _instead(given["path"], given["key"], given["threads"], given["context_tokens"])
    except EngineError as error:
        fail(str(error))
    _serve(served)


if __name__ == "__main__":
    main()
