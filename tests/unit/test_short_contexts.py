"""A model whose context is shorter than the prompts that are set: it refuses one, and the next ones fit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest

from jupyter_mccom.cascade import engine_context
from jupyter_mccom.cascade.engine_context import Context
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import PromptTooLong
from jupyter_mccom.types import Cell, CompletionRequest, Prompt, Skills, Token
from tests.cascades import cascade_of
from tests.clock import in_virtual_time

N_CONTEXT = 200


class _Short:
    """Refuses prompts of more characters than its context holds; a character is a token."""

    name = "short"
    skills = Skills(probs=True, infill=True, checks_draft=False)

    def __init__(self, *, tells: bool) -> None:
        self.sizes: list[int] = []
        self.n_context = N_CONTEXT
        self._tells = tells
        self._written = ScriptedEngine(lambda prompt: "eros(3)\n", prob=0.9)

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        n_prompt = sum(len(chunk.text) for chunk in prompt.chunks) + len(prompt.prefix) + len(prompt.suffix)
        self.sizes.append(n_prompt)
        if n_prompt > self.n_context:
            raise PromptTooLong("too long", fits=self.n_context / n_prompt if self._tells else None)
        async with aclosing(self._written.generate(prompt, max_tokens=max_tokens)) as tokens:
            async for token in tokens:
                yield token

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


def _request(number: int) -> CompletionRequest:
    above = [f"name_{number}_{at} = {at}\n" * 4 for at in range(20)]
    return CompletionRequest(
        id=f"r{number}",
        client="c",
        document="d.ipynb",
        cell_id=f"{number}",
        language="python",
        prefix="x = np.z",
        suffix="",
        cells_before=tuple(Cell(cell_id=f"{at}", kind="code", source=source) for at, source in enumerate(above)),
    )


async def _answered(cascade: Cascade, number: int) -> tuple[str, str]:
    *_, last = [suggestion async for suggestion in cascade.complete(_request(number))]
    return last.text, last.route.reason


@pytest.mark.parametrize(("tells", "n_refused"), [(True, 1), (False, 2)])
@in_virtual_time
async def test_a_cloud_gets_prompts_that_fit(tells: bool, n_refused: int) -> None:
    """A cloud that refuses a prompt as too long gets prompts that fit from then on."""
    cloud = _Short(tells=tells)
    cascade = cascade_of(ScriptedEngine({"np.z": "eros(4)\n"}, prob=0.1), cloud)
    reasons = [(await _answered(cascade, number))[1] for number in range(6)]
    assert reasons == ["offline"] * n_refused + ["unsure"] * (6 - n_refused)
    assert max(cloud.sizes[n_refused:]) <= N_CONTEXT
    assert min(cloud.sizes[n_refused:]) > N_CONTEXT // 2


@in_virtual_time
async def test_a_local_server_gets_prompts_that_fit() -> None:
    """A server in the local model's place that refuses a prompt as too long gets one that fits at the next key."""
    local = _Short(tells=True)
    cascade = cascade_of(local, None)
    with pytest.raises(PromptTooLong):
        await _answered(cascade, 0)
    assert await _answered(cascade, 1) == ("eros(3)", "sure")


@pytest.mark.parametrize("tells", [True, False])
async def test_a_server_that_is_started_with_a_longer_context(tells: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some short prompts a long one is tried; where it is refused again, the next ones are as short as before."""
    monkeypatch.setattr(engine_context, "_N_SHORT", 4)
    local = _Short(tells=tells)
    context = Context(local, None, n_tokens=600, n_retrieved_tokens=0)

    async def refused(number: int) -> bool:
        prompt, _ = await context.prompt(_request(number))
        try:
            async with aclosing(local.generate(prompt, max_tokens=1)) as tokens:
                await anext(tokens)
        except PromptTooLong as error:
            context.shorten(error)
            return True
        return False

    while await refused(0):
        pass
    length = context.n_tokens
    assert [await refused(number) for number in range(1, 6)] == [False, False, False, True, False]
    assert context.n_tokens == length
    local.n_context = 600
    assert [await refused(number) for number in range(6, 10)] == [False] * 4
    assert (context.n_tokens, max(local.sizes[-2:]) > N_CONTEXT) == (600, True)
