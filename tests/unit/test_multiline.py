"""How far a suggestion goes is the request's word, else the cascade's; the model is stopped there."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.types import CompletionRequest, Generation, Multiline
from tests.cascades import cascade_of

TEXT = "row in rows(\n  1):\n    total += row\n    print(total)\nprint('over')\nprint('and over')\n"
LINE, STATEMENT = "row in rows(", "row in rows(\n  1):"
BLOCK = "row in rows(\n  1):\n    total += row\n    print(total)"


def _written(
    asked: Multiline | None, default: Multiline = "statement", max_tokens: int = 64, text: str = TEXT
) -> tuple[str, Generation]:
    async def ask() -> tuple[str, Generation]:
        cascade = cascade_of(ScriptedEngine(lambda prompt: text), multiline=default, max_tokens=max_tokens)
        request = CompletionRequest(
            id="r", client="c", document="d", cell_id="", language="python", prefix="for ", suffix="", multiline=asked
        )
        texts = [suggestion.text async for suggestion in cascade.complete(request)]
        (trace,) = cascade.journal.traces
        await cascade.aclose()
        return texts[-1], trace.generations[0]

    return asyncio.run(ask())


@pytest.mark.parametrize(("asked", "text"), [("line", LINE), ("statement", STATEMENT), ("block", BLOCK)])
def test_the_request_says_how_far(asked: Multiline, text: str) -> None:
    """A request says how far its suggestion goes."""
    assert _written(asked)[0] == text


@pytest.mark.parametrize(("asked", "text"), [("line", LINE), ("statement", STATEMENT), ("block", BLOCK)])
def test_line_ends_are_an_editors(asked: Multiline, text: str) -> None:
    """A text in which a model ends lines with CRLF is the same with LF, for the gates too: editors know no other."""
    shown, generation = _written(asked, text=TEXT.replace("\n", "\r\n"), max_tokens=128)
    assert (shown, "\r" in generation.text) == (text, False)


@pytest.mark.parametrize(("default", "text"), [("line", LINE), ("statement", STATEMENT), ("block", BLOCK)])
def test_else_the_cascade(default: Multiline, text: str) -> None:
    """A request that does not say goes as far as the cascade's default."""
    assert _written(None, default)[0] == text


@pytest.mark.parametrize("asked", ["line", "statement", "block"])
def test_the_model_is_stopped_there(asked: Multiline) -> None:
    """The model is stopped where the suggestion ends."""
    _, generation = _written(asked)
    assert generation.stop == "statement"
    assert "over" not in generation.text


def test_a_block_cut_by_the_token_limit_ends_with_a_whole_line() -> None:
    """A block that the token limit cuts ends with a whole line."""
    text, generation = _written("block", max_tokens=12)
    assert generation.stop == "length"
    assert (generation.text, text) == (BLOCK.removesuffix("(total)"), BLOCK.removesuffix("\n    print(total)"))
