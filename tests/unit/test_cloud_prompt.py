"""A cloud prompt has room of its own, and fills it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Cell, CompletionRequest, Prompt

_N_CELLS = 60
_CELLS = tuple(
    Cell(cell_id=str(number), kind="code", source=f"def load_{number}(path):\n    prices = read(path, {number})\n" * 3)
    for number in range(_N_CELLS)
)
REQUEST = CompletionRequest(
    id="r",
    client="c",
    document="d.ipynb",
    cell_id="here",
    language="python",
    prefix="# the prices\nprices = read(path)\nload_",
    suffix="",
    cells_before=(*_CELLS, Cell(cell_id="long", kind="code", source="x = 1\n" * 3000)),
)
"""The nearest cell is too long to be whole: what else is in a prompt was found."""


async def _prompt(**settings: object) -> Prompt:
    given = MCCom(cloud_dialect="openai", cloud_model="m", cloud_url="http://127.0.0.1:9", **settings)
    opened = open_cascade(given)
    try:
        return await opened.cascade.prompt(REQUEST, cloud=True, text="load_7(path)", confidence=0.9)
    finally:
        await opened.aclose()


def _n_chars(prompt: Prompt) -> int:
    return sum(len(chunk.text) for chunk in prompt.chunks) + len(prompt.prefix + prompt.typed + prompt.suffix)


async def test_hits_fill_the_room() -> None:
    """More than five hits stand in a cloud prompt where there is room, and it stays within its bound."""
    prompt = await _prompt()
    assert len(prompt.chunks) > 5
    assert 1000 < _n_chars(prompt) <= 4096 * 3


@pytest.mark.parametrize("prompt_tokens", [0, 128, 512, 2048])
async def test_the_local_prompt_does_not_shrink_the_clouds(prompt_tokens: int) -> None:
    """However long the local prompt may be, the cloud's is the same."""
    plain = await _prompt()
    assert await _prompt(prompt_tokens=prompt_tokens) == plain


async def test_its_own_bounds_hold() -> None:
    """The cloud's bounds are its own, and what is found takes half a prompt at most."""
    assert _n_chars(await _prompt(cloud_prompt_tokens=256)) <= 256 * 3
    assert (await _prompt(cloud_retrieval_tokens=0)).chunks == ()
    assert (await _prompt(retrieval_tokens=0)).chunks == ()


async def test_the_local_prompt_has_five_hits_at_most() -> None:
    """A local prompt has as few hits as before."""
    opened = open_cascade(MCCom(model="smollm2-135m", local_url="http://127.0.0.1:9"))
    hits = await opened.retriever.search(replace(REQUEST, id="r1"))
    await opened.aclose()
    assert len(hits) == 5
