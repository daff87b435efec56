"""What `%mccom` needs of whoever answers: a Jupyter server (`server.py`) or a cascade of its own (`own.py`).

Values are those of the wire contract, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Service(Protocol):
    """Every method blocks until it is answered, and raises MCComError with the next step."""

    @property
    def where(self) -> str:
        """One line that names what answers; empty for the notebook's own server."""
        ...

    @property
    def config(self) -> str:
        """The configuration file in which its settings stand."""
        ...

    @property
    def document(self) -> str:
        """The notebook, as requests and traces name it; empty where that is not known."""
        ...

    def status(self) -> dict[str, Any]:
        """The server's status, as `tests/wire/status_*.json`."""
        ...

    def off_here(self, cell_id: str) -> str:
        """The code of why nothing is completed in this notebook and cell, as it is saved; empty where it is."""
        ...

    def traces(self) -> list[dict[str, Any]]:
        """Kept traces, oldest first; see `wire.json_from_trace`."""
        ...

    def left(self) -> list[dict[str, Any]]:
        """What left the machine last, oldest first, as `tests/wire/left.json`."""
        ...

    def forget(self) -> None:
        """Deletes the traces."""
        ...

    def change(self, values: Mapping[str, object]) -> None:
        """Sets settings by their names."""
        ...

    def snooze(self, minutes: float | None) -> None:
        """Suggests nothing unasked for so long; None: until the server restarts, 0: suggests again."""
        ...

    def restart(self) -> None:
        """Starts the model's process anew, at once."""
        ...

    def pull(self, model: str | None) -> None:
        """Starts a download of the given or the configured model; `status` tells how far it is."""
        ...

    def cancel_pull(self) -> None:
        """Ends the download; what arrived is kept."""
        ...

    def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The last line of an answer; see `tests/wire/complete_request.json` and `line_final.json`."""
        ...

    def cloud(self) -> dict[str, Any]:
        """What is set up as the cloud, and what may be; see `tests/wire/cloud_set_up.json`."""
        ...

    def cloud_models(self, cloud: Mapping[str, Any]) -> list[str]:
        """The models of a provider. Raises CloudKeyMissing where it wants a key."""
        ...

    def try_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """One real completion of a cloud, or of the one in use where none is named; see `tests/wire/cloud_test.json`.

        Raises CloudKeyMissing where it wants a key.
        """
        ...

    def put_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """Uses a cloud from now on, and returns what is then set up."""
        ...

    def remove_cloud(self, provider: str) -> dict[str, Any]:
        """Deletes a cloud and its key, and returns what is then set up."""
        ...

    def close(self) -> None:
        """Ends all that was started. Idempotent."""
        ...
