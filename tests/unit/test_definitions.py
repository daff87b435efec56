"""Imported names and the chunks that define them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.evaluation.definitions import ByJedi, BySearch, WithDefinitions, defining, imported_near
from jupyter_mccom.retrieval.index import Scored
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Hit


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
    """The imported names are those that the lines around the cursor use."""
    assert imported_near(_request(source), lines) == names
    assert imported_near(_request("y", source), lines) == names


def test_a_chunk_defines_a_name_or_only_uses_it() -> None:
    """A chunk counts for a name that it defines, not for one that it uses."""
    uses = Chunk(source="b.py", first_line=1, last_line=1, text="of_shop(1)\ndef of_shops(): ...")
    begins = Chunk(source="a.py", first_line=1, last_line=2, text="@cache\ndef of_shop(n):\n    return n")
    assert defining(["of_shop", "gone"], [[(uses, 2.0), (begins, 1.0)], [(uses, 1.0)]]) == [(begins, 1.0)]


class _Files:
    """A tree of chunks; a query finds those that hold it."""

    def __init__(self, *chunks: Chunk) -> None:
        self._chunks = chunks

    async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
        return [[(chunk, 1.0) for chunk in self._chunks if query in chunk.text] for query in queries]

    async def aclose(self) -> None:
        """Nothing to close."""


async def test_definitions_come_before_search_hits() -> None:
    """Definitions come before what a search finds, each once."""
    defines = Chunk(source="tariff.py", first_line=1, last_line=2, text="def of_shop(n):\n    return n")
    headed = replace(defines, text=f"# tariff.py\n{defines.text}")

    class Found:
        async def search(
            self, request: CompletionRequest, *, text: str = "", confidence: float | None = None
        ) -> tuple[Hit, ...]:
            other = Chunk(source="cell 0", first_line=1, last_line=1, text="x = 1")
            return (Hit(chunk=other, score=0.9), Hit(chunk=headed, score=0.5))

        async def aclose(self) -> None:
            """Nothing to close."""

    retriever = WithDefinitions(BySearch(_Files(defines)), Found())
    hits = await retriever.search(_request("from tariff import of_shop\ny = of_shop("))
    assert [hit.chunk.source for hit in hits] == ["tariff.py", "cell 0"]
    assert [hit.chunk.source for hit in await retriever.search(_request("y = "))] == ["cell 0", "tariff.py"]
    by_text = await retriever.search(_request("from tariff import of_shop\ny = "), text="of_shop(2)")
    assert by_text[0].chunk == headed


async def test_jedi_follows_imports_to_files_of_the_folder_alone(tmp_path: Path) -> None:
    """Jedi follows imports to files of the folder and to no others."""
    (tmp_path / "tariffs").mkdir()
    (tmp_path / "tariffs" / "__init__.py").write_text("from .shops import of_shop\n")
    (tmp_path / "tariffs" / "shops.py").write_text("RATE = 2\n\n\ndef of_shop(n):\n    return RATE * n\n\n\nx = 1\n")
    request = replace(
        _request("from tariffs import of_shop as shop, shops\nfrom json import dumps\ny = shop("), document="main.py"
    )
    defined = Chunk(source="tariffs/shops.py", first_line=4, last_line=5, text="def of_shop(n):\n    return RATE * n")
    assert await ByJedi(str(tmp_path)).of(request, ["dumps", "of_shop", "shops", "gone"]) == [defined]
    assert await ByJedi(str(tmp_path)).of(request, []) == []
