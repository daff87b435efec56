"""The process that owns a model answers on a loopback socket until its parent goes away; any decoding.Decoder will do.

One connection a request: a line with the key comes in, then a JSON line (`{"ask", …}`); JSON lines go out, and
closing it is the cancel. A line `{"working": true}` says now and then that the model makes progress. The other side
is `connection.py`.

Any user of this machine can connect: a peer has a second and 4 KiB to say the key, 16 peers at most at a time.
"""

from __future__ import annotations

import json
import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from typing import Any, NoReturn

from ...errors import EngineError, PromptTooLong
from ..decoding.decoding import Decoder, Decoding, Policy
from .child_side import greet

_HOST = "127.0.0.1"
_MAX_KEY_BYTES = 4096
_KEY_S = 1.0
_MAX_STRANGERS = 16
"""Peers that have not said the key yet. Another one waits in the listener's queue."""
_MAX_REQUEST_BYTES = 4_000_000
_REQUEST_S = 30.0
"""A peer that has said the key and then nothing for so long is none of ours."""
_ACCEPT_AGAIN_S = 0.1
"""After an `accept` that failed, for lack of descriptors or because the peer left."""
_WORKING_S = 1.0
"""Between two lines that tell of progress."""


class Owner:
    """A model in a thread of its own, and who may ask it. `opened` is called in that thread; raises as it does."""

    def __init__(self, opened: Callable[[], tuple[Decoder, Policy]], key: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="model")
        self._decoder, policy = self._thread.submit(opened).result()
        self._decoding = Decoding(self._decoder, policy)
        self._key = key.encode()
        self._strangers = threading.BoundedSemaphore(_MAX_STRANGERS)

    def serve(self, note: str = "") -> NoReturn:
        """Greets the parent with a note for people, and answers."""
        listener = socket.create_server((_HOST, 0))
        greet(f"tcp://{_HOST}:{listener.getsockname()[1]}", note)
        while True:
            self._strangers.acquire()
            try:
                peer, _ = listener.accept()
                threading.Thread(target=self._meet, args=[peer], daemon=True).start()
            except (OSError, RuntimeError):  # no descriptor or no thread is free
                self._strangers.release()
                time.sleep(_ACCEPT_AGAIN_S)

    def _meet(self, peer: socket.socket) -> None:
        """Answers who says the key first."""
        with peer:
            try:
                known = self._knows_the_key(peer)
            finally:
                self._strangers.release()
            if known:
                self._answer(peer)

    def _knows_the_key(self, peer: socket.socket) -> bool:
        said, end_s = b"", time.monotonic() + _KEY_S
        while not said.endswith(b"\n"):
            peer.settimeout(max(0.001, end_s - time.monotonic()))
            try:
                # no more than the key's line: what follows is the request
                more = peer.recv(1 if len(said) >= len(self._key) else len(self._key) - len(said))
            except OSError:
                return False
            said += more
            if not more or len(said) > _MAX_KEY_BYTES or time.monotonic() > end_s:
                return False
        return secrets.compare_digest(said.rstrip(b"\r\n"), self._key)

    def _answer(self, peer: socket.socket) -> None:
        """One request, whole; a peer that goes away ends it within a token."""
        with peer.makefile("rb") as lines:
            peer.settimeout(_REQUEST_S)
            try:
                request = json.loads(lines.readline(_MAX_REQUEST_BYTES))
            except (OSError, ValueError):
                return  # it left while it asked
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
            listener = _Listener(peer)
            for line in self._written(request, listener.gone):
                listener.hear(line)

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


class _Listener:
    """Who reads an answer. While a long prompt is read, it is told that the model makes progress."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._told_s = time.monotonic()

    def hear(self, line: bytes) -> None:
        """Sends a line. Raises OSError when the peer has gone."""
        self._peer.sendall(line)
        self._told_s = time.monotonic()

    def gone(self) -> bool:
        """The peer has closed. Asked between two batches of a prompt and between two tokens."""
        if _has_gone(self._peer):
            return True
        if time.monotonic() - self._told_s >= _WORKING_S:
            try:
                self.hear(_line(working=True))
            except OSError:
                return True
        return False


def _line(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _has_gone(peer: socket.socket) -> bool:
    """The peer has closed: it sends nothing after its request."""
    try:
        readable, _, _ = select.select([peer], [], [], 0)
        return bool(readable) and peer.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
