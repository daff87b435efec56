"""Engines under the contract: each is a factory, so that a test may open it anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.cloud.dialects import DIALECTS
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt
from tests.conftest import CODER, SMALL
from tests.served import cloud, serving

Open = Callable[[], Engine]


def _counting(prompt: Prompt) -> str:
    return " ".join(str(number) for number in range(200))


@pytest.fixture(scope="session")
def served(models: Store) -> Iterator[tuple[str, str]]:
    """Address and key of `jupyter mccom serve` on the default model, drafts on."""
    with serving("--model", CODER, "--draft", "ngram-mod") as address:
        yield address


@pytest.fixture(params=["scripted", SMALL, CODER, "llama-server-ngram-mod"])
def open_engine(
    request: pytest.FixtureRequest, models: Store, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Open]:
    """Opens engines of one kind; all are closed at the end."""
    opened: list[Engine] = []

    def make() -> Engine:
        if request.param == "scripted":
            engine: Engine = ScriptedEngine(_counting, token_s=0.001)
        elif request.param in DIALECTS:
            url, key = request.getfixturevalue("served")
            engine = cloud(url, key)
        else:
            engine = open_cascade(MCCom(model=request.param)).engine
        opened.append(engine)
        return engine

    yield make
    for engine in opened:
        jp_asyncio_loop.run_until_complete(engine.aclose())
