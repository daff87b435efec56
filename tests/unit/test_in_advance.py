"""Work that the server does while nobody waits, as an engine below it sees it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.server.completions import IN_ADVANCE, Completions
from jupyter_mccom.server.live_settings import LiveSettings
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import CompletionRequest, Prompt, Token
from tests.cascades import cascade_of

REQUEST = CompletionRequest(
    id="r", client="c", document="a.py", cell_id="", language="python", prefix="x = ", suffix="\n"
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
