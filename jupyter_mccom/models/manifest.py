"""What the hub states about a folder of MLX weights, or of one file, at its pinned revision: files, sizes, digests.

Only safetensors and JSON are taken: neither can hold code, and mlx-lm runs none from a folder unless it is told to.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import way_out
from ..errors import ModelError
from .digests import git_blob_of, sha256_of
from .hub import HubUnreachable
from .transfer import Transfer

NEEDED = ("config.json", "tokenizer.json")
"""Beside the weights, `model*.safetensors`."""
_TAKEN = re.compile(r"[\w-][\w.-]*\.(safetensors|json)")
_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file, and the digest that the hub states for it."""

    name: str
    n_bytes: int
    sha256: str
    """Empty for a small file, which lies in git itself."""
    git_blob: str
    """Git's SHA-1 of a small file."""

    def is_at(self, path: Path, check: Callable[[], None]) -> bool:
        """The file at `path` is this one. `check` is called while it is read and may raise."""
        if not path.is_file() or path.stat().st_size != self.n_bytes:
            return False
        if self.sha256:
            return sha256_of(path, check) == self.sha256
        return git_blob_of(path, check) == self.git_blob


def stated(transfer: Transfer, *, endpoint: str | None, limit_s: float) -> tuple[File, ...]:
    """The files of the transfer's folder, as `_asked`. Raises ModelError too when this is no MLX folder."""
    files = _asked(transfer, endpoint, limit_s)
    _check(transfer, tuple(file for file in files if _TAKEN.fullmatch(file.name)))
    return tuple(file for file in files if _TAKEN.fullmatch(file.name))


def stated_file(transfer: Transfer, *, endpoint: str | None, limit_s: float) -> File:
    """The transfer's one file, as `_asked`. Raises ModelError too when the hub states no SHA-256 for such a file."""
    name = transfer.model.file
    found = next((file for file in _asked(transfer, endpoint, limit_s) if file.name == name), None)
    if found is None or not (found.sha256 and found.n_bytes):
        what = "has no such file" if found is None else "states no SHA-256 for it"
        raise ModelError(f"the hub's {name} of {transfer.model.id} cannot be used: it {what}; choose another model")
    return found


def _asked(transfer: Transfer, endpoint: str | None, limit_s: float) -> tuple[File, ...]:
    """Asks the hub of `endpoint`, None: of `HF_ENDPOINT`, in a thread that can be left behind.

    Raises HubUnreachable when nothing comes within `limit_s`, PullCancelled.
    """
    answers: queue.Queue[tuple[File, ...] | Exception] = queue.Queue()
    threading.Thread(target=_ask, args=(transfer, endpoint, limit_s, answers), name="mccom hub", daemon=True).start()
    end_s = time.monotonic() + limit_s
    while True:
        transfer.report()
        try:
            answer = answers.get(timeout=_POLL_S)
        except queue.Empty:
            if time.monotonic() >= end_s:
                raise HubUnreachable(f"the hub cannot be reached (no answer in {limit_s:.0f} s); try again") from None
            continue
        if isinstance(answer, Exception):
            reason = str(answer).partition("\n")[0]
            raise HubUnreachable(f"the hub cannot be asked ({reason}); check the network and try again") from answer
        return answer


def as_json(file: File) -> dict[str, object]:
    """The JSON of a statement, as a stamp keeps it."""
    return asdict(file)


def from_json(value: Mapping[str, object]) -> File:
    """The manifest that a stamp holds. Raises TypeError for a damaged stamp."""
    return File(**value)  # type: ignore[arg-type]


def _ask(
    transfer: Transfer, endpoint: str | None, limit_s: float, answers: queue.Queue[tuple[File, ...] | Exception]
) -> None:
    try:
        from huggingface_hub import HfApi

        hub = transfer.model.hub
        assert hub is not None
        way_out.leaves("hub", f"GET the files of {hub.repo} at {hub.revision}")
        info = HfApi(endpoint=endpoint).model_info(
            hub.repo, revision=hub.revision, files_metadata=True, timeout=limit_s
        )
        answers.put(
            tuple(
                File(
                    name=file.rfilename,
                    n_bytes=file.size or 0,
                    sha256=file.lfs.sha256 if file.lfs else "",
                    git_blob="" if file.lfs else file.blob_id or "",
                )
                for file in info.siblings or ()
            )
        )
    except Exception as error:  # noqa: BLE001 - handed to the thread that waits, whatever a hub's answer makes fail
        answers.put(error)


def _check(transfer: Transfer, files: tuple[File, ...]) -> None:
    names = {file.name for file in files}
    lacking = [name for name in NEEDED if name not in names]
    if not any(re.fullmatch(r"model.*\.safetensors", name) for name in names):
        lacking.append("model.safetensors")
    if lacking or not all(file.n_bytes and (file.sha256 or file.git_blob) for file in files):
        what = f"it has no {' and no '.join(lacking)}" if lacking else "it states no digest for some file"
        raise ModelError(f"the hub's folder of {transfer.model.id} cannot be used: {what}; choose another model")
