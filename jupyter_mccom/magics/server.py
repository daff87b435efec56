"""The Jupyter server that started this kernel, found by what it left behind, and asked over HTTP.

It is the process named by JPY_PARENT_PID, whose `jpserver-<pid>.json` holds address and token; and it must know this
kernel. Another server is never asked. Knows nothing of IPython.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx

from ..errors import CloudKeyMissing, ServerError
from ..server.shared_path import below_root
from ..way_out import is_loopback

_CONNECT_S = 3.0
_ANSWER_S = 15.0
_CALL_S = 60.0
"""Longer than a provider's model list, or a test call, may take."""
_COMPLETION_S = 150.0
"""Longer than any completion may take."""


def find(connection_file: Path) -> Server | None:
    """This kernel's server; None when it cannot be reached from here. `connection_file` is the kernel's own.

    Raises ServerError when the server is there but does not let us in.
    """
    from jupyter_core.paths import jupyter_runtime_dir

    pid = _parent_pid()
    infos = [folder / f"jpserver-{pid}.json" for folder in (connection_file.parent, Path(jupyter_runtime_dir()))]
    info = next((path for path in infos if path.is_file()), None) if pid else None
    if info is None:
        return None
    kernel_id = connection_file.stem.removeprefix("kernel-")
    server = Server(json.loads(info.read_text(encoding="utf-8")), kernel_id)
    if server.knows_us():
        return server
    server.close()
    return None


def is_remote() -> bool:
    """True if some Jupyter server started this kernel. `finding` asks it where `find` found none."""
    return bool({"JPY_SESSION_NAME", "KERNEL_GATEWAY"} & os.environ.keys())


def from_root(path: str, root: str, system: ModuleType = os.path) -> str:
    """A notebook's path as requests name it: from the server's root, with `/`; whole where it is on another drive."""
    with suppress(ValueError):
        path = system.relpath(path, root)
    return path.replace(system.sep, "/")


def trusted(url: str) -> ssl.SSLContext:
    """How a server's certificate is checked: on loopback not at all, where it is the person's own as a rule.

    The address is from a file that only the person can write, and plain HTTP would go there too.
    """
    context = ssl.create_default_context()
    if is_loopback(urlsplit(url).hostname or ""):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _parent_pid() -> int:
    """The id of the parent process; 0 without one. On Windows the variable holds a handle."""
    given = int(os.environ.get("JPY_PARENT_PID") or 0)
    if sys.platform == "win32":
        import ctypes

        return ctypes.windll.kernel32.GetProcessId(given)
    return given


class Server:
    """A `service.Service` that asks the Jupyter server. `info` is the content of `jpserver-<pid>.json`."""

    where = ""
    config = "jupyter_server_config.py"

    def __init__(self, info: Mapping[str, Any], kernel_id: str) -> None:
        token = info["token"] or os.environ.get("JUPYTERHUB_API_TOKEN", "")
        self._root = info["root_dir"]
        self._kernel_id = kernel_id
        self._client = httpx.Client(
            base_url=info["url"],
            headers={"Authorization": f"token {token}"} if token else {},
            trust_env=False,  # a proxy of the environment is not for this machine
            verify=trusted(info["url"]),
        )

    @property
    def document(self) -> str:
        """The notebook's path, also after a rename; its name at the kernel's start where the session is not known."""
        sessions = self._json("GET", "api/sessions")
        paths = [session["path"] for session in sessions if session["kernel"]["id"] == self._kernel_id]
        given = os.environ.get("JPY_SESSION_NAME", "")
        return below_root(paths[0]) if paths else from_root(given, self._root) if given else ""

    def knows_us(self) -> bool:
        """True if this kernel belongs to the server. A file may be left by a server that had the same process id."""
        try:
            return self._send("GET", f"api/kernels/{self._kernel_id}").status_code != httpx.codes.NOT_FOUND
        except ServerError:
            return False

    def status(self) -> dict[str, Any]:
        """The state of completions, as `GET /mccom/status` gives it."""
        found: dict[str, Any] = self._json("GET", "mccom/status")
        return found

    def off_here(self, cell_id: str) -> str:
        """Why nothing is completed in this notebook and cell; empty where it is."""
        place = httpx.QueryParams({"document": self.document, "cell": cell_id})
        return self._json("GET", f"mccom/status?{place}")["off_here"] or ""

    def traces(self) -> list[dict[str, Any]]:
        """The kept traces, oldest first."""
        found: list[dict[str, Any]] = self._json("GET", "mccom/traces")["traces"]
        return found

    def left(self) -> list[dict[str, Any]]:
        """What left the machine last."""
        found: list[dict[str, Any]] = self._json("GET", "mccom/left")["left"]
        return found

    def forget(self) -> None:
        """Deletes everything kept about suggestions."""
        self._ask("DELETE", "mccom/traces")

    def change(self, values: Mapping[str, object]) -> None:
        """Changes settings, by name."""
        self._ask("PATCH", "mccom/settings", values)

    def snooze(self, minutes: float | None) -> None:
        """Pauses suggestions, or ends the pause."""
        if minutes == 0:
            self._ask("DELETE", "mccom/snooze")
        else:
            self._ask("PUT", "mccom/snooze", {"minutes": minutes})

    def restart(self) -> None:
        """Starts the model's process anew, at once."""
        self._ask("POST", "mccom/restart")

    def pull(self, model: str | None) -> None:
        """Starts a download; None: of the configured model."""
        self._ask("POST", "mccom/pull", {"model": model})

    def cancel_pull(self) -> None:
        """Cancels the running download."""
        self._ask("DELETE", "mccom/pull")

    def complete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The last line of the answer to a completion request."""
        lines = self._ask("POST", "mccom/complete", request, within_s=_COMPLETION_S).text.splitlines()
        if not lines:
            raise ServerError("a newer request replaced this one; run it again")
        line: dict[str, Any] = json.loads(lines[-1])
        if line["type"] == "trouble":
            raise ServerError(line["text"])
        return line

    def cloud(self) -> dict[str, Any]:
        """What is set up as the cloud, and what may be."""
        found: dict[str, Any] = self._json("GET", "mccom/cloud")
        return found

    def cloud_models(self, cloud: Mapping[str, Any]) -> list[str]:
        """The models of a provider. Raises CloudKeyMissing where it wants a key."""
        found: list[str] = self._ask("POST", "mccom/cloud/models", cloud, within_s=_CALL_S).json()["models"]
        return found

    def try_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """One real completion of a cloud, or of the one in use. Raises CloudKeyMissing where it wants a key."""
        found: dict[str, Any] = self._ask("POST", "mccom/cloud/test", cloud, within_s=_CALL_S).json()
        return found

    def put_cloud(self, cloud: Mapping[str, Any]) -> dict[str, Any]:
        """Uses a cloud from now on."""
        found: dict[str, Any] = self._ask("PUT", "mccom/cloud", cloud, within_s=_CALL_S).json()
        return found

    def remove_cloud(self, provider: str) -> dict[str, Any]:
        """Deletes a cloud and its key."""
        found: dict[str, Any] = self._ask("DELETE", f"mccom/cloud/{provider}").json()
        return found

    def close(self) -> None:
        """Ends what was opened."""
        self._client.close()

    def _json(self, method: str, route: str) -> Any:
        return self._ask(method, route).json()

    def _ask(
        self, method: str, route: str, body: Mapping[str, Any] | None = None, *, within_s: float = _ANSWER_S
    ) -> httpx.Response:
        """Raises ServerError when the server is away or refuses."""
        answer = self._send(method, route, body, within_s)
        if answer.is_success:
            return answer
        if _needs_key(answer):
            raise CloudKeyMissing(self._refusal(answer))
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise ServerError(
                f"the Jupyter server at {self._client.base_url} has no {route}; install jupyter-mccom where it runs, "
                "enable it (`jupyter server extension enable jupyter_mccom`) and start it again"
            )
        raise ServerError(self._refusal(answer))

    def _send(
        self, method: str, route: str, body: Mapping[str, Any] | None = None, within_s: float = _ANSWER_S
    ) -> httpx.Response:
        try:
            return self._client.request(method, route, json=body, timeout=httpx.Timeout(within_s, connect=_CONNECT_S))
        except httpx.HTTPError as error:
            raise ServerError(
                f"the Jupyter server at {self._client.base_url} does not answer ({error}); start it again"
            ) from error

    def _refusal(self, answer: httpx.Response) -> str:
        try:
            message = str(answer.json()["message"])
        except (ValueError, KeyError, TypeError):
            message = ""
        if message and message != "Forbidden":  # ours; that word is Jupyter's for a token that is not right
            return message
        if answer.status_code == httpx.codes.FORBIDDEN:
            return (
                f"the Jupyter server at {self._client.base_url} does not let this kernel in; start it with a token "
                "(kernels do not know the password)"
            )
        return f"the Jupyter server answered {answer.status_code} ({answer.reason_phrase}); see its log"


def _needs_key(answer: httpx.Response) -> bool:
    """The refusal of a cloud that wants a key."""
    try:
        return answer.json().get("needs_key") is True
    except (ValueError, AttributeError):
        return False
