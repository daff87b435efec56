"""Text on which the context agrees is shown before any model has answered, and a model only adds to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import pytest

from jupyter_mccom.cascade.drafts.context_text import ContextText, context_text
from jupyter_mccom.cascade.pipeline import Cascade
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.types import CompletionRequest, Outcome, Prompt, Suggestion, Token
from tests.cascades import cascade_of

PLOT = "plt.plot(x, y)\nplt.show()\n"
TITLES = "".join(f'ax.set_title("{word}", size=9)\n' for word in ("one", "two", "three"))


def request(prefix: str, suffix: str = "") -> CompletionRequest:
    """A request in a cell."""
    return CompletionRequest(
        id="r", client="c", document="d", cell_id="x", language="python", prefix=prefix, suffix=suffix
    )


class Noting(ScriptedEngine):
    """Keeps the line that it was asked about."""

    def __init__(self, script: dict[str, str], *, prob: float = 0.95) -> None:
        super().__init__(script, prob=prob)
        self.asked: list[str] = []

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        self.asked.append(prompt.typed + prompt.forced)
        async for token in super().generate(prompt, max_tokens=max_tokens):
            yield token


async def shown(cascade: Cascade, asked: CompletionRequest) -> list[Suggestion]:
    """All suggestions of one request."""
    return [suggestion async for suggestion in cascade.complete(asked)]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        (PLOT * 2 + "plt.pl", ContextText(text="ot(x, y)", begun="ot(x, y)", whole=True)),
        (PLOT + "plt.pl", None),  # one place
        (TITLES + "ax.set", ContextText(text='_title("', begun='_title("', whole=False)),
        ("".join(TITLES.splitlines(keepends=True)[:2]) + "ax.set", None),  # two that part
        (
            "if a:\n    b()\n    c(d)\n" * 2 + "if a:\n    b()\n    ",
            ContextText(text="c(d)", begun="c(d)", whole=True),
        ),
        ("x = a\nx = a\nx = ", None),  # one character
        ("x = load()\ny = prep(x)\n" * 2 + "    x = load()", None),  # the line is complete
        ("x = foo(bar,\n    a,\n)\n" * 2 + "x = f", ContextText(text="oo(bar,", begun="oo(bar,", whole=False)),
    ],
)
def test_what_is_shown_at_once(prefix: str, found: ContextText | None) -> None:
    """Two places must agree on a whole statement, three on its beginning."""
    assert context_text(request(prefix)) == found


def test_what_stands_behind_the_cursor_is_not_repeated() -> None:
    """A bracket that the editor has closed is left off."""
    found = context_text(request(PLOT * 2 + "plt.plot(", ")"))
    assert found is not None
    assert found.text == "x, y"


@pytest.mark.parametrize("line", ['y = df["a"].mean()', 'x = df.groupby("a").size().T'])
def test_text_that_breaks_the_line_is_not_shown(line: str) -> None:
    """A bracket that the editor has closed behind the cursor is not closed twice."""
    at = line.index('"')
    assert context_text(request((line + "\n") * 2 + line[:at], "])"[line[at - 1] == "("])) is None


def test_a_part_that_closes_a_closed_bracket_is_not_shown() -> None:
    """A beginning that closes an already closed bracket is not shown, even where three places agree."""
    lines = "".join(f'ax.set_title("t").set_size({size})\n' for size in (7, 8, 9))
    assert context_text(request(lines + "ax.set_title(")) is not None
    assert context_text(request(lines + "ax.set_title(", ")")) is None


async def test_a_block_goes_no_further_than_its_statement() -> None:
    """A statement that opens nothing ends a block; one that does goes on."""
    engine = Noting({"show()": "\nx = 1\n", "for a in b:\n": "    go(a)\nx = 1\n"})
    asked = replace(request(PLOT * 2 + "plt.sh"), multiline="block")
    *_, last = await shown(cascade_of(engine), asked)
    assert (last.text, engine.asked) == ("ow()", [])


async def test_a_comment_of_the_context_is_noise_behind_a_line() -> None:
    """What is held back of a model is held back of the context."""
    *_, last = await shown(cascade_of(Noting({})), request("x = load()  # get it\n" * 2 + "x = load()"))
    assert last.text == ""


async def test_a_key_that_contradicts_the_model_does_not_wait_for_it() -> None:
    """What is shown and what the model writes behind it must both agree with what is typed."""
    cascade = cascade_of(Noting({'_title("': 'four", size=9)\n'}))
    first = cascade.complete(request(TITLES + "ax.set"))
    await anext(first)
    await asyncio.sleep(0)
    *_, last = await shown(cascade, replace(request(TITLES + 'ax.set_title("q'), id="r1"))
    await first.aclose()
    assert not last.text.startswith("our")


async def test_a_whole_statement_needs_no_model() -> None:
    """A whole statement from the context is final at once, and no engine is asked."""
    engine = Noting({})
    (only,) = await shown(cascade_of(engine), request(PLOT * 2 + "plt.pl"))
    assert (only.text, only.final, only.route.reason) == ("ot(x, y)", True, "context")
    assert engine.asked == []


async def test_a_beginning_grows() -> None:
    """The model goes on behind what is shown, which stays."""
    engine = Noting({'_title("': 'four", size=9)\n'})
    first, last = await shown(cascade_of(engine), request(TITLES + "ax.set"))
    assert (first.text, first.final) == ('_title("', False)
    assert (last.text, last.final, last.route.to) == ('_title("four", size=9)', True, "local")
    assert engine.asked == ['ax.set_title("']


async def test_what_the_gates_refuse_is_not_added() -> None:
    """An unsure model leaves the shown text as it is, and no cloud is asked for it."""
    cloud = Noting({"": "cloud"})
    cascade = cascade_of(Noting({'_title("': 'four", size=9)\n'}, prob=0.1), cloud)
    *_, last = await shown(cascade, request(TITLES + "ax.set"))
    assert (last.text, last.route.reason, last.origin) == ('_title("', "context", "local")
    assert cloud.asked == []


async def test_a_rejected_one_goes_to_the_cloud() -> None:
    """Typing something else asks the cloud, as with any local text."""
    cloud = Noting({"plt.pi": "e(x)\n"})
    cascade = cascade_of(Noting({}), cloud)
    (only,) = await shown(cascade, request(PLOT * 2 + "plt.p"))
    ended = Outcome(suggestion_id=only.suggestion_id, kind="rejected", shown_ms=900)
    *_, last = await shown(cascade, replace(request(PLOT * 2 + "plt.pi"), id="r1", last=ended))
    assert (last.text, last.origin, last.route.reason) == ("e(x)", "cloud", "rejected")


async def test_nothing_is_learnt_from_it() -> None:
    """A text of the context has no features of a model, so that nothing is learnt from it."""
    cascade = cascade_of(Noting({'_title("': 'four", size=9)\n'}))
    await shown(cascade, request(TITLES + "ax.set"))
    assert cascade.journal.traces[-1].features is None
