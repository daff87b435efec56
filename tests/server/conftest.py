"""A real Jupyter server with the extension; anything that blocks its event loop fails the test."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster, BlockBusterFunction, BlockingError, blockbuster, blockbuster_ctx

from jupyter_mccom import way_out
from jupyter_mccom.models.store import Store
from tests.cloud_provider import FakeProvider, providing
from tests.conftest import SMALL
from tests.recording_cloud import KEY, KEY_NAME, RecordingCloud, recording

_MORE = ("os.lstat", "os.open", "os.chmod", "os.utime", "os.fsync", "os.makedirs")
"""What blocks too, and blockbuster does not know."""


@pytest.fixture
def jp_server_config(models: Store) -> dict[str, Any]:
    """The smallest model, shown however unsure; a route without authentication would be refused at start."""
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_mccom": True},
            "allow_unauthenticated_access": False,
        },
        "MCCom": {"model": SMALL, "models_dir": str(models.models_dir), "show_threshold": 0.0},
    }


@pytest.fixture
def never_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[BlockBuster]:
    """Raises where our code blocks the loop; Jupyter's own table of sessions, in memory, may.

    What blocks in a task that nobody waits for is named at the end.
    """
    blocked: list[str] = []

    class _Told(BlockingError):
        def __init__(self, func: str) -> None:
            super().__init__(func)
            blocked.append("".join(traceback.format_stack(limit=12)))

    monkeypatch.setattr(blockbuster, "BlockingError", _Told)
    with blockbuster_ctx("jupyter_mccom") as buster:
        for name in _MORE:
            buster.functions[name] = BlockBusterFunction(None, name, scanned_modules="jupyter_mccom").activate()
        for name in ("execute", "fetchall"):
            buster.functions[f"sqlite3.Cursor.{name}"].can_block_in("sessionmanager.py", {"list_sessions"})
        yield buster
    assert not blocked, blocked[0]


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A running provider."""
    with providing() as found:
        yield found


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingCloud]:
    """A cloud that keeps what it is sent, and its key in the environment."""
    monkeypatch.setenv(KEY_NAME, KEY)
    way_out.forget()
    with recording("path)") as cloud:
        yield cloud
    way_out.forget()


@pytest.fixture
def folder(jp_config_dir: Path, jp_environ: None) -> Path:
    """Where the person's clouds are kept."""
    return jp_config_dir / "mccom"


@pytest.fixture
def other() -> Iterator[FakeProvider]:
    """Another running provider."""
    with providing() as found:
        found.text = "first - second"
        yield found
