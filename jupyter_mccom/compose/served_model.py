"""The tier that answers first where somebody else's server runs the model, on this machine or another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..cascade.engine_context import KeptOut
from ..engines.fim import FimMarkers, Layout
from ..engines.local.host import threads_for
from ..engines.remote.server_engine import ServerEngine
from ..errors import EngineError, SettingsError
from ..models.catalog import FIM_TEMPLATES, Model, family_fim, like
from ..privacy.ignore import Ignored
from ..privacy.keys import named_key
from ..privacy.masked_engine import MaskedEngine
from ..settings import MCCom
from ..way_out import is_loopback
from .first_model import EngineKind, FirstModel
from .prompt_length import PromptLength, served_length

_SERVER_CONTEXT = 4096
"""Tokens that a server's context is taken to hold where nobody says."""


class ServedModel(FirstModel):
    """The model of a server that somebody else runs, here or elsewhere."""

    server: ServerEngine

    def __init__(self, settings: MCCom) -> None:
        self.threads = threads_for(settings.threads)
        self.url = settings.local_url
        self.server = _server(settings)
        self._length = served_length(settings)
        self.leaves = "" if on_this_machine(self.url) else self.url
        self.engine = MaskedEngine(self.server) if self.leaves else self.server

    @property
    def kind(self) -> EngineKind:
        """Always `server`: somebody else's server writes."""
        return "server"

    @property
    def model(self) -> Model:
        """What the server names; how sure its texts are is known from the catalogue's model of that name."""
        name = self.server.name
        served = Model(id=name, file="", n_bytes=0, sha256="")
        known = like(name) or served
        return replace(served, calibration=known.calibration)

    @property
    def length(self) -> PromptLength:
        """How long a prompt may be: what is set, else the least."""
        return self._length

    @property
    def trouble(self) -> str:
        """Why the server's last answer failed; empty when it did not."""
        return self.server.trouble

    def present(self) -> bool:
        """Always true: somebody else has the files."""
        return True

    async def warm(self) -> None:
        """Asks the server what it is. Raises EngineError when it cannot be asked."""
        await self.server.found()

    async def ask(self) -> None:
        """Asks the server what it is. `trouble` says why it could not be asked."""
        with suppress(EngineError):
            await self.server.found()

    def kept_out(self, jupyter_root: Path) -> KeptOut:
        """Documents that `.mccomignore` names, where their text would leave this machine; else none."""
        return Ignored(jupyter_root.expanduser().resolve()).keeps if self.leaves else super().kept_out(jupyter_root)

    def when_chosen(self, work: Callable[[], None]) -> None:
        """Calls `work` each time that the server has told its model's name."""
        self.server.settled = work


def on_this_machine(url: str) -> bool:
    """A server's address is a loopback one. Raises SettingsError for what is none."""
    from urllib.parse import urlsplit

    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError as error:
        raise SettingsError(f"local_url {url!r} is not an address; write one like http://127.0.0.1:8012") from error


def _server(settings: MCCom) -> ServerEngine:
    """Raises SettingsError for an address that is none."""
    if not settings.local_url.startswith(("http://", "https://")):
        raise SettingsError(f"local_url {settings.local_url!r} is not an address; write one like http://127.0.0.1:8012")
    return ServerEngine(
        settings.local_url,
        name=settings.local_model,
        key=named_key(settings.local_key_env, settings.local_key_file),
        known=known_markers,
        probed=FIM_TEMPLATES,
        context_tokens=settings.context_tokens or _SERVER_CONTEXT,
    )


def known_markers(name: str) -> tuple[FimMarkers | None, Layout]:
    """Markers of a model that a server names; no markers where its family is not known."""
    model = like(name)
    return family_fim(name), model.layout if model else "standard"
