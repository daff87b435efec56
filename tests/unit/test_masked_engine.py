"""The masked engine: no secret in what the inner engine is given, none missing in what it gives."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.errors import EngineBusy
from jupyter_mccom.privacy.masked_engine import MaskedEngine
from jupyter_mccom.protocols import Engine
from jupyter_mccom.types import Chunk, DraftCheck, Prompt, Skills, Token

SECRET = "hf" + "_" + "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0aB3dE5g"
MASKED = "MCCOM_SECRET_1_"
PROMPT = Prompt(
    chunks=(Chunk(source="a.ipynb", first_line=1, last_line=1, text="use(hunter22)"),),
    prefix=f"key = '{SECRET}'\n",
    typed="login(",
    suffix="password = 'hunter22'\n",
)


class TokenEngine(ScriptedEngine):
    """Gives the tokens that it was given and remembers what it was asked."""

    def __init__(self, *texts: str) -> None:
        super().__init__({})
        last = len(texts) - 1
        self.tokens = [
            Token(
                text=text, prob=number / 100, n_evaluated=number, check=DraftCheck(passes=1) if number == last else None
            )
            for number, text in enumerate(texts)
        ]
        self.prompt = PROMPT
        self.draft = ""
        self.closed = False

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.prompt, self.draft = prompt, draft
        try:
            for token in self.tokens:
                yield token
        finally:
            self.closed = True


async def _all(engine: Engine, prompt: Prompt = PROMPT, draft: str = "") -> list[Token]:
    return [token async for token in engine.generate(prompt, max_tokens=64, draft=draft)]


async def test_no_text_of_the_prompt_and_no_draft_holds_a_secret() -> None:
    """No part of the prompt and no draft holds a secret."""
    inner = TokenEngine("x")
    await _all(MaskedEngine(inner), draft=f"'{SECRET}')")
    asked = inner.prompt
    assert asked.prefix == f"key = '{MASKED}'\n"
    assert asked.chunks[0].text == "use(MCCOM_SECRET_2_)"
    assert asked.suffix == "password = 'MCCOM_SECRET_2_'\n"
    assert asked.typed == "login("
    assert inner.draft == f"'{MASKED}')"


async def test_the_middle_of_a_secret_is_masked_by_its_document() -> None:
    """Text without a name is masked where its whole document names it: by place in a file, by value in a cell."""
    inner, middle = TokenEngine("x"), SECRET[10:28]
    file = Chunk(source="a.py", first_line=1, last_line=1, text=f"use({middle})\nplain = 1", hidden=((4, 22),))
    cell = Chunk(source="cell 1", first_line=3, last_line=3, text=f"  {SECRET[:9]}...\nuse(hunter22, 1)")
    own, cells = (f"key = '{SECRET}'\nlogin(", ""), ("password = 'hunter22'",)
    prompt = Prompt(chunks=(file, cell), prefix=f"{middle}'\n", typed="login(", suffix="", own=own, cells=cells)
    await _all(MaskedEngine(inner), prompt, draft=SECRET[:12])
    asked = inner.prompt
    texts = [*(chunk.text for chunk in asked.chunks), asked.prefix, asked.typed, inner.draft]
    assert [re.sub(r"MCCOM_SECRET_\d+_", "*", text) for text in texts] == [
        *("use(*)\nplain = 1", "  *...\nuse(*, 1)", "*'\n", "login(", "*")
    ]
    assert (asked.own, asked.cells, asked.chunks[0].hidden) == (("", ""), (), ())


async def test_a_secret_at_the_cursor_is_masked_on_both_sides() -> None:
    """A secret around the cursor is masked on both sides."""
    inner = TokenEngine("x")
    await _all(MaskedEngine(inner), replace(PROMPT, prefix="", typed="password = 'abc1", suffix="def2'\n"))
    assert "abc1" not in inner.prompt.typed
    assert "def2" not in inner.prompt.suffix


@pytest.mark.parametrize(
    ("typed", "forced", "asked"),
    [
        ("x = np", ".ar", ("x = np", ".ar")),
        (f"login('{SECRET}', na", "me", (f"login('{MASKED}', na", "me")),
        (f"login('{SECRET}", "'", (f"login('{MASKED}'", "")),
        (f"login('{SECRET[:9]}", f"{SECRET[9:]}'", (f"login('{MASKED}'", "")),
        ("login(hunt", "er22", ("login(MCCOM_SECRET_2_", "")),
        ("colour = 'abc", "1def2", ("colour = 'abc", "1def2")),
        ("password = 'abc", "1def2", ("password = 'MCCOM_SECRET_2_", "")),
    ],
)
async def test_what_is_typed_and_what_is_forced_are_masked_as_one_text(
    typed: str, forced: str, asked: tuple[str, str]
) -> None:
    """A secret that the cut goes through is found, and nothing is forced where a placeholder touches it."""
    inner = TokenEngine("x")
    await _all(MaskedEngine(inner), replace(PROMPT, typed=typed, forced=forced, suffix="\n" + PROMPT.suffix))
    assert (inner.prompt.typed, inner.prompt.forced) == asked


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize(
    "answer",
    [
        f"{MASKED})\n",
        f"a{MASKED}{MASKED}b",
        "MMCCOM_SECRET_",
        f"{MASKED[:-1]}",
        "MCCOM_SECRET_9_ M",
        f"M{MASKED}MC",
        "plain",
    ],
)
async def test_placeholders_come_back_however_tokens_cut_them(answer: str, size: int) -> None:
    """A placeholder becomes its secret again however the tokens cut it."""
    pieces = [answer[at : at + size] for at in range(0, len(answer), size)]
    inner = TokenEngine(*pieces)
    got = await _all(MaskedEngine(inner))
    assert "".join(token.text for token in got) == answer.replace(MASKED, SECRET)
    assert [replace(token, text="") for token in got] == [replace(token, text="") for token in inner.tokens]


async def test_without_secrets_each_token_passes_as_it_is() -> None:
    """Without secrets each token passes unchanged."""
    inner = TokenEngine("M", "", "CCOM_SECRET", "_1_")
    prompt = Prompt(chunks=(), prefix="", typed="x = ", suffix="")
    assert await _all(MaskedEngine(inner), prompt) == inner.tokens


async def test_closing_closes_the_inner_stream() -> None:
    """Closing the stream closes the inner one."""
    inner = TokenEngine("a", "b")
    stream = MaskedEngine(inner).generate(PROMPT, max_tokens=8)
    await anext(stream)
    await stream.aclose()
    assert inner.closed


async def test_errors_pass_through() -> None:
    """An error of the inner engine passes through."""

    class Busy(TokenEngine):
        async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
            if self.tokens:
                raise EngineBusy("busy; try again")
            yield Token(text="", prob=None)

    with pytest.raises(EngineBusy):
        await _all(MaskedEngine(Busy("x")))


async def test_counting_sends_nothing() -> None:
    """Tokens are estimated: the inner engine, which may ask its server, is given no text with its secrets."""

    class Server(TokenEngine):
        async def count(self, texts: Sequence[str]) -> list[int]:
            raise AssertionError(f"{texts} would be sent")

    assert await MaskedEngine(Server()).count([f"key = '{SECRET}'", "abcdefg", ""]) == [15, 3, 0]


async def test_the_rest_is_the_inner_engines() -> None:
    """Name and skills are those of the inner engine."""
    inner = ScriptedEngine({"login(": f"'{MASKED}')"}, name="cloud")
    engine: Engine = MaskedEngine(inner)
    assert engine.name == "cloud"
    assert engine.skills == Skills(probs=True, infill=True, checks_draft=False, heals=True)
    assert "".join(token.text for token in await _all(engine)) == f"'{SECRET}')"
    await engine.aclose()
