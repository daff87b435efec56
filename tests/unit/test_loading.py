"""A model's process that does not say that it is ready."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
import pytest

from jupyter_mccom.engines.local import child
from jupyter_mccom.engines.local.child import Child
from jupyter_mccom.errors import EngineError


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process of its own finds the modules of these tests, and is soon looked at."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setattr(child, "_LOOK_S", 0.3)


@pytest.mark.skipif(os.name != "posix", reason="no process is stopped by a signal there")
async def test_a_process_that_is_stopped_while_it_loads() -> None:
    """A process that is stopped while it loads its model is known and ended long before a slow one would be."""
    with anyio.fail_after(10), pytest.raises(EngineError, match="was stopped while it loaded"):
        await Child.start("tests.unit.stopped_child", {}, ready_s=60)


async def test_a_process_that_is_slow_is_waited_for() -> None:
    """A process that is not stopped has all of the time that a slow disk needs."""
    with pytest.raises(EngineError, match=r"was not loaded within 1\.5 s"):
        await Child.start("tests.unit.silent_child", {}, ready_s=1.5)
