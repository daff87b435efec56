"""Other ways of asking: what they post, at which keys, and how they are compared."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_mccom.evaluation.lib.peer_requests import peer_requests, pieces, vim_body
from jupyter_mccom.evaluation.lib.samples import Sample
from jupyter_mccom.evaluation.suites.peers import LATER, findings, keys_of
from jupyter_mccom.models.catalog import FimTemplate
from jupyter_mccom.types import Cell, CompletionRequest

FIM = FimTemplate(prefix="<P>", suffix="<S>", middle="<M>")
CELLS = tuple(Cell(cell_id=str(n), kind="code", source=f"a{n}\nb{n}\nc{n}") for n in range(20))
REQUEST = CompletionRequest(
    id="r",
    client="c",
    document="n.ipynb",
    cell_id="9",
    language="python",
    prefix="for x in y:\n    pri",
    suffix="\n    done()\n",
    cells_before=CELLS,
)


def _sample(typed: str, truth: str) -> Sample:
    request = CompletionRequest(
        id="t", client="c", document="d", cell_id="1", language="python", prefix=f"above\n{typed}", suffix=""
    )
    return Sample(task="t", kind="notebook", era="2025+", request=request, truth=truth)


def test_llama_vims_request() -> None:
    """llama.vim's request has the lines above and below, the typed part of the line, and the last 16 pieces."""
    body = vim_body(REQUEST)
    assert (body["input_prefix"], body["prompt"], body["input_suffix"]) == (
        "for x in y:\n",
        "    pri",
        "\n    done()\n\n",
    )
    assert body["n_indent"] == 4
    assert [extra["text"] for extra in body["input_extra"]] == [f"a{n}\nb{n}\nc{n}\n" for n in range(4, 20)]
    assert (body["n_predict"], body["top_p"], body["t_max_predict_ms"]) == (128, 0.90, 250)


def test_pieces_of_other_text() -> None:
    """Short texts are left out; of a long one the last 32 lines are taken."""
    long = "\n".join(map(str, range(100)))
    assert pieces(["a\nb", long]) == ["\n".join(map(str, range(68, 100))) + "\n"]


@pytest.mark.parametrize(
    ("name", "starts"),
    [("the whole notebook", "<P>a0\nb0\nc0\n\na1"), ("the cell only", "<P>for x in y:\n    pri<S>\n    done()\n<M>")],
)
def test_requests_in_the_standard_order(name: str, starts: str) -> None:
    """The other two are greedy, stop at the line's end, and have the notebook or the cell before the cursor."""
    (one,) = (one for one in peer_requests(FIM, max_tokens=7, seed=1) if one.name == name)
    body = one.body(REQUEST)
    assert body["prompt"].startswith(starts)
    assert (body["n_predict"], body["stop"], body["temperature"]) == (7, ["\n"], 0)


def test_keys_begin_inside_a_word() -> None:
    """The first key stands between two characters of a word; the others follow it one by one, the same in each run."""
    keys = keys_of(_sample("x = np.", "zeros(3)"), seed=1)
    assert len(keys) == LATER + 1
    request, rest = keys[0]
    assert request.prefix[-1].isalnum() and rest[0].isalnum()  # noqa: PT018
    assert {request.prefix + rest for request, rest in keys} == {"above\nx = np.zeros(3)"}
    assert [len(rest) for _, rest in keys] == list(range(len(keys[0][1]), len(keys[0][1]) - LATER - 1, -1))
    assert keys == keys_of(_sample("x = np.", "zeros(3)"), seed=1)


def test_a_statement_without_such_a_key() -> None:
    """A statement that is too short has none."""
    assert keys_of(_sample("", "x=1"), seed=1) == []


def _keys(right: int, *, s: float) -> list[dict[str, Any]]:
    return [{"s": s, "first_s": s / 2, "n_read": 1, "right": at < right, "text": ""} for at in range(LATER + 1)]


def test_goals_are_against_llama_vims_way() -> None:
    """Ours is compared with llama.vim's way in all keys' exact rests and in the later keys' seconds."""
    row = {"era": "2025+", "ours": _keys(4, s=0.05), "llama.vim's way": _keys(2, s=1.0), "the cell only": _keys(0, s=9)}
    table, goals = findings([row, row]).tables
    assert [line[0] for line in table.rows] == ["ours", "llama.vim's way", "the cell only"]
    assert [line[2][:4] for line in goals.rows] == ["2.00", "0.05", "0.05"]
    assert [line[3] for line in goals.rows] == ["met", "met", "met"]
