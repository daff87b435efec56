"""`bench --suite lengths`: the order of a long prompt's chunks, and tables of made-up rows."""

from __future__ import annotations

from typing import Any

from jupyter_mccom.cascade.text.prompt import build, texts
from jupyter_mccom.engines.fim import head_of
from jupyter_mccom.evaluation.lib.key_positions import Pressed
from jupyter_mccom.evaluation.lib.samples import Sample
from jupyter_mccom.evaluation.suites.lengths import SHORT, WAYS, findings, near_first
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Hit, Prompt


def _prompt(*chunks: Chunk, prefix: str = "own\n") -> Prompt:
    return Prompt(chunks=chunks, prefix=prefix, typed="x", suffix="\nbelow")


def _chunk(cell: int, text: str, first: int = 1) -> Chunk:
    return Chunk(source=f"cell {cell}", first_line=first, last_line=first + text.count("\n"), text=text)


OLD, NEAR, FAR = _chunk(0, "old"), _chunk(1, "near"), _chunk(5, "far")


def test_short_chunks_come_first() -> None:
    """What the short prompt has is the head, in its order; the rest is the long prompt's."""
    short, long = _prompt(NEAR, FAR), _prompt(OLD, NEAR, prefix="more\nown\n")
    found = near_first(short, long)
    assert found.chunks == (NEAR, FAR, OLD)
    assert (found.prefix, found.typed, found.suffix) == (long.prefix, long.typed, long.suffix)


def test_nothing_stands_twice() -> None:
    """A whole cell of the long prompt loses the lines that the short prompt already holds."""
    piece = _chunk(0, "b\nc", first=2)
    found = near_first(_prompt(piece), _prompt(_chunk(0, "a\nb\nc\nd")))
    assert [chunk.text for chunk in found.chunks] == ["b\nc", "a\nd"]


def test_a_class_line_stays() -> None:
    """The line of the class above a method stands there again where lines of it are left."""
    method = Chunk(source="cell 0", first_line=3, last_line=4, text="class A:\n    def f(self):\n        pass")
    found = near_first(_prompt(_chunk(0, "    def f(self):", first=3)), _prompt(method))
    assert found.chunks[1].text == "class A:\n        pass"


def test_what_is_covered_goes() -> None:
    """A chunk of which only blank lines are left is none, a newline at its end or not."""
    whole = Chunk(source="cell 0", first_line=1, last_line=3, text="a\n\n")
    assert near_first(_prompt(_chunk(0, "a")), _prompt(whole)).chunks == (_chunk(0, "a"),)


def test_the_short_prompt_is_a_beginning() -> None:
    """In the text that a model reads, the short prompt's context is a beginning of the long one's, and not today."""
    cells = tuple(Cell(cell_id=str(at), kind="code", source=f"name_{at} = {at}\n" * 9) for at in range(9))
    request = CompletionRequest(
        id="r",
        client="c",
        document="d",
        cell_id="9",
        language="python",
        prefix="a = 1\nb",
        suffix="",
        cells_before=cells,
    )
    hits = [Hit(chunk=_chunk(0, "name_0 = 0\nname_0 = 0", first=3), score=1.0)]

    def built(budget: int) -> Prompt:
        counts = {text: len(text) for text in texts(request, budget, hits)}
        return build(request, counts, budget, hits=hits, n_retrieved_tokens=budget // 3)

    short, long = built(512), built(2048)
    found = near_first(short, long)
    assert len(found.chunks) > len(short.chunks) > 1
    beginning = head_of(short).removesuffix(short.prefix)
    assert head_of(found).startswith(beginning)
    assert not head_of(long).startswith(beginning)
    assert found.chunks[-1].source < short.chunks[0].source
    assert near_first(short, short) == short


def test_each_way_once() -> None:
    """One short prompt, and each longer length in both orders."""
    assert [way.name for way in WAYS] == [
        "1 x, today",
        *(f"{n} x, {o}" for n in (2, 4) for o in ("today", "near-first")),
    ]


def _row(right: bool, cold: int | None) -> dict[str, Any]:
    longer = {"size": 900, "right": {"inside": True}, "cold": cold, "key": 1, "line": 9, "grown": 70}
    short = {"size": 400, "right": {"inside": right}, "cold": cold, "key": 1, "line": 9}
    return {way.name: short if way == SHORT else longer for way in WAYS}


def test_figures_by_length_and_order() -> None:
    """Right and gained of every statement, counts of those that were counted, of the model that the title names."""
    request = CompletionRequest(id="", client="c", document="d", cell_id="", language="python", prefix="x", suffix="")
    samples = [
        Sample(task=f"{at}#inside", kind="notebook", era="2025+", request=request, truth="y", key="inside")
        for at in range(3)
    ]
    rows = {"0": _row(True, 300), "1": _row(False, None)}
    rows["2"] = {name: {"size": row["size"], "right": row["right"]} for name, row in rows["1"].items()}
    found = findings(samples, rows, Pressed(counts={"inside": 1}), model="m", short=512)
    right, counts = found.tables
    assert right.title.startswith("m, 3 statements of notebooks, n = 3")
    assert [line[:2] for line in right.rows] == [
        ["512", "today"],
        ["1024", "today"],
        ["1024", "near-first"],
        ["2048", "today"],
        ["2048", "near-first"],
    ]
    assert right.rows[0][2].startswith("0.333 (")
    assert right.rows[0][3] == "–"
    assert [line[5][:6] for line in right.rows] == ["0", *["+0.667"] * 4]
    assert counts.rows[0][2] == "300 (300–300), 300 (300–300)"
    assert counts.rows[0][5] == "–"
    assert found.figures["2 x, near-first"]["grown"] == 70
