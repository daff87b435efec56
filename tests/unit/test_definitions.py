"""Imported names and the chunks that define them."""

from __future__ import annotations

import pytest

from jupyter_mccom.evaluation.definitions import defining, imported_near
from jupyter_mccom.types import Cell, Chunk, CompletionRequest


def _request(prefix: str, *cells: str) -> CompletionRequest:
    before = tuple(Cell(cell_id=str(n), kind="code", source=source) for n, source in enumerate(cells))
    return CompletionRequest(
        id="r", client="c", document="a", cell_id="", language="python", prefix=prefix, suffix="", cells_before=before
    )


@pytest.mark.parametrize(
    ("source", "lines", "names"),
    [
        ("from tariff import of_household, of_shop\n", "x = of_shop(1)", ["of_shop"]),
        ("from .tariff import (\n    flat,\n    of_shop as shop,\n)\n", "shop(flat)", ["flat", "of_shop"]),
        ("from a import b  # c\n", "b c", ["b"]),
        ("import os\n", "os.path", []),
        ("", "anything", []),
    ],
)  # fmt: skip
def test_imported_names_that_are_used_here(source: str, lines: str, names: list[str]) -> None:
    assert imported_near(_request(source), lines) == names
    assert imported_near(_request("y", source), lines) == names


def test_a_chunk_defines_a_name_or_only_uses_it() -> None:
    uses = Chunk(source="b.py", first_line=1, last_line=1, text="of_shop(1)\ndef of_shops(): ...")
    begins = Chunk(source="a.py", first_line=1, last_line=2, text="@cache\ndef of_shop(n):\n    return n")
    assert defining(["of_shop", "gone"], [[(uses, 2.0), (begins, 1.0)], [(uses, 1.0)]]) == [(begins, 1.0)]
