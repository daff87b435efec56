"""`bench --suite healing`: where each cut ends the prompt's line; │ marks it, █ the cursor."""

from __future__ import annotations

import pytest

from jupyter_mccom.engines.decoding.constrain import Rule
from jupyter_mccom.engines.fim import PromptFormat
from jupyter_mccom.evaluation.suites.healing import CUTS, VARIANTS, Cut, InProcess, next_word, uncut
from jupyter_mccom.types import Prompt
from tests.speller import Speller


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("word", "x =│ np█"),
        ("word", "x = np.│ar█"),
        ("word", "x =│ my_va█"),
        ("word", "x =│ 12█"),
        ("word", "│    retur█"),
        ("word", "x = np.│█"),
        ("word and its sign", "x = np│.ar█"),
        ("word and its sign", "x =│ np█"),
        ("word and its sign", 'x = data[│"na█'),
        ("word and its sign", "f(x│)[█"),
        ("word and its sign", "x│ =█"),
        ("word and its sign", "x =│ █"),
        ("last token", "def│ █"),
        ("last token", "def │x█"),
        ("last token", "│def█"),
        ("last token", "def x│😀█"),
        ("word or last token, the farther", "def│ x█"),
        ("word or last token, the farther", "def│ █"),
        ("pre-token", "x = np│.ar█"),
        ("two pre-tokens", "x =│ np.ar█"),
    ],
)
def test_cut(name: str, line: str) -> None:
    """A cut goes back to where its name says, and what is cut off is forced."""
    typed, _, forced = line.removesuffix("█").partition("│")
    assert CUTS[name](typed + forced, Speller()) == (typed, forced)


@pytest.mark.parametrize("line", ["x = np.ar", "x = ", "def x😀", "\tretur", "f(", "a == ", "s = '日本"])
@pytest.mark.parametrize("cut", CUTS.values())
def test_nothing_is_lost(cut: Cut, line: str) -> None:
    """What stands in the prompt and what is forced are the line, less blanks that the model was left to write."""
    typed, forced = cut(line, Speller())
    assert typed + forced == line or (typed, forced) == uncut(line, Speller()) == (line.rstrip(" \t"), "")


def test_every_cut_by_both_rules() -> None:
    """Each cut is tried by each rule, beside no healing."""
    assert len(VARIANTS) == 1 + 2 * len(CUTS)


@pytest.mark.parametrize(
    ("text", "word"), [("ray(x)", "ray"), (" np.x", " np"), (".array", "."), (')["a', ')["'), ("", ""), (" ", "")]
)
def test_next_word(text: str, word: str) -> None:
    """The next word is what a word-wise accept would take."""
    assert next_word(text) == word


async def test_engine_in_this_process() -> None:
    """The text behind the forced one comes from the model, by the rule that was set last."""
    speller = Speller()
    engine = InProcess("speller", speller, PromptFormat(fim=None, layout="standard"))
    speller.n_prompt = len(speller.encode("y", special=True))
    prompt = Prompt(chunks=(), prefix="", typed="y", forced="de", suffix="")
    rules: list[Rule] = ["likeliest", "own"]
    for rule in rules:
        engine.by(rule)
        tokens = [token async for token in engine.generate(prompt, max_tokens=9)]
        assert ("".join(token.text for token in tokens), sum(token.forced for token in tokens)) == ("f x😀 x", 1)
    assert await engine.count(["def x"]) == [3]
    await engine.aclose()
