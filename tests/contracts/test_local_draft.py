"""A draft on the local engine: checked beside the prompt, taken as far as the model agrees, changing not a word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from jupyter_mccom.engines.fim import PromptFormat
from jupyter_mccom.evaluation.lib.ties import same_but_for_a_tie, text_of
from jupyter_mccom.models.catalog import find
from jupyter_mccom.models.store import Store
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Prompt, Token
from tests.conftest import CODER, SMALL
from tests.contracts.conftest import MLX_PROCESS, checking_all

HEAD = "".join(f"values.append({number})\n" for number in range(3, 9))
PROMPT = Prompt(chunks=(), prefix=f"values = []\n{HEAD}", typed="values.app", suffix="")
EMOJI = Prompt(chunks=(), prefix='a = "😀 ok"\nb = "😀 ok"\nc = "😀 ok"\n', typed="d = ", suffix="")


MLX = "mlx"
_LLAMA = "jupyter_mccom.engines.local.llamacpp"
llama_only = pytest.mark.parametrize("opened", [SMALL], indirect=True)


def _opened(
    model_id: str, models: Store, module: str = "jupyter_mccom.engines.local.llamacpp", checks: bool = True
) -> Engine:
    """Checks all of a draft, whatever that costs here, or nothing."""
    model = find(model_id)
    assert model is not None
    reads = PromptFormat(fim=model.fim, layout=model.layout)
    return checking_all(module, models.locate(model_id), reads, threads=1, checks=checks)


Open = Callable[..., Engine]


@pytest.fixture(params=[SMALL, MLX])
def opened(request: pytest.FixtureRequest, models: Store, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Open]:
    """Opens the engine once more; each is ended after the test."""
    engines: list[Engine] = []

    def open_it(checks: bool = True) -> Engine:
        if request.param == MLX:
            engines.append(checking_all(MLX_PROCESS, request.getfixturevalue("mlx_folder"), checks=checks))
        else:
            engines.append(_opened(request.param, models, checks=checks))
        return engines[-1]

    yield open_it
    for engine in engines:
        jp_asyncio_loop.run_until_complete(engine.aclose())


@pytest.fixture
def engine(opened: Open) -> Engine:
    """Checks all of a draft."""
    return opened()


@pytest.fixture
def unchecked(opened: Open) -> Engine:
    """The engine without checks of drafts."""
    return opened(checks=False)


async def _written(engine: Engine, prompt: Prompt, draft: str = "", max_tokens: int = 12) -> list[Token]:
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as stream:
        return [token async for token in stream]


def _check(tokens: list[Token]) -> tuple[int, int, int]:
    """Offered, accepted, passes."""
    check = tokens[-1].check
    assert check is not None
    offered, accepted, passes = check.offered or 0, check.accepted or 0, check.passes or 0
    assert accepted == sum(token.from_draft for token in tokens) <= offered
    return offered, accepted, passes


@pytest.mark.parametrize("opened", [SMALL, CODER, MLX], indirect=True)
async def test_a_right_draft_takes_fewer_passes_than_tokens(engine: Engine, unchecked: Engine) -> None:
    """A right draft takes fewer passes than the answer has tokens."""
    plain = await _written(unchecked, PROMPT)
    drafted = await _written(engine, PROMPT, text_of(plain))
    assert same_but_for_a_tie(plain, drafted)
    _, accepted, passes = _check(drafted)
    assert passes < len(drafted) / 2 < accepted


async def test_a_draft_that_goes_wrong_is_kept_up_to_there(engine: Engine, unchecked: Engine) -> None:
    """A draft that goes wrong is kept up to there, and the answer is the same."""
    plain = await _written(unchecked, PROMPT)
    for n_right in range(0, 8, 2):
        draft = "".join(token.text for token in plain[:n_right]) + "¿wrong?"
        drafted = await _written(engine, PROMPT, draft)
        assert same_but_for_a_tie(plain, drafted)
        assert next(number for number, token in enumerate(drafted) if not token.from_draft) <= n_right


async def test_a_draft_may_be_longer_than_the_answer_and_than_a_pass(engine: Engine, unchecked: Engine) -> None:
    """A draft may be longer than the answer and than a pass."""
    plain = await _written(unchecked, PROMPT, max_tokens=40)
    drafted = await _written(engine, PROMPT, text_of(plain) + HEAD * 3, max_tokens=40)
    assert len(drafted) <= 40
    assert same_but_for_a_tie(plain, drafted)


async def test_a_draft_may_end_inside_a_token(engine: Engine, unchecked: Engine) -> None:
    """A draft may end inside a token."""
    plain = await _written(unchecked, PROMPT)
    for size in range(1, 9):
        assert same_but_for_a_tie(plain, await _written(engine, PROMPT, text_of(plain)[:size]))


async def test_a_draft_with_characters_of_several_tokens(engine: Engine, unchecked: Engine) -> None:
    """A draft may hold characters of several tokens."""
    plain = await _written(unchecked, EMOJI)
    for draft in (text_of(plain), ' "😀 ok"\ne = "😀', ' "😀😀😀'):
        drafted = await _written(engine, EMOJI, draft)
        assert same_but_for_a_tie(plain, drafted)
        assert "\ufffd" not in text_of(drafted)


async def test_a_draft_is_checked_beside_a_new_prompt(engine: Engine, unchecked: Engine) -> None:
    """A draft is checked beside a prompt of which nothing is cached."""
    plain = await _written(unchecked, PROMPT)
    other = Prompt(chunks=(), prefix="# something else\n" + "x = 1\n" * 60, typed="y", suffix="")
    await _written(engine, other, max_tokens=1)
    drafted = await _written(engine, PROMPT, text_of(plain))
    assert drafted[0].n_evaluated > 20
    assert drafted[0].from_draft
    assert same_but_for_a_tie(plain, drafted)


async def test_what_was_read_before_is_a_draft_and_changes_not_a_word(engine: Engine, unchecked: Engine) -> None:
    """Text that was read before serves as a draft and does not change the answer."""
    plain = await _written(unchecked, PROMPT)
    assert all(token.check is None for token in plain)
    drafted = await _written(engine, PROMPT)
    assert same_but_for_a_tie(plain, drafted)
    _, accepted, passes = _check(drafted)
    assert passes == len(drafted) - accepted
    assert accepted > 0


@llama_only
async def test_without_llama_h_the_wheels_server_answers(
    engine: Engine, models: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When llama.h cannot be used, the wheel's server answers and ignores drafts."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    instead = _opened(SMALL, models, "tests.contracts.stale_child")
    try:
        other = await _written(instead, PROMPT, "end(9)\n")
        assert (engine.skills.checks_draft, instead.skills.checks_draft) == (True, False)
        assert await instead.count(["x = 1", ""]) == await engine.count(["x = 1", ""])
    finally:
        await instead.aclose()
    assert same_but_for_a_tie(await _written(engine, PROMPT), other)
