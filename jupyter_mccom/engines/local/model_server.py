"""The process that owns a model answers on a loopback socket until its parent goes away; any decoding.Decoder will do.

One connection a request: a JSON line comes in (`{"key", "ask", …}`), JSON lines go out; closing it is the cancel. The
other side is `connection.py`.
"""

from __future__ import annotations

import json
import secrets
import select
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from ...errors import EngineError, PromptTooLong
from ..decoding.decoding import Decoder, Decoding, Policy
from .child_side import greet

_HOST = "127.0.0.1"
_MAX_REQUEST_BYTES = 4_000_000
_REQUEST_S = 30.0
"""A peer that says nothing for so long is none of ours."""


class Owner:
    """A model in a thread of its own, and who may ask it. `opened` is called in that thread; raises as it does."""

    def __init__(self, opened: Callable[[], tuple[Decoder, Policy]], key: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._decoder, policy = self._thread.submit(opened).result()
        self._decoding = Decoding(self._decoder, policy)
        self._key = key

    def serve(self) -> NoReturn:
        """Greets the parent, and answers."""
        listener = socket.create_server((_HOST, 0))
        greet(f"tcp://{_HOST}:{listener.getsockname()[1]}")
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=self._answer, args=[peer], daemon=True).start()

    def _answer(self, peer: socket.socket) -> None:
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
                    if request["ask"] == "count":
                        peer.sendall(self._counted(request))
                    else:
                        self._thread.submit(self._write, request, peer).result()

    def _counted(self, request: Mapping[str, Any]) -> bytes:
        special = bool(request["special"])
        n_begin = len(self._decoder.encode("", special=special))
        counts = [len(self._decoder.encode(text, special=special)) - n_begin for text in request["texts"]]
        return _line(counts=counts)

    def _write(self, request: Mapping[str, Any], peer: socket.socket) -> None:
        if not _has_gone(peer):  # while it waited: the cache is not touched for it
            for line in self._written(request, lambda: _has_gone(peer)):
                peer.sendall(line)

    def _written(self, request: Mapping[str, Any], gone: Callable[[], bool]) -> Iterator[bytes]:
        asked = {name: request[name] for name in ("prompt", "forced", "max_tokens", "draft")}
        try:
            for token in self._decoding.write(**asked, gone=gone):
                yield _line(**asdict(token))
                if gone():
                    return
        except EngineError as error:
            yield _line(error=str(error), too_long=isinstance(error, PromptTooLong))
        else:
            yield _line(end=True)


def _line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _has_gone(peer: socket.socket) -> bool:
    """The peer has closed: it sends nothing after its request."""
    try:
        readable, _, _ = select.select([peer], [], [], 0)
        return bool(readable) and peer.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
