"""Prompts fit their budget, and their head stays still while a person types."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jupyter_mccom.cascade.language import cell_language, without_magics
from jupyter_mccom.cascade.prompt import build, healed, texts
from jupyter_mccom.types import Cell, CompletionRequest, Prompt

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


def _built(request: CompletionRequest, budget: int = BUDGET) -> Prompt:
    return build(request, {text: len(text) // 3 + 1 for text in texts(request, budget)}, budget)


def _size(prompt: Prompt) -> int:
    parts = [*(chunk.text for chunk in prompt.chunks), prompt.prefix, prompt.typed, prompt.suffix]
    return sum(len(part) // 3 for part in parts)


def test_takes_the_nearest_cells_in_document_order() -> None:
    sources = [chunk.source for chunk in _built(REQUEST).chunks]
    assert sources[-1] == "cell 299"
    assert sources == sorted(sources)
    assert len(sources) > 3


def test_leaves_out_markdown_and_empty_cells() -> None:
    cells = (Cell(cell_id="a", kind="markdown", source="# A"), Cell(cell_id="b", kind="code", source="  \n"))
    assert _built(replace(REQUEST, cells_before=cells)).chunks == ()


@given(st.text(max_size=3000), st.text(max_size=3000))
def test_never_exceeds_the_budget(prefix: str, suffix: str) -> None:
    assert _size(_built(replace(REQUEST, prefix=prefix, suffix=suffix))) <= BUDGET


def test_a_key_changes_nothing_but_the_typed_part() -> None:
    line = "y = np.zeros(3)"
    prompts = [_built(replace(REQUEST, prefix=REQUEST.prefix + "1\n" + line[:n])) for n in range(1, len(line))]
    assert len({(prompt.chunks, prompt.prefix, prompt.suffix) for prompt in prompts}) == 1


def test_new_lines_move_the_head_rarely() -> None:
    prefixes = ["".join(f"line_{i} = {i}\n" for i in range(n)) for n in range(64)]
    heads = [_built(replace(REQUEST, prefix=prefix)).chunks for prefix in prefixes]
    assert sum(a != b for a, b in pairwise(heads)) <= 8


def test_a_cell_of_20000_lines() -> None:
    prefix = "".join(f"x{i} = {i}\n" for i in range(20_000))
    prompt = _built(replace(REQUEST, prefix=prefix + "print("))
    assert prompt.prefix.endswith("x19999 = 19999\n")
    assert prompt.typed == "print("


def test_trailing_space_is_left_to_the_model() -> None:
    assert healed("x = ") == ("x =", " ")
    assert healed("    ") == ("", "    ")
    assert healed("x") == ("x", "")


def test_cell_magics_name_the_language() -> None:
    found = [cell_language("python", start) for start in ("%%bash\nls", "%%sql\nS", "%%R\nx", "%%time\nx", "x = 1")]
    assert found == ["bash", "sql", "r", "python", "python"]
    assert cell_language("julia", "%%bash") == "julia"


def test_magics_are_blanked_line_by_line() -> None:
    assert without_magics("%time x\n!ls\nx = !ls\ndf?\ny = 1 % 2") == "\n\nx = None\n\ny = 1 % 2"
