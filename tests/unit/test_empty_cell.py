"""A cell in which nothing is written yet: what is proposed there, how sure it has to be, and where it ends."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any

import pytest

from jupyter_mccom.cascade import escalation, proposal
from jupyter_mccom.cascade.text.empty_cell import beginnings, small_cell_end
from jupyter_mccom.cascade.text.noise import is_noise
from jupyter_mccom.compose.gates import gates_of
from jupyter_mccom.engines.scripted import ScriptedEngine
from jupyter_mccom.learning.calibrate import EAGERNESS
from jupyter_mccom.models.catalog import Model
from jupyter_mccom.retrieval.names import LiveName, chunk_of
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Cell, CompletionRequest, Multiline, Prompt, Suggestion, Token
from tests.cascades import cascade_of

ABOVE = Cell(cell_id="0", kind="code", source="import numpy as np\nvalues = np.zeros(3)")
NOTE = Cell(cell_id="n", kind="markdown", source="Now the mean.")
EMPTY = CompletionRequest(
    id="r",
    client="c",
    document="d.ipynb",
    cell_id="1",
    language="python",
    prefix="",
    suffix="",
    cells_before=(ABOVE, NOTE),
)
LINE = "values.mean()"
CELL = "for value in values:\n    print(value)\nvalues.mean()"


async def _proposed(
    request: CompletionRequest, *, prob: float = 0.95, text: str = LINE, cloud_too: bool = False
) -> tuple[Suggestion, ScriptedEngine]:
    local = ScriptedEngine(lambda prompt: f"{text}\n\nmore\n", prob=prob)
    cascade = cascade_of(local, ScriptedEngine(lambda prompt: "cloud\n") if cloud_too else None)
    found = [suggestion async for suggestion in cascade.complete(request)]
    assert cascade.journal.totals.cloud == 0
    n_saved = cascade.journal.calls_saved(cascade.journal.traces[-1].started_s)
    assert not (cloud_too and n_saved), "a cloud alone would not ask either"
    await cascade.aclose()
    return found[-1], local


@pytest.mark.parametrize(("prob", "text"), [(0.95, LINE), (0.85, ""), (0.3, "")])
@pytest.mark.parametrize("cloud_too", [False, True])
async def test_only_a_sure_text_is_proposed(prob: float, text: str, *, cloud_too: bool) -> None:
    """A text that would be shown elsewhere is not in an empty cell, and no cloud is asked for another."""
    found, _ = await _proposed(EMPTY, prob=prob, cloud_too=cloud_too)
    assert found.text == text
    assert found.route.to == ("local" if text else "nothing")


@pytest.mark.parametrize(
    "request_", [replace(EMPTY, prefix="\n  "), replace(EMPTY, suffix=" \n"), EMPTY], ids=["above", "below", "nothing"]
)
async def test_white_space_is_nothing(request_: CompletionRequest) -> None:
    """A cell of white space is an empty one."""
    assert request_.in_empty_cell
    assert (await _proposed(request_, prob=0.85))[0].text == ""


@pytest.mark.parametrize(
    "request_",
    [replace(EMPTY, cell_id=""), replace(EMPTY, prefix="x = 1\n"), replace(EMPTY, suffix="\nx")],
    ids=["file", "line above", "line below"],
)
async def test_elsewhere_the_usual_gates_hold(request_: CompletionRequest) -> None:
    """An empty line of a file or of a cell that holds something is no empty cell."""
    assert (await _proposed(request_, prob=0.85))[0].text == LINE


async def test_a_manual_request_shows_the_best_text() -> None:
    """Alt+\\ in an empty cell shows a text however unsure it is."""
    assert (await _proposed(replace(EMPTY, trigger="invoke"), prob=0.3))[0].text == LINE


@pytest.mark.parametrize("cells", [(), (NOTE,), (replace(ABOVE, source=" "),)], ids=["none", "prose", "empty"])
async def test_nothing_to_go_on(cells: tuple[Cell, ...]) -> None:
    """Without code above nothing is proposed."""
    assert (await _proposed(replace(EMPTY, cells_before=cells)))[0].text == ""


@pytest.mark.parametrize(
    ("multiline", "text"), [("line", "for value in values:"), ("statement", "for value in values:"), ("block", CELL)]
)
async def test_how_far(multiline: Multiline, text: str) -> None:
    """A block is the whole small cell; else it is the first line or statement."""
    assert (await _proposed(replace(EMPTY, multiline=multiline), text=CELL, prob=0.99))[0].text == text


class _Judged(ScriptedEngine):
    """Writes CELL, sure of its loop; None: it tells no probabilities."""

    def __init__(self, sure: float | None) -> None:
        super().__init__(lambda prompt: CELL)
        self._sure = sure

    async def generate(self, prompt: Prompt, *, max_tokens: int, draft: str = "") -> AsyncGenerator[Token, None]:
        n_chars = 0
        async for token in super().generate(prompt, max_tokens=max_tokens, draft=draft):
            n_chars += len(token.text)
            yield replace(token, prob=self._sure if n_chars <= len(CELL) - len(LINE) else self._sure and 0.2)


@pytest.mark.parametrize(("sure", "text"), [(0.99, "for value in values:\n    print(value)"), (0.5, ""), (None, "")])
async def test_of_a_cell_the_sure_statements(sure: float | None, text: str) -> None:
    """Of a small cell as many statements are proposed as are sure; of a text that nobody can judge, none."""
    cascade = cascade_of(_Judged(sure))
    cascade.gates = replace(gates_of(MCCom(), Model(id="m", file="", n_bytes=0, sha256="")), empty=0.6)
    found = [one async for one in cascade.complete(replace(EMPTY, multiline="block"))]
    assert found[-1].text == text
    await cascade.aclose()


async def test_statements_are_judged_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes milliseconds a statement blocks nobody else's requests."""
    threads = []

    def told(*args: Any, **more: Any) -> bool:
        threads.append(threading.current_thread())
        return is_noise(*args, **more)

    monkeypatch.setattr(escalation, "is_noise", told)
    monkeypatch.setattr(proposal, "is_noise", told)
    await test_of_a_cell_the_sure_statements(0.99, "for value in values:\n    print(value)")
    assert len(threads) > 1
    assert threading.main_thread() not in threads


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x = 1\ny = 2\n\nz = 3", "x = 1\ny = 2"),
        ("\n\nx = 1\n\nz", "\n\nx = 1"),
        ("def f():\n    a\n\n    b\n\nf()", "def f():\n    a\n\n    b"),
        ("if a:\n    b\n\nelse:\n    c\n\nd", "if a:\n    b\n\nelse:\n    c"),
        ("f(\n    1,\n)\n\nx", "f(\n    1,\n)"),
        ("a\n" * 8 + "b", "\n".join("a" * 8)),
        ("a\n" * 7 + "if b:\n    c\nd", "a\n" * 7 + "if b:\n    c"),
    ],
)
def test_where_a_small_cell_ends(text: str, cell: str) -> None:
    """A small cell ends above an empty line between statements, or with the last statement that begins in 8 lines."""
    assert small_cell_end(text) == len(cell)
    assert text.startswith(cell)


@pytest.mark.parametrize("text", ["", "x = 1", "x = 1\n\n", "def f():\n    a\n\n    b"])
def test_a_small_cell_that_may_go_on(text: str) -> None:
    """Without the next statement a cell has not ended."""
    assert small_cell_end(text) is None


def test_beginnings_are_whole_statements() -> None:
    """A text begins with whole statements: no header without its body, no `if` without its `else`."""
    assert beginnings("a\n\nif b:\n    c\nelse:\n    d\ne(\n)") == ["a\n\nif b:\n    c\nelse:\n    d", "a"]
    assert beginnings("a") == []


def test_what_the_kernel_holds_of_the_cell_above() -> None:
    """In an empty cell the prompt names what the cell above has defined or shown; one that ran later counts as it."""
    frame = LiveName(name="df", type_name="pandas.DataFrame", shape="(2, 1)", members=("city: object",))
    other = replace(frame, name="old")
    cells = (
        Cell(cell_id="0", kind="code", source="old.head()"),
        Cell(cell_id="1", kind="code", source="df = load()\ndf"),
        NOTE,
    )

    def named(*above: Cell) -> str:
        chunk = chunk_of((frame, other), replace(EMPTY, cells_before=above), max_chars=400)
        return chunk.text if chunk else ""

    assert named(*cells) == "# df: pandas.DataFrame (2, 1) columns: city: object"
    assert named(replace(cells[0], ran=5), replace(cells[1], ran=4)).startswith("# old: ")
    assert named() == ""


def test_eagerness_moves_the_gate() -> None:
    """In an empty cell each eagerness asks for more than elsewhere, and a quieter one for more."""
    model = Model(id="m", file="", n_bytes=0, sha256="")
    least = {name: gates_of(MCCom(eagerness=name), model).in_empty_cell() for name in EAGERNESS}
    assert least["quiet"].show >= least["balanced"].show > least["eager"].show
    assert all(gates.show == gates.sure > EAGERNESS[name].route_chance for name, gates in least.items())
    assert all(gates.show_chance is not None for gates in least.values())
