"""Engines under the contract: each is a factory, so that a test may open it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt
from tests.conftest import CODER, SMALL

Open = Callable[[], Engine]


def _counting(prompt: Prompt) -> str:
    return " ".join(str(number) for number in range(200))


@pytest.fixture(params=["scripted", SMALL, CODER])
def open_engine(
    request: pytest.FixtureRequest, models: Store, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Open]:
    """Opens engines of one kind; all are closed at the end."""
    opened: list[Engine] = []

    def make() -> Engine:
        if request.param == "scripted":
            engine: Engine = ScriptedEngine(_counting, token_s=0.001)
        else:
            engine = open_cascade(MCCom(model=request.param)).engine
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        jp_asyncio_loop.run_until_complete(engine.aclose())
