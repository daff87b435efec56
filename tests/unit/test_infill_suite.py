"""`bench --suite infill`: the engine whose drafts are compared with none."""

from __future__ import annotations

from contextlib import aclosing

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.evaluation.suites.infill import checkers
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt, Token
from tests.conftest import SMALL

PROMPT = Prompt(chunks=(), prefix="one = 1\ntwo = 2\nthree = ", typed="", suffix="")


async def _written(engine: Engine, draft: str) -> list[Token]:
    async with aclosing(engine.generate(PROMPT, max_tokens=8, draft=draft)) as tokens:
        return [token async for token in tokens]


async def test_all_of_a_draft_is_checked(models: Store) -> None:
    """Whatever checking costs on this machine, one engine checks a draft, and the other one does not."""
    async with aclosing(open_cascade(MCCom(model=SMALL, models_dir=str(models.models_dir)))) as opened:
        plain, checker = checkers(opened)
        async with aclosing(plain), aclosing(checker):
            text = "".join(token.text for token in await _written(plain, ""))
            n_checked = [sum(token.from_draft for token in await _written(engine, text)) for engine in (plain, checker)]
    assert n_checked[0] == 0
    assert n_checked[1] > 0
