"""The service that answers `%mccom` in this process: the notebook's Jupyter server, or a cascade of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..settings import MCCom, changed
from . import server
from .own import Own
from .service import Service

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def open_service(shell: InteractiveShell) -> tuple[Service, bool]:
    """The service, and whether it only stands in for a Jupyter server that cannot be reached.

    Raises ServerError when the server does not let us in, ModelError for a configured model that nobody knows.
    """
    in_kernel = hasattr(shell, "kernel")  # an `ipython` started by a kernel inherits its environment, but is none
    found = server.find(_connection_file()) if in_kernel else None
    own = changed(MCCom(config=shell.config))  # nothing is locked here: the person is the administrator
    return found or Own(own), found is None and in_kernel and server.is_remote()


def _connection_file() -> Path:
    from ipykernel.connect import get_connection_file

    return Path(get_connection_file())
