"""What every Engine promises, run on each implementation."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from jupyter_mccom.errors import PromptTooLong
from jupyter_mccom.evaluation.lib.ties import same_but_for_a_tie
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Chunk, Prompt, Token
from tests.contracts.conftest import TELLS_NO_COUNTS, TELLS_NO_PROBS, Open

PROMPT = Prompt(
    chunks=(Chunk(source="cell 0", first_line=1, last_line=1, text="import statistics"),),
    prefix="values = [1, 2, 3]\n",
    typed="print(statistics.me",
    suffix="\nprint(values)\n",
)


async def _all(engine: Engine, prompt: Prompt, max_tokens: int = 12, draft: str = "") -> list[Token]:
    async with aclosing(engine.generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
        return [token async for token in tokens]


async def test_streams_tokens_with_what_is_known_of_them(open_engine: Open, kind: str) -> None:
    """An engine streams tokens with their probability and count, as its skills say."""
    engine = open_engine()
    tokens = await _all(engine, PROMPT)
    assert 0 < len(tokens) <= 12
    assert "".join(token.text for token in tokens).strip()
    assert engine.skills.probs == (kind not in TELLS_NO_PROBS)
    assert all((token.prob is not None and 0 <= token.prob <= 1) == engine.skills.probs for token in tokens)
    assert (tokens[0].n_evaluated > 1) == (kind not in TELLS_NO_COUNTS)
    assert all(token.n_evaluated == 1 for token in tokens[1:])


async def test_is_greedy_and_does_not_depend_on_a_draft(open_engine: Open) -> None:
    """An answer is greedy and does not depend on the draft."""
    engine = open_engine()
    plain = await _all(engine, PROMPT)
    for draft in ("", "completely different", "an(v"):
        assert same_but_for_a_tie(plain, await _all(engine, PROMPT, draft=draft))


async def test_closing_the_iterator_frees_the_model(open_engine: Open) -> None:
    """Closing the iterator frees the model."""
    engine = open_engine()
    stream = engine.generate(PROMPT, max_tokens=2000)
    async with aclosing(stream):
        await anext(stream)
    assert await asyncio.wait_for(_all(engine, PROMPT, 3), 10)


async def test_closing_while_the_prompt_is_read_frees_the_model(open_engine: Open) -> None:
    """Closing while the prompt is evaluated frees the model within a batch."""
    engine = open_engine()
    await _all(engine, PROMPT, 1)
    long = Prompt(chunks=(), prefix="".join(f"name_{i} = {i}\n" for i in range(280)), typed="print(", suffix="")
    running = asyncio.create_task(_all(engine, long))
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await asyncio.wait_for(_all(engine, PROMPT, 3), 10)


async def test_two_requests_at_once_are_both_answered(open_engine: Open) -> None:
    """Two requests at once are both answered."""
    engine = open_engine()
    first, second = await asyncio.gather(_all(engine, PROMPT), _all(engine, PROMPT))
    assert len(first) > 1
    assert same_but_for_a_tie(first, second)


async def test_works_again_after_it_was_closed_and_opened(open_engine: Open) -> None:
    """An engine that was closed, even twice, can be opened again."""
    first = open_engine()
    before = await _all(first, PROMPT)
    await first.aclose()
    await first.aclose()
    assert same_but_for_a_tie(before, await _all(open_engine(), PROMPT))


async def test_a_prompt_too_long_is_refused_with_its_size(open_engine: Open) -> None:
    """A prompt that is too long is refused with its size."""
    prompt = Prompt(chunks=(), prefix="word " * 9000, typed="", suffix="")
    with pytest.raises(PromptTooLong, match=r"\d+\D+\d+"):
        await _all(open_engine(), prompt)


async def test_counts_tokens_of_each_text_in_order(open_engine: Open) -> None:
    """Token counts come in the order of the texts."""
    engine = open_engine()
    one, two, none = await engine.count(["x = 1", "x = 1\ny = x + 1\n", ""])
    assert (0 < one < two, none) == (True, 0)
    assert await engine.count(["x = 1\ny = x + 1\n", "x = 1"]) == [two, one]


_LINE = 'größte_日本 = "\\d 😀"\n'
KNOWN = Prompt(
    chunks=(),
    prefix=f"import statistics\n\n{_LINE}print(statistics.median(values))\n{_LINE}",
    typed="",
    suffix="\nprint(values)\n",
)
SENSELESS = ("scripted", "mlx", "mlx's weights")
"""Their answer does not depend on the prompt, or a cut model writes it."""


@pytest.mark.parametrize(
    ("typed", "forced", "rest"),
    [
        ("print(statistics", ".me", "dian"),
        ("print(statistics", ".", "median"),
        ("print", "(sta", "tistics"),
        ("größte_日", "本", " ="),
        ("größte_日本 =", ' "', "\\d"),
        ("größte_日本 = ", '"\\', "d"),
        ('größte_日本 = "\\d', " 😀", '"'),
    ],
)
async def test_an_answer_continues_the_text_that_was_typed(
    open_engine: Open, kind: str, typed: str, forced: str, rest: str
) -> None:
    """Nothing typed is repeated or dropped; a model that heals writes on inside a word, a sign or a string."""
    engine = open_engine()
    tokens = await _all(engine, replace(KNOWN, typed=typed, forced=forced))
    text = "".join(token.text for token in tokens)
    if not engine.skills.heals:
        assert not any(token.forced for token in tokens)
        assert not text.startswith(forced)
    elif kind not in SENSELESS:
        assert text.startswith(rest)
        crossing = next(number for number, token in enumerate(tokens) if token.text)
        assert all(token.forced for token in tokens[:crossing])
        assert not any(token.forced for token in tokens[crossing + 1 :])
        allowed = [token.allowed_prob for token in tokens if token.forced]
        assert all(prob is None or 0 < prob <= 1 for prob in allowed)
    assert len(tokens) - sum(token.forced for token in tokens) <= 12


async def test_unlikely_forced_text_is_continued(open_engine: Open, kind: str) -> None:
    """The answer has as many tokens as it may have, and none is the forced text once more."""
    engine = open_engine()
    for forced in ("zqj", "]=[", " §", "\\'\"", "<", "\t"):
        tokens = await _all(engine, replace(KNOWN, typed="x = y", forced=forced), 4)
        if engine.skills.heals:
            assert not any(token.forced for token in tokens[-1:])
            assert len([token for token in tokens if not token.forced]) <= 4


async def test_text_beyond_ascii_comes_whole(open_engine: Open) -> None:
    """Text beyond ASCII comes whole."""
    prompt = Prompt(chunks=(), prefix='# 日本語\ns = "😀😀"\nt = "😀😀"\n', typed='u = "', suffix="")
    text = "".join(token.text for token in await _all(open_engine(), prompt, 16))
    assert "\ufffd" not in text
