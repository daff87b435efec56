"""What the small model does while nobody types: the position that was entered, and the one after a suggestion."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

import pytest

from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.types import CompletionRequest, Prompt, Suggestion, Token
from tests.cascades import cascade_of

REQUEST = CompletionRequest(
    id="r0", client="c", document="d.ipynb", cell_id="1", language="python", prefix="if x == f", suffix="\ny = 2\n"
)


class _Counted(ScriptedEngine):
    """Keeps the line that it was asked about, of each call."""

    def __init__(self) -> None:
        super().__init__({"x == f": "(3):", "(3):": "\n", "(3):\n": "    print(x)\n", "y": " = 3\n"})
        self.asked: list[str] = []

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.asked.append(prompt.typed + prompt.forced)
        async with aclosing(super().generate(prompt, max_tokens=max_tokens, draft=draft)) as tokens:
            async for token in tokens:
                yield token


async def _ask(cascade: Cascade, request: CompletionRequest) -> Suggestion:
    *_, last = [suggestion async for suggestion in cascade.complete(request)]
    return last


@pytest.mark.parametrize(
    ("typed_on", "expected"), [("(3):", ""), ("(3):\n    ", "print(x)")], ids=["taken", "taken, then Enter"]
)
async def test_the_next_position_is_answered_in_advance(typed_on: str, expected: str) -> None:
    """The position behind an accepted suggestion is answered without a further model call."""
    engine = _Counted()
    cascade = cascade_of(engine)
    shown = await _ask(cascade, REQUEST)
    await cascade.look_ahead(REQUEST, shown)
    n_calls = len(engine.asked)
    assert (await _ask(cascade, replace(REQUEST, id="r1", prefix=REQUEST.prefix + typed_on))).text == expected
    assert len(engine.asked) == n_calls == 3


async def test_an_advance_answer_for_other_text_is_forgotten() -> None:
    """An answer made in advance is not used when other text stands around the cursor."""
    engine = _Counted()
    cascade = cascade_of(engine)
    await cascade.look_ahead(REQUEST, await _ask(cascade, REQUEST))
    n_calls = len(engine.asked)
    await _ask(cascade, replace(REQUEST, id="r1", prefix="if x == f(3):\n    ", suffix="\ny = 5\n"))
    assert len(engine.asked) == n_calls + 1


async def test_inside_a_line_the_next_line_is_not_looked_at() -> None:
    """Inside a line the next line is not answered in advance."""
    engine = _Counted()
    cascade = cascade_of(engine)
    request = replace(REQUEST, suffix="  # why\n")
    await cascade.look_ahead(request, await _ask(cascade, request))
    assert engine.asked == ["if x == f", "if x == f(3):"]


async def test_warming_reads_the_prompt_and_shows_nothing() -> None:
    """Warming evaluates the prompt and leaves no trace."""
    engine = _Counted()
    cascade = cascade_of(engine)
    await cascade.warm(REQUEST)
    assert engine.asked == ["if x == f"]
    assert cascade.journal.traces == ()
