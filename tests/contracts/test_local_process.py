"""The process of a local model: when it dies, when nobody listens any more, and with a model that it cannot read."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from jupyter_mccom.compose import OpenCascade, open_cascade
from jupyter_mccom.errors import EngineError, ModelMissing
from jupyter_mccom.models.store import Store
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt
from tests.conftest import SMALL
from tests.mlx_models import cut

PROMPT = Prompt(chunks=(), prefix="values = [1, 2, 3]\n", typed="print(", suffix="")
LONG = 2000
"""Tokens that take many seconds to write."""
REST_S = 1.0


@pytest.fixture(params=[SMALL, "mlx"])
def opened(
    request: pytest.FixtureRequest, models: Store, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[OpenCascade]:
    """The local tier by llama.cpp and by MLX."""
    model = str(request.getfixturevalue("mlx_folder")) if request.param == "mlx" else request.param
    found = open_cascade(MCCom(model=model))
    yield found
    jp_asyncio_loop.run_until_complete(found.aclose())


async def _written(opened: OpenCascade, max_tokens: int = 3) -> int:
    async with aclosing(opened.engine.generate(PROMPT, max_tokens=max_tokens)) as tokens:
        return len([token async for token in tokens])


async def test_a_killed_process_fails_only_one_answer(
    opened: OpenCascade,
) -> None:
    """A killed process fails one answer, and the next one has a new process."""
    async with aclosing(opened.engine.generate(PROMPT, max_tokens=LONG)) as tokens:
        await anext(tokens)
        killed = opened.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        with pytest.raises(EngineError):
            async for _ in tokens:
                pass
    while opened.pid == killed:
        await asyncio.sleep(0.01)
    assert await _written(opened) == 3
    assert opened.pid is not None


async def test_whose_listener_has_left_it_writes_no_more(opened: OpenCascade) -> None:
    """The model stops when nobody reads its answer any more."""
    async with aclosing(opened.engine.generate(PROMPT, max_tokens=LONG)) as tokens:
        await anext(tokens)
    assert opened.pid is not None
    process = psutil.Process(opened.pid)
    await asyncio.sleep(REST_S / 4)
    before_s = sum(process.cpu_times()[:2])
    await asyncio.sleep(REST_S)
    assert sum(process.cpu_times()[:2]) - before_s < REST_S / 10, "what it writes for nobody takes a whole core"


async def test_a_model_that_arrives_answers_the_next_key(models: Store, tmp_path: Path) -> None:
    """A model that arrives answers the next key."""
    found = open_cascade(MCCom(model=SMALL, models_dir=str(tmp_path)))
    for _ in range(3):  # nothing to try again by itself, and later and later
        with pytest.raises(ModelMissing, match="jupyter mccom pull"):
            await _written(found)
    assert found.local.trouble == ""
    path = models.locate(SMALL)
    (tmp_path / path.name).symlink_to(path)
    assert await _written(found) == 3
    await found.aclose()


async def test_a_process_that_cannot_be_started_is_one_clear_line(
    models: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that cannot be started is one clear line."""
    found = open_cascade(MCCom(model=SMALL))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(EngineError, match=re.escape(str(tmp_path / "python"))):
        await _written(found)
    await found.aclose()


async def test_an_unknown_architecture_is_one_clear_line(models: Store, tmp_path: Path) -> None:
    """A GGUF file of an unknown architecture is one clear line."""
    path = cut(models.locate(SMALL), tmp_path / "abacus.gguf", n_layers=1, n_tokens=512, architecture="abacus")
    found = open_cascade(MCCom(model=str(path)))
    with pytest.raises(EngineError, match="abacus") as raised:
        await _written(found)
    assert "\n" not in str(raised.value)
    await found.aclose()
