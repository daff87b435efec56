"""Settings from the command line: `--MCCom.name=value`, alone or above a Jupyter server's configuration."""

from __future__ import annotations

import re
from collections.abc import Sequence

from traitlets import TraitError
from traitlets.config import Config
from traitlets.config.loader import DeferredConfigString

from ..errors import InputError, SettingsError
from ..settings import MCCom


def from_arguments(arguments: Sequence[str], *, as_the_server: bool = False) -> MCCom:
    """Settings from `--MCCom.name=value` arguments; `as_the_server`: above those that a Jupyter server here would have.

    Raises InputError for any other argument, SettingsError for a value that cannot be.
    """
    config = _server_config() if as_the_server else Config()
    for argument in arguments:
        found = re.fullmatch(r"--MCCom\.(\w+)=(.*)", argument, re.DOTALL)
        if found is None or found[1] not in MCCom.class_trait_names(config=True):
            raise InputError(
                f"unknown argument {argument!r}; see `jupyter mccom --help` and the settings in the README"
            )
        config.MCCom[found[1]] = DeferredConfigString(found[2])
    try:
        return MCCom(config=config)
    except (TraitError, ValueError) as error:
        raise SettingsError(f"{error}; see the settings in the README") from error


def _server_config() -> Config:
    """The server's configuration, from each folder in which Jupyter looks for it."""
    from jupyter_core.application import JupyterApp

    class Server(JupyterApp):
        name = "jupyter_server"

    server = Server()
    server.load_config_file()
    return server.config
