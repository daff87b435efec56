"""What the cloud costs survives a restart and is shared by a person's servers, whatever becomes of the file."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from jupyter_mccom import atomic_json
from jupyter_mccom.cascade.budget import Budget
from jupyter_mccom.compose import spent_file
from jupyter_mccom.compose.spent_file import SpentFile
from tests.clock import FixedDate

_DAY = str(1_700_000_000 // 86400)


def _budget(path: Path, *, calls: int = 3, tokens: int = 0) -> Budget:
    return Budget(calls_a_day=calls, tokens_a_day=tokens, clock=FixedDate(), ledger=SpentFile(path))


async def test_a_restart_gives_no_call_back(tmp_path: Path) -> None:
    """Calls and tokens of the day are known after a restart."""
    path = tmp_path / "new" / "spent.json"
    former = _budget(path)
    assert await former.take()
    former.spend(50)
    await former.aclose()
    later = _budget(path)
    assert (later.calls, later.tokens, later.calls_left) == (1, 50, 2)


async def test_servers_share_the_calls_of_a_day(tmp_path: Path) -> None:
    """Servers that ask at the same moment take no more calls together than a day has."""
    servers = [_budget(tmp_path / "spent.json", calls=5) for _ in range(4)]
    found = await asyncio.gather(*(server.take() for server in servers for _ in range(4)))
    assert sum(found) == 5
    assert not await servers[0].take()


async def test_tokens_of_other_servers_count(tmp_path: Path) -> None:
    """Tokens that another server has spent stop the next call here."""
    one, other = _budget(tmp_path / "spent.json", tokens=100), _budget(tmp_path / "spent.json", tokens=100)
    assert await one.take()
    one.spend(200)
    await one.aclose()
    assert not await other.take()


_BROKEN = {
    "half a file": b'{"days": {"1',
    "no object": b"[]",
    "another shape": b'{"days": {"19675": [1]}}',
    "a negative count": b'{"days": {"19675": [-5, 0]}}',
    "no number": b'{"days": {"x": [1, 1]}}',
    "deep": b"[" * 60000,
    "large": b" " * 100_000,
    "binary": bytes(range(256)),
}


@pytest.mark.parametrize("content", _BROKEN.values(), ids=_BROKEN)
async def test_a_corrupt_file_is_made_anew(content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A corrupt file is told once, counts nothing, and is replaced by the next call."""
    path = tmp_path / "spent.json"
    path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        budget = _budget(path)
        assert "cannot be read" in budget.trouble
        assert [await budget.take() for _ in range(4)] == [True, True, True, False]
    assert (budget.trouble, len(caplog.records)) == ("", 1)
    assert json.loads(path.read_text())["days"] == {_DAY: [3, 0]}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
async def test_a_full_disk_counts_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """On a full disk the calls of this process still end, it is told once, and they are kept once there is room."""
    path = tmp_path / "spent.json"

    def full(path: Path, value: object) -> None:
        with Path("/dev/full").open("w") as device:
            json.dump(value, device)

    budget = _budget(path)
    with caplog.at_level(logging.WARNING), monkeypatch.context() as patch:
        patch.setattr(atomic_json, "write", full)
        assert [await budget.take() for _ in range(2)] == [True, True]
        assert "cannot be written" in budget.trouble
    assert len(caplog.records) == 1
    assert [await budget.take() for _ in range(2)] == [True, False]
    assert budget.trouble == ""
    assert json.loads(path.read_text())["days"] == {_DAY: [3, 0]}


async def test_a_folder_in_its_place_counts_in_memory(tmp_path: Path) -> None:
    """Where no file can be, calls are counted in memory."""
    path = tmp_path / "spent.json"
    path.mkdir()
    budget = _budget(path)
    assert [await budget.take() for _ in range(4)] == [True, True, True, False]
    assert budget.trouble


@pytest.mark.skipif(sys.platform == "win32", reason="it locks by another call")
async def test_a_lock_that_is_never_freed_does_not_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock that somebody holds for ever is waited for shortly, and then calls are counted in memory."""
    monkeypatch.setattr(spent_file, "_LOCK_S", 0.05)
    path = tmp_path / "spent.json"
    with FileLock(f"{path}.lock"):
        budget = _budget(path)
        assert [await budget.take() for _ in range(4)] == [True, True, True, False]
