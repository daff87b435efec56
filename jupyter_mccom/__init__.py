"""jupyter-mccom: code completion for JupyterLab by a small local model first. The hooks by which Jupyter finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["__version__"]

from ._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-mccom"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from .server.app import MCComApp

    return [{"module": "jupyter_mccom", "app": MCComApp}]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext jupyter_mccom`: the magics `%mccom` and `%%mccom`."""
    from .magics.extension import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext jupyter_mccom`."""
    from .magics.extension import unload

    unload(shell)
