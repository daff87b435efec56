"""Work that the server does while nobody waits, as an engine below it sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.cascade.route import Gates
from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.server.completions import IN_ADVANCE, Completions
from jupyter_mccom.server.live_settings import LiveSettings
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest, Prompt, Token
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

REQUEST = CompletionRequest(
    id="r", client="c", document="a.py", cell_id="", language="python", prefix="x = ", suffix="\nnp.ones(3)"
)


class _Noting(ScriptedEngine):
    """Notes of each call whether it is in advance."""

    def __init__(self) -> None:
        super().__init__({})
        self.in_advance: list[bool] = []

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.in_advance.append(IN_ADVANCE.get())
        yield Token(text="1", prob=0.9)


async def test_flag_while_nobody_waits(tmp_path: Path) -> None:
    """The flag is set where a position is read in advance, and not where a person waits for the answer."""
    engine = _Noting()
    settings = MCCom(models_dir=str(tmp_path))
    opened = replace(open_cascade(settings), cascade=cascade_of(engine))
    await opened.retriever.warm()  # else a thread goes on importing behind this test
    completions = Completions(LiveSettings(settings, lambda asked, former: opened))
    try:
        reading = completions.warm(REQUEST)
        assert reading is not None
        await reading

        async def ask() -> None:
            async for _ in completions.complete(REQUEST):
                pass

        await completions.begin(REQUEST, ask())
        assert engine.in_advance == [True, False]
    finally:
        await completions.aclose()


@pytest.mark.parametrize(("gap_s", "n_calls"), [(0.2, 0), (0.5, 1)], ids=["typed on", "read"])
@in_virtual_time
async def test_the_cloud_is_asked_while_a_text_is_read(
    gap_s: float, n_calls: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The cloud is asked in advance once a text has stood for 0.3 s, and not for one that is typed over at once."""
    cloud = _Noting()
    cascade = cascade_of(ScriptedEngine({"x = ": "np.zeros(3)\n"}, prob=0.6), cloud, asks_ahead=True)
    cascade.gates = Gates(sure=0.5, show=0.4)
    settings = MCCom(models_dir=str(tmp_path_factory.mktemp("models")))
    opened = replace(open_cascade(settings), cascade=cascade)
    await opened.retriever.warm()
    completions = Completions(LiveSettings(settings, lambda asked, former: opened))

    async def ask(request: CompletionRequest) -> None:
        async for _ in completions.complete(request):
            pass

    await completions.begin(REQUEST, ask(REQUEST))
    await asyncio.sleep(gap_s)
    along = replace(REQUEST, id="r1", prefix="x = np.")
    await completions.begin(along, ask(along))
    assert cloud.in_advance == [True] * n_calls
    await completions.aclose()
