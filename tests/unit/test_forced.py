"""Typed text as a rule for servers, taken off their answers, and what is done where they do not heed it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from jupyter_mccom.engines.forced import Behind, Healing, NotForced, forceable, grammar, plainly, regex
from jupyter_mccom.engines.remote.llama_completion import LlamaAnswer, body_of
from jupyter_mccom.errors import CloudBroken, CloudRefused, EngineError
from jupyter_mccom.types import Prompt, Token

TEXTS = [
    "np",
    ".ar",
    '"日本',
    "😀😀",
    "<",
    "\\",
    "\\d",
    "\t",
    "a\"b'c",
    "(^",
    "-#/&~ %",
    "}{|",
    "[0-9]*$",
    "x{2}?+",
    "\\n",
    "e\u0301",
    "한글",
    "\U0010fffd",
]
PROMPT = Prompt(chunks=(), prefix="import numpy as np\n", typed="x = np", forced=".ar", suffix="")


def _token(text: str) -> Token:
    return Token(text=text, prob=0.5)


def _told(piece: str, logprob: float, *others: tuple[str, float], token: int = 0) -> dict[str, Any]:
    tops = [
        {"id": number + token, "bytes": list(text.encode()), "logprob": one}
        for number, (text, one) in enumerate([(piece, logprob), *others])
    ]
    return {"id": token, "bytes": list(piece.encode()), "logprob": logprob, "top_logprobs": tops}


def _taken_off(behind: Behind, pieces: list[str]) -> None:
    for piece in pieces:
        assert not behind.put(_token(piece)).text
    behind.end()


@pytest.mark.parametrize("text", TEXTS)
def test_a_regex_takes_the_text_and_anything_behind_it(text: str) -> None:
    """Whatever signs the text has, it is matched as it is written."""
    rule = re.compile(regex(text))
    for more in ("", "x", '\n日"\\]\x01\t😀'):
        assert rule.fullmatch(text + more)
    assert not rule.fullmatch("q" + text)
    assert not rule.fullmatch(text[:-1])


@pytest.mark.parametrize("text", TEXTS)
def test_a_grammar_is_one_literal_in_plain_ascii(text: str) -> None:
    """No sign of the text can end the literal or the line."""
    rule = grammar(text)
    found = re.fullmatch(r'root ::= "((?:[A-Za-z0-9]|\\U[0-9A-F]{8})+)" \[\^\\x00\]\*', rule)
    assert found is not None
    assert found[1].encode().decode("unicode_escape") == text


@pytest.mark.parametrize("text", ["", "a\x00", "a\n", "\r", "\u2028", "\x85", "\ud800"])
def test_what_no_grammar_holds_is_not_forced(text: str) -> None:
    """Control characters, line separators and halves of characters."""
    assert not forceable(text)


@pytest.mark.parametrize(
    "pieces", [[".ar", "ray"], [".", "array"], [".array"], [".", "a", "", "r", "ray"], [".a", "rray"]]
)
def test_the_forced_text_is_taken_off_however_tokens_cut_it(pieces: list[str]) -> None:
    """Tokens that end inside it add nothing and do not count; the one that goes beyond adds the rest."""
    behind = Behind(".ar", 3)
    tokens = [behind.put(_token(piece)) for piece in [*pieces, "(", ")"]]
    behind.end()
    assert "".join(token.text for token in tokens) == "ray()"
    assert behind.n_left == 0
    assert not any(token.forced for token in tokens[-2:])
    assert tokens[0].forced


@pytest.mark.parametrize("pieces", [["x"], [".", "x"], [".b"], []])
def test_another_answer_is_no_answer(pieces: list[str]) -> None:
    """Text that does not begin with what was typed is never given."""
    with pytest.raises(NotForced):
        _taken_off(Behind(".ar", 3), pieces)


def test_the_share_is_of_the_tokens_that_agree() -> None:
    """Shorter and longer tokens agree by bytes; others do not count, nor do tokens without bytes."""
    told = _told(".array", -1.0, (".a", -1.0), (".b", -0.1), (".", -2.0), ("", -0.1))
    token = Behind(".ar", 3).put(_token(".array"), told)
    assert token.allowed_prob == pytest.approx(1 / (1 + 1 + 2.718281828**-1), abs=1e-6)


def test_the_share_of_an_untold_token_is_unknown() -> None:
    """A token that is typed against all odds is below the likeliest."""
    told = _told("q", -0.1) | {"id": 9, "bytes": list(b".array"), "logprob": -9.0}
    assert Behind(".ar", 3).put(_token(".array"), told).allowed_prob is None


def test_a_token_that_ends_a_character_agrees_by_its_own_bytes() -> None:
    """llama.cpp tells the bytes of the whole character, and those of the likeliest tokens at its end."""
    told = _told("日", -1.0)
    told["top_logprobs"] = [
        {"id": 7, "bytes": [160], "logprob": -0.5},
        {"id": 0, "bytes": [165], "logprob": -1.0},
    ]
    assert Behind("日本", 3).put(_token("日"), told).allowed_prob == pytest.approx(1.0)


def test_a_marker_whose_name_agrees_is_not_taken_for_the_text() -> None:
    """A grammar that wants `<` lets a server write `<|im_start|>`, which has no text."""
    event = {"content": "", "completion_probabilities": [{"id": 1, "bytes": [], "logprob": -0.1}]}
    with pytest.raises(NotForced) as raised:
        LlamaAnswer("<", 3).tokens(event)
    assert not raised.value.ignored


def test_a_prompt_without_forced_text_is_asked_as_ever() -> None:
    """No grammar, one probability a token, as many tokens as are wanted."""
    body = body_of("x", forced="", max_tokens=5)
    assert "grammar" not in body
    assert (body["n_predict"], body["n_probs"]) == (5, 1)
    assert body_of("x", forced="é(", max_tokens=5)["n_predict"] == 8


class _Server:
    """Writes what a test says, a list of pieces or an error for each time that it is asked."""

    def __init__(self, *answers: list[str] | EngineError) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, str, str, bool]] = []

    async def write(self, prompt: Prompt, draft: str, heals: bool) -> AsyncGenerator[Token, None]:
        self.asked.append((prompt.typed, prompt.forced, draft, heals))
        found = self._answers.pop(0)
        if isinstance(found, EngineError):
            raise found
        behind = Behind(prompt.forced, 9)
        for piece in found:
            yield behind.put(_token(piece))
        behind.end()


async def _healed(healing: Healing, server: _Server, prompt: Prompt = PROMPT, draft: str = "") -> str:
    return "".join([token.text async for token in healing.written(prompt, draft, server.write)])


async def test_a_draft_begins_where_the_model_does() -> None:
    """A draft begins with the forced text where it is forced, else with the blanks that are left to the model."""
    server = _Server([".array"], [" 5"])
    assert await _healed(Healing(), server, draft="ray") == "ray"
    blank = Prompt(chunks=(), prefix="", typed="x =", forced=" ", suffix="")
    found = [token.text async for token in plainly(blank, "5", server.write)]
    assert found == ["5"]
    assert server.asked == [("x = np", ".ar", ".array", True), ("x =", "", " 5", False)]


async def test_three_unheeded_answers_end_the_forcing() -> None:
    """Three in a row, and the server is taken for one that cannot force text."""
    healing = Healing()
    server = _Server([".", "x"], ["ray"], CloudRefused("no", status=400), ["ray"], ["y"], ["ray"], ["ray"])
    for _ in range(3):
        assert healing.works
        assert await _healed(healing, server) == "ray"
    assert not healing.works
    assert await _healed(healing, server) == "ray"
    assert [heals for *_, heals in server.asked] == [True, False] * 3 + [False]


async def test_no_answer_at_all_is_no_disobedience() -> None:
    """A server that writes nothing, as behind an empty prompt, is asked plainly and not counted."""
    healing = Healing()
    server = _Server(*([[], ["ray"]] * 4))
    for _ in range(4):
        assert await _healed(healing, server) == "ray"
    assert healing.works


async def test_one_right_answer_clears_the_server() -> None:
    """Odd answers now and then are no proof."""
    healing = Healing()
    server = _Server(*([["x"], ["ray"], ["y"], ["ray"], [".array"]] * 2))
    for _ in range(6):
        assert await _healed(healing, server) == "ray"
    assert healing.works


async def test_other_failures_are_failures() -> None:
    """Only a refusal of the request is tried without a grammar."""
    for error in (CloudBroken("gone", status=500), EngineError("gone")):
        with pytest.raises(EngineError):
            await _healed(Healing(), _Server(error))


@pytest.mark.parametrize(
    ("typed", "written", "shown"),
    [
        ("x = ", " 5", "5"),
        ("x = ", "5", "5"),
        ("x =\t ", "\t 5", "5"),
        ("x =  ", " 5", "5"),
        ("x = ", "  5", " 5"),
        ("x", " = 5", " = 5"),
    ],
)
async def test_blanks_that_were_typed_are_not_repeated(typed: str, written: str, shown: str) -> None:
    """The model writes the blanks before the cursor again, all, some or none of them."""
    prompt = Prompt(chunks=(), prefix="", typed=typed, suffix="")
    for pieces in ([written], list(written)):
        found = [token.text async for token in plainly(prompt, "", _Server(pieces).write)]
        assert "".join(found) == shown
