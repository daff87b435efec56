"""Prompts fit their budget, and their head stays still while a person types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.cascade.text.language import cell_language, without_magics
from jupyter_mccom.cascade.text.prompt import build, texts
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Hit, Prompt

REQUEST = CompletionRequest(
    id="r",
    client="c",
    document="d.ipynb",
    cell_id="9",
    language="python",
    prefix="import numpy as np\nx = ",
    suffix="\nprint(x)",
    cells_before=tuple(Cell(cell_id=str(i), kind="code", source=f"value_{i} = {i}\n" * 8) for i in range(300)),
)
BUDGET = 512


def _built(request: CompletionRequest, budget: int = BUDGET, hits: Sequence[Hit] = ()) -> Prompt:
    counts = {text: -(-len(text) // 3) for text in texts(request, budget, hits)}
    return build(request, counts, budget, hits=hits, n_retrieved_tokens=128)


def _built_of_bytes(request: CompletionRequest) -> Prompt:
    return build(request, {text: len(text.encode()) for text in texts(request, BUDGET)}, BUDGET)


def _hit(source: str, text: str) -> Hit:
    return Hit(chunk=Chunk(source=source, first_line=1, last_line=1, text=text), score=0.5)


def _size(prompt: Prompt) -> int:
    parts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced, prompt.suffix]
    return sum(len(part) // 3 for part in parts)


def test_takes_the_nearest_cells_in_document_order() -> None:
    """A prompt takes the nearest cells, in the order of the document."""
    sources = [chunk.source for chunk in _built(REQUEST).chunks]
    assert sources[-1] == "cell 299"
    assert sources == sorted(sources)
    assert len(sources) > 3


def test_the_order_of_execution_beats_the_position() -> None:
    """Cells that ran stand in the order of their execution."""

    def cell(name: str, ran: int | None) -> Cell:
        return Cell(cell_id=name, kind="code", source=name, ran=ran)

    before = (cell("load", 5), cell("note", None), cell("clean", 2), cell("new", None))
    request = replace(REQUEST, cells_before=before, cells_after=(cell("below", 3), cell("later", None)))
    chunks = _built(request).chunks
    assert [chunk.text for chunk in chunks] == ["clean", "below", "load", "note", "new"]
    assert [chunk.source for chunk in chunks] == ["cell 2", "cell 5", "cell 0", "cell 1", "cell 3"]
    assert [chunk.source for chunk in _built(replace(request, n_cells_above=7)).chunks][:2] == ["cell 9", "cell 12"]


def test_own_text_in_the_prompt_is_not_repeated() -> None:
    """A hit in the document's own text is left out when that text stands in the prompt."""
    request = replace(
        REQUEST, document="d.py", cell_id="", cells_before=(), prefix="def one():  \n    return 1\n\nx = "
    )
    above = Hit(chunk=Chunk(source="d.py", first_line=1, last_line=2, text="# d.py\ndef one():\n    return 1"), score=1)
    below = Hit(chunk=Chunk(source="d.py", first_line=6, last_line=6, text="# d.py\nprint(x)"), score=1)
    far = Hit(chunk=Chunk(source="d.py", first_line=90, last_line=90, text="# d.py\ntwo = 2"), score=1)
    assert _built(request, hits=(above, below, far)).chunks == (far.chunk,)


def test_a_silent_kernel_keeps_its_room() -> None:
    """The room of what the kernel holds stays free when it holds nothing of use."""
    silent, speaks, none = (_built(REQUEST, hits=hits) for hits in ([_hit("kernel", "")], [_hit("kernel", "# x")], []))
    assert [chunk.source for chunk in silent.chunks] == [
        chunk.source for chunk in speaks.chunks if chunk.source != "kernel"
    ]
    assert len(silent.chunks) < len(none.chunks)


def test_leaves_out_markdown_and_empty_cells() -> None:
    """A prompt leaves out markdown and empty cells."""
    cells = (Cell(cell_id="a", kind="markdown", source="# A"), Cell(cell_id="b", kind="code", source="  \n"))
    assert _built(replace(REQUEST, cells_before=cells)).chunks == ()


@given(st.text(max_size=3000), st.text(max_size=3000), st.lists(st.text(min_size=1, max_size=900), max_size=8))
def test_never_exceeds_the_budget(prefix: str, suffix: str, found: list[str]) -> None:
    """A prompt never exceeds its budget of tokens."""
    prompt = _built(replace(REQUEST, prefix=prefix, suffix=suffix), hits=[_hit(f"{i}", t) for i, t in enumerate(found)])
    assert _size(prompt) <= BUDGET


@given(st.text(alphabet="🎉é\n x", max_size=2000), st.text(alphabet="🎉é\n x", max_size=2000))
def test_signs_of_many_tokens_stay_in_the_budget(prefix: str, suffix: str) -> None:
    """Where each byte is a token, the cursor's line and what follows it are cut, and the nearest text stays."""
    prompt = _built_of_bytes(replace(REQUEST, prefix=prefix, suffix=suffix))
    parts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed + prompt.forced, prompt.suffix]
    assert sum(len(part.encode()) for part in parts) <= BUDGET
    assert prefix.endswith(prompt.typed + prompt.forced)
    assert suffix.startswith(prompt.suffix)
    long = _built_of_bytes(replace(REQUEST, prefix="🎉" * 600, suffix="🎉" * 600))
    assert long.typed + long.forced == "🎉" * (BUDGET // 2 // 4) == long.suffix


def test_hits_stand_behind_the_cells_best_last() -> None:
    """Hits stand behind the cells, the best one last, within their share of the budget."""
    hits = [_hit("a.py", "a" * 150), _hit("large.py", "b" * 900), _hit("c.py", "c" * 150), _hit("d.py", "d" * 150)]
    sources = [chunk.source for chunk in _built(REQUEST, hits=hits).chunks]
    assert sources[-2:] == ["c.py", "a.py"]
    assert sources[-3] == "cell 299"


def test_a_piece_of_a_cell_that_is_there_whole_is_left_out() -> None:
    """A hit in a cell that is in the prompt is left out."""
    hits = [_hit("cell 299", "value_299 = 299\n"), _hit("cell 3", "value_3 = 3\n")]
    sources = [chunk.source for chunk in _built(REQUEST, hits=hits).chunks]
    assert sources.count("cell 299") == 1
    assert sources[-1] == "cell 3"


def test_a_key_changes_nothing_but_the_typed_part() -> None:
    """A key changes only the typed part of a prompt."""
    line = "y = np.zeros(3)"
    prompts = [_built(replace(REQUEST, prefix=REQUEST.prefix + "1\n" + line[:n])) for n in range(1, len(line))]
    assert len({(prompt.chunks, prompt.prefix, prompt.suffix) for prompt in prompts}) == 1


def test_the_first_key_of_a_cell_finds_its_prompt_read() -> None:
    """The first key of an empty cell finds the prompt that was read when the cell was entered."""
    empty, typed = (_built(replace(REQUEST, prefix=prefix, suffix="")) for prefix in ("", "d"))
    assert (empty.chunks, empty.prefix, empty.suffix) == (typed.chunks, typed.prefix, typed.suffix)


def test_new_lines_move_the_head_rarely() -> None:
    """New lines rarely move the head of a prompt."""
    prefixes = ["".join(f"line_{i} = {i}\n" for i in range(n)) for n in range(64)]
    heads = [_built(replace(REQUEST, prefix=prefix)).chunks for prefix in prefixes]
    assert sum(a != b for a, b in pairwise(heads)) <= 8


def test_the_lines_just_above_stand_before_what_is_retrieved() -> None:
    """The lines just above the cursor have room before what is retrieved."""
    line = "frame['total'] = frame['price'] * frame['amount'] + frame['rest'] - frame['tax']\n"
    hits = [_hit(f"{number}.py", "found = 1\n" * 60) for number in range(5)]
    for n_lines in range(1, 80):
        for text in (line, "x = 1\n", "x = [" + "1, " * 60 + "]\n"):
            prompt = _built(replace(REQUEST, prefix=text * n_lines + "y = "), hits=hits)
            assert prompt.prefix.count("\n") >= min(n_lines, 2 if len(text) > 100 else 4)
            assert _size(prompt) <= BUDGET


def test_a_cell_of_20000_lines() -> None:
    """The prompt of a cell of 20 000 lines ends at the cursor."""
    prefix = "".join(f"x{i} = {i}\n" for i in range(20_000))
    prompt = _built(replace(REQUEST, prefix=prefix + "print("))
    assert prompt.prefix.endswith("x19999 = 19999\n")
    assert (prompt.typed, prompt.forced) == ("print", "(")


def test_cell_magics_name_the_language() -> None:
    """A cell magic names the language of its cell."""
    found = [cell_language("python", start) for start in ("%%bash\nls", "%%sql\nS", "%%R\nx", "%%time\nx", "x = 1")]
    assert found == ["bash", "sql", "r", "python", "python"]
    assert cell_language("julia", "%%bash") == "julia"


def test_magics_are_blanked_line_by_line() -> None:
    """Magics are blanked line by line."""
    assert without_magics("%time x\n!ls\nx = !ls\ndf?\ny = 1 % 2") == "\n\nx = None\n\ny = 1 % 2"
