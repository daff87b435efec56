"""The Jupyter server extension: settings in, routes out, everything ended when the server stops."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jupyter_server.extension.application import ExtensionApp

from ..cloud.cloud_set_up import CloudSetUp
from ..compose import (
    OpenCascade,
    default_spent_file,
    open_for_person,
    open_live,
    open_set_up,
    traces_file,
    why_not_persons,
)
from ..configuration import configuration_of, opened_by
from ..settings import MCCom
from .cloud_routes import CLOUD_HANDLERS
from .completions import Completions
from .events import register_events, tell_settings_changed
from .handler import CLOUD, SERVICE
from .live_cloud import LiveCloud
from .live_settings import LiveSettings
from .opt_out import OptOuts
from .routes import HANDLERS


class MCComApp(ExtensionApp):
    """`jupyter server --MCCom.model=…`; the traits are those of `settings.MCCom`."""

    name = "jupyter_mccom"
    classes = [MCCom]  # noqa: RUF012 - traitlets reads this class attribute

    def initialize_settings(self) -> None:
        """Wires the cascade; no model is loaded yet. A wrong setting of the configuration is told, once."""
        server = self.serverapp
        assert server is not None
        events = server.event_logger
        assert events is not None
        register_events(events)
        remote = server.gateway_config.gateway_enabled  # such kernels cannot be asked without HTTP calls at each key
        live = None if remote else open_live(server.session_manager, server.kernel_manager)
        root = Path(server.root_dir)

        def begun(settings: MCCom) -> tuple[CloudSetUp, str, LiveSettings]:
            set_up, why_not = open_set_up(settings), why_not_persons(settings, settings.given)

            def open_(wanted: MCCom, former: OpenCascade | None) -> OpenCascade:
                persons, traces = None if why_not else set_up, traces_file(wanted)
                spent = default_spent_file()
                return open_for_person(
                    wanted, persons, jupyter_root=root, live=live, traces=traces, spent=spent, former=former
                )

            return set_up, why_not, LiveSettings(settings, open_)

        found, (set_up, why_not, live_settings) = opened_by(configuration_of(self), begun)
        for one in found.wrong:
            server.log.warning("mccom: %s", one.line)
        self._completions = Completions(live_settings, OptOuts(root), wrong=found.wrong)

        async def change(values: Mapping[str, object]) -> None:
            await self._completions.change(values)
            tell_settings_changed(events, live_settings.settings)

        self._cloud = LiveCloud(set_up, why_not=why_not, opened=lambda: live_settings.opened, change=change)
        self.settings |= {SERVICE: self._completions, CLOUD: self._cloud}

    def initialize_handlers(self) -> None:
        """Registers the routes below the server's base URL."""
        self.handlers.extend([*HANDLERS, *CLOUD_HANDLERS])

    async def stop_extension(self) -> None:
        """Ends the model's process and every task."""
        await self._cloud.aclose()
        await self._completions.aclose()
