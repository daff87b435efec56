"""A folder of MLX weights: is it whole, is it right, and how it is fetched. Blocking; knows nothing of engines.

The stamp beside a folder holds the hub's statement of each file, so that what is here can be checked without the hub.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .. import atomic_json
from ..errors import ModelError
from ..put_in_place import put_in_place
from .catalog import Model
from .hub import from_hub
from .manifest import NEEDED, File, as_json, from_json, stated
from .transfer import Transfer, size_of

_INDEX = "model.safetensors.index.json"
"""Which part of the weights lies in which file, where there are several."""


def is_folder(path: Path) -> bool:
    """A person means this path as a folder of MLX weights."""
    return path.is_dir() and any((path / name).exists() for name in (*NEEDED, _INDEX, "model.safetensors"))


def own_folder(model_id: str, path: Path) -> Model:
    """A person's own folder as a model. Raises ModelError when something of it is missing."""
    lacking = [name for name in (*NEEDED, *_weights(path)) if not (path / name).is_file()]
    if lacking:
        raise ModelError(
            f"the folder {str(path)!r} has no {' and no '.join(lacking)}; fetch what is missing, or convert the model "
            "anew with mlx_lm.convert"
        )
    n_bytes = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    return Model(id=model_id, file=str(path), n_bytes=n_bytes, sha256="", weights="mlx")


def is_whole(path: Path, stamp: Path) -> bool:
    """True when every file that the hub stated is here in full length. No digest is computed."""
    files = _stamped(stamp)
    return bool(files) and all(size_of(path / file.name) == file.n_bytes for file, _ in files)


def is_right(path: Path, stamp: Path, check: Callable[[], None]) -> bool:
    """True when the files have the digests of the hub's statement. Files that have not changed are not read again.

    `check` is called while files are read and may raise.
    """
    files = _stamped(stamp)
    for file, mtime_ns in files:
        at = path / file.name
        unchanged = size_of(at) == file.n_bytes and at.stat().st_mtime_ns == mtime_ns
        if not unchanged and not file.is_at(at, check):
            return False
    if files:
        _write_stamp(path, stamp, [file for file, _ in files])
    return bool(files)


def fetch(
    transfer: Transfer,
    path: Path,
    stamp: Path,
    *,
    endpoint: str | None,
    first_byte_s: float,
    check_space: Callable[[int], None],
) -> None:
    """Fetches every file from the hub into a folder beside, checks each, and puts the folder in place.

    `check_space` is asked with the bytes that are still to come. What arrived stays for a later try. Raises ModelError,
    HubUnreachable, PullCancelled.
    """
    files = stated(transfer, endpoint=endpoint, limit_s=first_byte_s)
    fresh = transfer.staging / "folder"
    fresh.mkdir(exist_ok=True)
    transfer.model = replace(transfer.model, n_bytes=sum(file.n_bytes for file in files))
    check_space(sum(file.n_bytes - size_of(fresh / file.name) for file in files))
    done = 0
    for file in files:
        if not file.is_at(fresh / file.name, transfer.check):
            _fetch_file(transfer, file, fresh / file.name, done, endpoint, first_byte_s)
        done += file.n_bytes
        transfer.report(done)
    shutil.rmtree(path, ignore_errors=True)
    put_in_place(fresh, path)
    _write_stamp(path, stamp, files)
    shutil.rmtree(transfer.staging, ignore_errors=True)


def _fetch_file(transfer: Transfer, file: File, to: Path, done: int, endpoint: str | None, first_byte_s: float) -> None:
    staging = transfer.staging / f"{file.name}.partial"
    staging.mkdir(exist_ok=True)
    one = Transfer(
        model=replace(transfer.model, file=file.name, n_bytes=file.n_bytes),
        staging=staging,
        progress=lambda n_bytes, _: transfer.report(done + n_bytes),
        cancelled=transfer.cancelled,
        note=transfer.note,
    )
    part = from_hub(one, endpoint=endpoint, first_byte_s=first_byte_s)
    if not file.is_at(part, transfer.check):
        shutil.rmtree(staging)
        raise ModelError(
            f"the hub sent a {file.name} of {transfer.model.id} that is not the one it states, which was removed; "
            f"try again: jupyter mccom pull {transfer.model.id}"
        )
    put_in_place(part, to)
    shutil.rmtree(staging)


def _weights(path: Path) -> list[str]:
    """Names of the files that must hold the weights. Raises ModelError when the index cannot be read."""
    try:
        index: Any = atomic_json.read(path / _INDEX)
        return sorted(set(index["weight_map"].values()))
    except FileNotFoundError:
        return [] if any(path.glob("model*.safetensors")) else ["model.safetensors"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"the index {str(path / _INDEX)!r} cannot be read; fetch the folder again") from error


def _stamped(stamp: Path) -> list[tuple[File, int]]:
    """The files of a stamp and their times; none where it is missing or damaged."""
    try:
        return [(from_json(one["file"]), one["mtime_ns"]) for one in atomic_json.read(stamp)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write_stamp(path: Path, stamp: Path, files: tuple[File, ...] | list[File]) -> None:
    told = [{"file": as_json(file), "mtime_ns": (path / file.name).stat().st_mtime_ns} for file in files]
    atomic_json.write(stamp, told)
