"""The Jupyter server extension: settings in, routes out, everything ended when the server stops."""

from __future__ import annotations

from pathlib import Path

from jupyter_server.extension.application import ExtensionApp

from ..compose import OpenCascade, open_cascade, open_live, traces_file
from ..settings import MCCom
from .completions import Completions
from .events import register_events
from .live_settings import LiveSettings
from .routes import HANDLERS, SERVICE


class MCComApp(ExtensionApp):
    """`jupyter server --MCCom.model=…`; the traits are those of `settings.MCCom`."""

    name = "jupyter_mccom"
    classes = [MCCom]  # noqa: RUF012 - traitlets reads this class attribute

    def initialize_settings(self) -> None:
        """Wires the cascade; no model is loaded yet."""
        settings, server = MCCom(parent=self), self.serverapp
        assert server is not None
        assert server.event_logger is not None
        register_events(server.event_logger)
        remote = server.gateway_config.gateway_enabled  # such kernels cannot be asked without HTTP calls at each key
        live = None if remote else open_live(server.session_manager, server.kernel_manager)
        root = Path(server.root_dir)

        def open_(wanted: MCCom, former: OpenCascade | None) -> OpenCascade:
            traces = traces_file(wanted)
            return open_cascade(wanted, jupyter_root=root, live=live, traces=traces, former=former)

        self._completions = Completions(LiveSettings(settings, open_))
        self.settings[SERVICE] = self._completions

    def initialize_handlers(self) -> None:
        """Registers the routes below the server's base URL."""
        self.handlers.extend(HANDLERS)

    async def stop_extension(self) -> None:
        """Ends the model's process and every task."""
        await self._completions.aclose()
