"""The MLX engine beyond the contract: drafts, its cache, what it cannot load, and llama.cpp on the same weights."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.compose import open_cascade
from jupyter_mccom.engines.decoding.costs import TIMED
from jupyter_mccom.errors import EngineError
from jupyter_mccom.evaluation.lib.ties import same_but_for_a_tie, text_of
from jupyter_mccom.protocols import Engine
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Prompt, Token
from tests.contracts.conftest import MLX_PROCESS, checking_all

ABOVE = "import statistics\n\nvalues = [1, 2, 3]\n"
PROMPT = Prompt(chunks=(), prefix=ABOVE, typed="print(statistics.me", suffix="")


@pytest.fixture
def two_layers(mlx_folder: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Engine]:
    """The engine over two layers of the small model, which checks all of a draft."""
    engine = checking_all(MLX_PROCESS, mlx_folder)
    yield engine
    jp_asyncio_loop.run_until_complete(engine.aclose())


def _copied(folder: Path, to: Path, n_bytes: int = -1) -> None:
    """Copies each file of a model's folder, or its first bytes."""
    for file in folder.iterdir():
        with file.open("rb") as content:
            (to / file.name).write_bytes(content.read(n_bytes))


async def _written(engine: Engine, prompt: Prompt, *, draft: str = "", max_tokens: int = 12) -> list[Token]:
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]


async def test_a_draft_changes_nothing_but_the_passes(two_layers: Engine, mlx_folder: Path) -> None:
    """A draft changes only the number of passes."""
    unchecked = checking_all(MLX_PROCESS, mlx_folder, checks=False)
    try:
        plain = await _written(unchecked, PROMPT)
    finally:
        await unchecked.aclose()
    text = text_of(plain)
    for draft in (text, text[:6], text[:6] + " something else", "x", text + " and more than was asked for"):
        drafted = await _written(two_layers, PROMPT, draft=draft)
        assert text_of(drafted) == text
        assert len(drafted) == len(plain)
        n_right = sum(token.from_draft for token in drafted)
        assert drafted[-1].check is not None
        assert drafted[-1].check.accepted == n_right
    assert two_layers.skills.checks_draft


async def test_typing_on_evaluates_only_what_is_new(two_layers: Engine) -> None:
    """Typing on evaluates only the new tokens."""
    (fresh,) = await _written(two_layers, PROMPT, max_tokens=1)
    assert fresh.n_evaluated > 12
    (again,) = await _written(two_layers, PROMPT, max_tokens=1)
    assert again.n_evaluated == 1, "the last token's scores are needed"
    typed = Prompt(chunks=(), prefix=ABOVE, typed=PROMPT.typed + "an(", suffix="")
    (on,) = await _written(two_layers, typed, max_tokens=1)
    assert on.n_evaluated <= 3
    other = Prompt(chunks=(), prefix=ABOVE, typed="x", suffix="")
    (short,) = await _written(two_layers, other, max_tokens=1)
    assert short.n_evaluated <= 2, "the lines above are still there"


async def test_nothing_to_go_on_gives_nothing(two_layers: Engine) -> None:
    """An empty prompt gives no token."""
    assert await _written(two_layers, Prompt(chunks=(), prefix="", typed="", suffix="")) == []


async def test_what_was_cached_does_not_change_an_answer(two_layers: Engine) -> None:
    """What is cached does not change an answer."""
    fresh = await _written(two_layers, PROMPT)
    await _written(two_layers, Prompt(chunks=(), prefix=ABOVE, typed="for value in ", suffix=""), draft=" values")
    assert text_of(await _written(two_layers, PROMPT)) == text_of(fresh)


async def test_a_long_prompt_in_steps_says_what_it_says_at_once(two_layers: Engine) -> None:
    """A long prompt that is read in steps gives the same answer as read at once."""
    lines = "".join(f"name_{i} = {i}\n" for i in range(30))
    long = Prompt(chunks=(), prefix=lines, typed="print(", suffix="")
    fresh = await _written(two_layers, long)
    assert fresh[0].n_evaluated > 128 + 16
    for n_lines in (1, 15, 29):
        head = "".join(lines.splitlines(keepends=True)[:n_lines])
        await _written(two_layers, Prompt(chunks=(), prefix=head, typed="", suffix=""), max_tokens=1)
    assert text_of(await _written(two_layers, long)) == text_of(fresh)


async def test_it_writes_what_llama_cpp_writes_with_the_same_weights(two_layers: Engine, cut_file: Path) -> None:
    """MLX writes what llama.cpp writes with the same weights."""
    llama = open_cascade(MCCom(model=str(cut_file))).engine
    try:
        for typed in (PROMPT.typed, "for value in ", "def mean(", "x = {"):
            prompt = replace(PROMPT, typed=typed)
            one, other = await _written(llama, prompt), await _written(two_layers, prompt)
            assert same_but_for_a_tie(one, other)
            assert one[0].n_evaluated == other[0].n_evaluated
            assert other[0].prob == pytest.approx(one[0].prob, abs=0.01)
    finally:
        await llama.aclose()


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "abacus"}, "abacus"),
        ({"model_file": "run_me.py"}, "requires importing and running a custom module"),
    ],
)
async def test_a_model_that_cannot_be_loaded_is_one_clear_line(
    mlx_folder: Path, tmp_path: Path, config: dict[str, str], said: str
) -> None:
    """A model that cannot be loaded is one clear line."""
    _copied(mlx_folder, tmp_path)
    told = json.loads((mlx_folder / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(told | config))
    engine = open_cascade(MCCom(model=str(tmp_path))).engine
    with pytest.raises(EngineError, match=said) as raised:
        await _written(engine, PROMPT)
    assert "\n" not in str(raised.value)
    await engine.aclose()


async def test_weights_that_are_cut_off_are_told(mlx_folder: Path, tmp_path: Path) -> None:
    """Weights that are cut off are an error."""
    _copied(mlx_folder, tmp_path, n_bytes=1 << 20)
    engine = open_cascade(MCCom(model=str(tmp_path))).engine
    with pytest.raises(EngineError):
        await _written(engine, PROMPT)
    await engine.aclose()


async def test_a_damaged_tokenizer_is_told(mlx_folder: Path, tmp_path: Path) -> None:
    """A damaged tokenizer is an error that names its file."""
    _copied(mlx_folder, tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    engine = open_cascade(MCCom(model=str(tmp_path))).engine
    with pytest.raises(EngineError, match=r"tokenizer\.json"):
        await _written(engine, PROMPT)
    await engine.aclose()


async def test_what_checking_costs_is_timed_and_the_status_tells_it(mlx_folder: Path) -> None:
    """The cost of checking a draft is timed, and the status tells it."""
    opened = open_cascade(MCCom(model=str(mlx_folder)))
    await _written(opened.engine, PROMPT)
    assert opened.cost_curve is not None
    assert set(opened.cost_curve) == set(TIMED)
    await opened.aclose()
