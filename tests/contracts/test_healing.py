"""Healing on every server's dialect, against a model that goes on only where a token ends (`tests/strict_model.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest

from jupyter_mccom.cascade.text.heal import heal
from jupyter_mccom.engines.remote.providers.table import PROVIDERS
from jupyter_mccom.models.catalog import QWEN_FIM
from jupyter_mccom.types import Prompt, Token
from tests.strict_engines import (
    ABOVE,
    ALL,
    CHATS,
    CHECKING,
    CLOUDS,
    HEALING,
    LOCAL,
    PLAIN,
    PREDICTING,
    all_of,
    opened,
    prompt_at,
)
from tests.strict_model import Heeds, StrictModel, forced_by, rule_in

LINES = (
    "mean = np.array(values).mean(axis=0)  # 平均 😀",
    "print(f\"{mean!r:>8}\", 'a\\\\b', table['größe'] == 12.5e3)",
    "    for one_of_them in values: total **= one_of_them",
)


def text_of(tokens: list[Token]) -> str:
    """What was written."""
    return "".join(token.text for token in tokens)


def cursors(line: str, kind: str = "") -> range:
    """All but those in the indentation, which is left to the model; every fifth for another form of a provider."""
    step = 5 if kind in CHATS or "," in kind else 1
    return range(len(line) - len(line.lstrip()) + 1, len(line) + 1, step)


def with_lines(kinds: Sequence[str]) -> pytest.MarkDecorator:
    """Every kind with every line. The fast lane has every kind, and every line, but one line for each kind."""
    pairs = product(enumerate(LINES), enumerate(kinds))
    return pytest.mark.parametrize(
        ("kind", "line"),
        [
            pytest.param(kind, line, marks=[pytest.mark.thorough] if (n_kind - n_line) % len(LINES) else [])
            for (n_line, line), (n_kind, kind) in pairs
        ],
    )


def at_token_end(line: str, cursor: int) -> bool:
    """The strict model goes on there when nothing is forced."""
    model = StrictModel(ABOVE + line)
    written = model.written(ABOVE + line[:cursor].rstrip(" "))
    return "¿" not in "".join(written)


def test_every_dialect_is_looked_at() -> None:
    """No dialect and no kind of local server is left out of this file."""
    assert set(ALL) == {*CLOUDS, *LOCAL}
    assert {provider for provider, _ in CLOUDS.values()} == set(PROVIDERS)


@with_lines([*HEALING, *CHATS])
async def test_an_answer_continues_what_was_typed_at_every_key(kind: str, line: str) -> None:
    """Text typed and answer make the line, wherever the cursor is: nothing is repeated and nothing dropped."""
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, _):
        for cursor in cursors(line, kind):
            tokens = await all_of(engine, prompt_at(line, cursor))
            assert line[:cursor] + text_of(tokens) == line
        assert engine.skills.heals == (kind not in CHATS)


@with_lines(PLAIN)
async def test_without_forcing_the_prompt_holds_the_whole_line(kind: str, line: str) -> None:
    """The prompt ends at the cursor, less its blanks, in the standard order; the answer has no blank too many."""
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, server):
        for cursor in cursors(line, kind):
            tokens = await all_of(engine, prompt_at(line, cursor))
            asked = server.asked[-1][2]["prompt"]
            before = asked.removeprefix(QWEN_FIM.prefix).partition(QWEN_FIM.suffix)[0]
            assert before == ABOVE + line[:cursor].rstrip(" ")
            assert not asked.partition(QWEN_FIM.middle)[2]
            if at_token_end(line, cursor):
                assert line[:cursor] + text_of(tokens) == line
        assert not engine.skills.heals


@pytest.mark.parametrize("kind", HEALING)
async def test_only_what_was_typed_is_forced(kind: str) -> None:
    """A grammar or regular expression goes out with a forced text and only with one."""
    line = LINES[1]
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, server):
        for cursor in cursors(line, kind):
            prompt = prompt_at(line, cursor)
            server.asked.clear()
            await all_of(engine, prompt)
            found = [one for one in (rule_in(body) for _, _, body in server.asked) if one]
            assert [forced_by(one) for one in found] == ([prompt.forced] if prompt.forced else [])


@pytest.mark.parametrize("kind", HEALING)
async def test_tokens_say_which_of_them_were_forced(kind: str) -> None:
    """A token that begins with typed text is marked, adds what is behind the cursor, and others are not."""
    line = LINES[0]
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, _):
        for cursor in cursors(line, kind):
            tokens = await all_of(engine, prompt_at(line, cursor))
            forced = [token for token in tokens if token.forced]
            assert forced == tokens[: len(forced)]
            assert all(not token.text for token in forced[:-1])
            assert bool(forced) == bool(prompt_at(line, cursor).forced)
            assert all(token.allowed_prob is None for token in tokens[len(forced) :])
            if "llama" in kind and forced:
                assert forced[-1].allowed_prob == pytest.approx(1.0)
                assert forced[-1].prob == pytest.approx(0.6)


@pytest.mark.parametrize("kind", HEALING)
async def test_forced_tokens_do_not_count(kind: str) -> None:
    """Forced tokens do not count: the answer has as many free tokens as were asked for."""
    line = LINES[0]
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, _):
        for cursor in (8, 9, 12, 20):
            for draft in ("", line[cursor:]):
                tokens = await all_of(engine, prompt_at(line, cursor), draft, max_tokens=2)
                assert len([token for token in tokens if token.text]) == 2
                assert line[cursor:].startswith(text_of(tokens))


@with_lines([*CHECKING, "fireworks", *PREDICTING])
async def test_a_draft_that_is_the_answer_is_taken_whole(kind: str, line: str) -> None:
    """The draft is aligned with what the model writes first, be that a blank or half a word."""
    for cursor in cursors(line)[:-1]:
        if kind == "fireworks" and not at_token_end(line, cursor):
            continue
        async with opened(kind, StrictModel(ABOVE + line)) as (
            engine,
            _,
        ):  # which checks its first draft whatever it costs
            tokens = await all_of(engine, prompt_at(line, cursor), line[cursor:])
            assert line[:cursor] + text_of(tokens) == line
            check = tokens[-1].check
            assert check is not None
            assert check.accepted == check.offered
            assert (check.offered or 0) > 0


@pytest.mark.parametrize("kind", CHECKING)
async def test_given_tokens_are_neither_offered_nor_accepted(kind: str) -> None:
    """Only the draft's own tokens are counted, not the forced ` **=` before ` one`."""
    line = LINES[2]
    cursor = line.index("= one") + 1
    prompt = Prompt(chunks=(), prefix=ABOVE, typed=line[: cursor - 4], forced=" **=", suffix="\n")
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, _):
        tokens = await all_of(engine, prompt, line[cursor:])
    check = tokens[-1].check
    assert check is not None
    assert (check.offered, check.accepted) == (3, 3)
    assert tokens[0].forced
    assert not tokens[0].text


@pytest.mark.parametrize("kind", CHECKING)
async def test_a_draft_that_is_wrong_changes_nothing(kind: str) -> None:
    """Wherever a draft goes wrong, also inside the word under the cursor, the answer is the model's."""
    line = LINES[0]
    async with opened(kind, StrictModel(ABOVE + line)) as (engine, _):
        for cursor in cursors(line)[::3]:
            for draft in ("zzz", "(", " q", line[cursor : cursor + 4] + "zz", line[cursor:] + "!!"):
                tokens = await all_of(engine, prompt_at(line, cursor), draft)
                assert line[:cursor] + text_of(tokens) == line


@pytest.mark.parametrize("heeds", ["ignores", "refuses"])
@pytest.mark.parametrize("kind", HEALING)
async def test_a_server_that_ignores_the_grammar(kind: str, heeds: Heeds) -> None:
    """No text is shown that continues something else; after three such answers nothing is forced any more."""
    line = "x = np.array(values)"
    async with opened(kind, StrictModel(ABOVE + line, heeds)) as (engine, server):
        for typed in ("x = np.qu", "x = np.arange(v", "x = np.array(values).q"):
            cut = heal(typed)
            prompt = replace(prompt_at(line, 0), typed=cut.typed, forced=cut.forced)
            assert engine.skills.heals or not server.asked
            assert text_of(await all_of(engine, prompt)) == "¿"
        assert not engine.skills.heals
        server.asked.clear()
        tokens = await all_of(engine, prompt_at(line, len("x = np.array(values")))
        assert text_of(tokens) == ")"
        assert not any(rule_in(body) for _, _, body in server.asked)
        body = server.asked[-1][2]
        text = body["text"] if "text" in body else body["prompt"]
        assert text == f"{QWEN_FIM.prefix}{ABOVE}x = np.array(values{QWEN_FIM.suffix}\n{QWEN_FIM.middle}"
