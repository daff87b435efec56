"""jupyter-mccom: code completion for JupyterLab by a small local model first. The hooks by which Jupyter finds it."""

from __future__ import annotations

__all__ = ["__version__"]

from ._version import __version__


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-mccom"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from .server.app import MCComApp

    return [{"module": "jupyter_mccom", "app": MCComApp}]
