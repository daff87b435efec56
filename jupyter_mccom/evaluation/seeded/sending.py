"""Sends cases through a real Jupyter server whose local model and cloud are recording servers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...engines.remote.providers.table import PROVIDERS
from ...errors import EngineError
from ...settings import MCCom, changed
from ..lib.running_server import RunningServer, running_server
from .cases import Case
from .leaks import leaked, sent_pieces
from .recording_server import RecordingServer, recording

_PROBE = {"document": "probe.ipynb", "language": "python", "cell_id": "here", "client_id": "bench", "trigger": "ask"}
_PROBE_TEXT = "# kaluvero tidobesa\nmakofidu = load(sorebati)\n"
_PROBE_MARKER = "vuselado"
_DRAFTED = frozenset({"llama-server-ngram-mod", "vllm", "sglang", "openai", "fireworks"})
"""Dialects that send the local text as a draft."""
_READY_S = 60.0
_KEY = "no-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of one case."""

    case: Case
    dialect: str
    reached: bool
    """The text beside the secret was sent."""
    leaked: str
    """A part of the secret that was sent; empty where none was."""


def sent_through(dialect: str, cases: Sequence[Case], settings: MCCom) -> list[Sent]:
    """What the cloud of a dialect was sent of each case. Raises EngineError when the server asks no cloud."""
    sent = pieces_sent(dialect, cases, settings)
    return [
        Sent(
            case=case,
            dialect=dialect,
            reached=case.marker in sent,
            leaked=leaked(case.values, sent, innocent=case.snippet.innocent),
        )
        for case in cases
    ]


def pieces_sent(dialect: str, cases: Sequence[Case], settings: MCCom) -> set[str]:
    """All pieces of what the cloud of a dialect was sent (`leaks.py`). Raises EngineError as `sent_through`."""
    with tempfile.TemporaryDirectory() as folder, recording() as local, recording() as cloud:
        root = Path(folder) / "root"
        root.mkdir()
        for path, text in _files(cases).items():
            (root / path).write_text(text, encoding="utf-8")
        key_file = Path(folder) / "key"
        key_file.touch(mode=0o600)
        key_file.write_text(_KEY, encoding="utf-8")
        asked = changed(
            settings,
            local_url=local.url,
            cloud_dialect=dialect,
            cloud_url=cloud.url,
            cloud_model="recorder",
            cloud_key_file=str(key_file),
            route_threshold=1.0,
        )
        with running_server(asked, enabled=True, root=root) as (server, _):
            _wait_for_files(server, cloud)
            for number, case in enumerate(cases):
                local.written = case.local_text or "x"
                server.ask("mccom/complete", case.body(number))
    return sent_pieces(cloud.bodies)


def by_dialect(cases: Sequence[Case]) -> dict[str, list[Case]]:
    """The cases dealt out to all dialects; a draft is for those that send one."""
    dealt: dict[str, list[Case]] = {name: [] for name in PROVIDERS}
    for case in cases:
        able = [name for name in dealt if not case.local_text or name in _DRAFTED]
        dealt[min(able, key=lambda name: len(dealt[name]))].append(case)
    return dealt


def _files(cases: Sequence[Case]) -> Mapping[str, str]:
    found = {path: text for case in cases for path, text in case.files.items()}
    return found | {"probe.py": f"{_PROBE_TEXT}{_PROBE_MARKER} = 1\n"}


def _wait_for_files(server: RunningServer, cloud: RecordingServer) -> None:
    """Until what stands in a file is found. Raises EngineError when it never is."""
    end_s = time.monotonic() + _READY_S
    for number in range(10**6):
        n_before = len(cloud.bodies)
        prefix = f"{_PROBE_TEXT}probe_{number} = "
        server.ask("mccom/complete", {**_PROBE, "request_id": f"p{number}", "prefix": prefix, "suffix": "\n"})
        if any(_PROBE_MARKER.encode() in body for body in cloud.bodies[n_before:]):
            return
        if time.monotonic() > end_s:
            raise EngineError(f"{len(cloud.bodies)} bodies came, none with the project's file; see the server's log")
        time.sleep(0.1)
