"""What every Retriever promises, run on each implementation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_mccom.protocols import Retriever
from jupyter_mccom.retrieval.search import KERNEL, Retrieval
from jupyter_mccom.retrieval.tree import ProjectTree
from jupyter_mccom.types import Cell, Chunk, CompletionRequest

SOURCES = [f"def load_{n}(path):\n    return read_{n}(path)" for n in range(6)]
BETWEEN = ["# " + "x" * 400] * 8
"""So that the cells above are not near: what stands in a prompt anyway is no reason for other hits."""
CELLS = tuple(Cell(cell_id=str(n), kind="code", source=source) for n, source in enumerate(SOURCES + BETWEEN))
REQUEST = CompletionRequest(
    id="r",
    client="c",
    document="book.ipynb",
    cell_id="here",
    language="python",
    prefix="frame = load_3(path)\nprices = read_3(",
    suffix=")",
    cells_before=CELLS,
)
PATIENCE_S = 30.0
"""A busy machine leaves no source out."""


@asynccontextmanager
async def _cells_alone(folder: Path) -> AsyncGenerator[Retriever, None]:
    retrieval = Retrieval(tree=None, live=None, patience_s=PATIENCE_S)
    async with aclosing(retrieval):
        await retrieval.warm()
        yield retrieval


@asynccontextmanager
async def _cells_and_files(folder: Path) -> AsyncGenerator[Retriever, None]:
    (folder / "io.py").write_text("def read_3(path):\n    return open(path)\n")
    tree = ProjectTree(jupyter_root=folder, project_root="", cache_dir=folder.parent / "cache")
    await tree.settled("book.ipynb")
    retrieval = Retrieval(tree=tree, live=None, patience_s=PATIENCE_S)
    async with aclosing(retrieval):
        await retrieval.warm()
        yield retrieval


class _Kernel:
    """Holds a frame that the cursor's line names where `text` says so; else nothing that it names."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def chunk(self, request: CompletionRequest) -> Chunk | None:
        return Chunk(source=KERNEL, first_line=1, last_line=1, text=self._text)

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


@asynccontextmanager
async def _cells_and_kernel(folder: Path, text: str = "# prices: DataFrame") -> AsyncGenerator[Retriever, None]:
    retrieval = Retrieval(tree=None, live=_Kernel(text), patience_s=PATIENCE_S)
    async with aclosing(retrieval):
        await retrieval.warm()
        yield retrieval


def _cells_and_silent_kernel(folder: Path) -> AbstractAsyncContextManager[Retriever]:
    return _cells_and_kernel(folder, text="")


@pytest.fixture(params=[_cells_alone, _cells_and_files, _cells_and_kernel, _cells_and_silent_kernel])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AbstractAsyncContextManager[Retriever]:
    """One of each kind, open for the length of a test."""
    folder = tmp_path / "root"
    folder.mkdir()
    context: AbstractAsyncContextManager[Retriever] = request.param(folder)
    return context


async def test_hits_are_scored_and_best_first(opened: AbstractAsyncContextManager[Retriever]) -> None:
    """Hits are scored between 0 and 1, best first."""
    async with opened as retriever:
        hits = await retriever.search(REQUEST)
        assert hits
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert all(0 < hit.score <= 1 and hit.chunk.source for hit in hits)
        assert [hit.chunk.source for hit in hits if not hit.chunk.text] in ([], [KERNEL])


async def test_a_key_on_the_cursors_line_changes_nothing(opened: AbstractAsyncContextManager[Retriever]) -> None:
    """A key on the cursor's line changes no hit."""
    async with opened as retriever:
        typed = [replace(REQUEST, prefix=REQUEST.prefix + text) for text in ("", "p", "path, load_5")]
        first, *others = [await retriever.search(request) for request in typed]
        assert others == [first, first]


async def test_a_local_text_that_names_nothing_new_changes_nothing(
    opened: AbstractAsyncContextManager[Retriever],
) -> None:
    """A local text without new names changes no hit."""
    async with opened as retriever:
        plain = await retriever.search(REQUEST)
        again = await retriever.search(REQUEST, text="len(frame, 12, 'load_1')", confidence=1.0)
        assert [hit.chunk for hit in again] == [hit.chunk for hit in plain]


async def test_the_local_text_is_a_second_query(opened: AbstractAsyncContextManager[Retriever]) -> None:
    """The local text is a second query that finds what it names."""
    async with opened as retriever:
        plain = await retriever.search(REQUEST)
        fused = await retriever.search(REQUEST, text="load_1(read_1(path))", confidence=1.0)
        found, again = ([hit for hit in hits if hit.chunk.source != KERNEL] for hits in (plain, fused))
        assert not any("def load_1(" in hit.chunk.text for hit in found[:2])
        assert any("def load_1(" in hit.chunk.text for hit in again[:2])


async def test_a_cancelled_search_leaves_it_usable(opened: AbstractAsyncContextManager[Retriever]) -> None:
    """A cancelled search leaves the retriever usable."""
    async with opened as retriever:
        expected = await retriever.search(REQUEST)
        asking = asyncio.create_task(retriever.search(REQUEST))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await retriever.search(REQUEST) == expected


async def test_closing_twice_is_closing(opened: AbstractAsyncContextManager[Retriever]) -> None:
    """Closing twice does no harm."""
    async with opened as retriever:
        await retriever.aclose()
        await retriever.aclose()
