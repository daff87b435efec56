"""A model file from the hub, by HTTP ranges: a later try goes on where the last one ended.

`hf_hub_download` is not used: it throws an unfinished file away (2.x) and retries an unreachable hub for half a
minute. Every blocking call, name look-up included, is made in a thread that can be left behind, so that the waits
here hold to the second. Does not judge the bytes: the store checks the hash.
"""

from __future__ import annotations

import queue
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from .. import way_out
from ..errors import ModelError
from .transfer import Transfer, size_of

if TYPE_CHECKING:
    import httpx

HUB_PART = "hub.part"
FIRST_BYTE_S = 4.0
"""How long a hub may take to send the first byte: an unreachable one costs no more than this."""
_STALL_S = 20.0
_TRIES = 3
_PAUSE_S = 1.0
_POLL_S = 0.2
_QUEUED_BLOCKS = 16


class HubUnreachable(ModelError):
    """The hub does not answer, or no more: another source may do."""


class _Broken(Exception):
    """Raised when a connection gives no more bytes; the text says why."""


_Block: TypeAlias = tuple[int, bytes]
"""Where in the file, and the bytes."""
_Blocks: TypeAlias = "queue.Queue[_Block | _Broken | None]"


def from_hub(transfer: Transfer, *, endpoint: str | None, first_byte_s: float = FIRST_BYTE_S) -> Path:
    """Fetches the file and gives the path of its unverified bytes; `endpoint` None is the hub of `HF_ENDPOINT`.

    Raises HubUnreachable: within `first_byte_s` when nothing comes, and when a broken connection cannot be resumed
    in three tries. Raises PullCancelled.
    """
    part, total = transfer.staging / HUB_PART, transfer.model.n_bytes
    if size_of(part) > total:
        part.unlink()
    transfer.report(size_of(part))
    failures = 0
    received = False
    while (before := size_of(part)) < total:
        try:
            _extend(transfer, part, endpoint, first_byte_s)
        except _Broken as error:
            gained = size_of(part) > before
            received = received or gained
            failures = 0 if gained else failures + 1
            if not received:
                raise HubUnreachable(f"the hub cannot be reached ({error}); check the network and try again") from error
            if failures == _TRIES:
                raise HubUnreachable(f"the connection to the hub broke ({error}); pull again to continue") from error
            transfer.pause(_PAUSE_S)
    return part


def _extend(transfer: Transfer, part: Path, endpoint: str | None, first_byte_s: float) -> None:
    """Adds the bytes of one connection to the part. Raises _Broken when it ends before the file does."""
    blocks: _Blocks = queue.Queue(maxsize=_QUEUED_BLOCKS)
    left = threading.Event()
    part.touch()
    start = size_of(part)
    threading.Thread(
        target=_read, args=(transfer, endpoint, start, blocks, left), name="mccom hub", daemon=True
    ).start()
    limit_s = first_byte_s
    try:
        with part.open("r+b") as file:
            file.seek(start)
            while (block := _next(transfer, blocks, limit_s, file.tell())) is not None:
                offset, data = block
                file.seek(offset)
                file.truncate()
                file.write(data)
                limit_s = _STALL_S
    finally:
        left.set()
    if size_of(part) < transfer.model.n_bytes:
        raise _Broken("the connection ended early")


def _next(transfer: Transfer, blocks: _Blocks, limit_s: float, done: int) -> _Block | None:
    end = time.monotonic() + limit_s
    while True:
        transfer.report(done)
        try:
            item = blocks.get(timeout=_POLL_S)
        except queue.Empty:
            if time.monotonic() >= end:
                raise _Broken(f"no answer in {limit_s:.0f} s") from None
            continue
        if isinstance(item, _Broken):
            raise item
        return item


def _read(transfer: Transfer, endpoint: str | None, start: int, blocks: _Blocks, left: threading.Event) -> None:
    """The thread: puts blocks, then None or _Broken; ends soon after it was left."""
    import httpx

    def put(item: _Block | _Broken | None) -> None:
        while not left.is_set():
            try:
                blocks.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    try:
        url, headers = _request(transfer, endpoint)
        headers |= {"Range": f"bytes={start}-"} if start else {}
        client = way_out.client("hub", follow_redirects=True, timeout=_STALL_S)
        with client, client.stream("GET", url, headers=headers) as response:
            offset = _begin(response, start, transfer.model.n_bytes)
            for data in response.iter_raw():
                put((offset, data))
                offset += len(data)
                if left.is_set():
                    return
                if offset > transfer.model.n_bytes:
                    raise _Broken("it sends more than the file holds")
    except _Broken as error:
        put(error)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as error:
        # ValueError and ImportError: proxy settings that httpx cannot use
        put(_Broken(str(error) or type(error).__name__))
    put(None)


def _request(transfer: Transfer, endpoint: str | None) -> tuple[str, dict[str, str]]:
    from huggingface_hub import constants, get_token, hf_hub_url

    hub = transfer.model.hub
    assert hub is not None
    if constants.HF_HUB_OFFLINE:
        raise _Broken("HF_HUB_OFFLINE is set")
    token = get_token()
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
    return hf_hub_url(hub.repo, transfer.model.file, revision=hub.revision, endpoint=endpoint), headers


def _begin(response: httpx.Response, start: int, n_bytes: int) -> int:
    """The offset at which the answer begins. Raises _Broken for an answer that is not this file."""
    if response.status_code not in (200, 206):
        raise _Broken(f"HTTP {response.status_code}")
    if response.status_code == 200:
        if int(response.headers.get("Content-Length", n_bytes)) != n_bytes:
            raise _Broken("it sends another file")
        return 0
    if response.headers.get("Content-Range") != f"bytes {start}-{n_bytes - 1}/{n_bytes}":
        raise _Broken("it sends another part or another file")
    return start
