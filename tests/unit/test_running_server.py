"""The Jupyter server that suites start."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_mccom.errors import EngineError
from jupyter_mccom.evaluation.lib.running_server import running_server
from jupyter_mccom.settings import MCCom


def test_a_server_that_cannot_start(tmp_path: Path) -> None:
    """A server that ends at its start is told, and not waited for."""
    server = running_server(MCCom(), enabled=False, root=tmp_path / "missing")
    with pytest.raises(EngineError, match="status 1"), server:
        pass
