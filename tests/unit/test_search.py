"""What is found around a cursor, and how the local model's text changes it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from jupyter_mccom.errors import RetrievalError
from jupyter_mccom.retrieval.index import Scored, rank
from jupyter_mccom.retrieval.search import KERNEL, Retrieval, distinct, fused, new_names, query_of
from jupyter_mccom.types import Cell, Chunk, CompletionRequest, Hit
from tests.clock import in_virtual_time

LOAD = "def load_prices(path):\n    return read_table(path)\n"
PLOT = "def plot_prices(frame):\n    frame.plot(kind='line')\n"
POOL = "self._obs_pool = CachePool('obs', self._env_num)\n"
REQUEST = CompletionRequest(
    id="r",
    client="c",
    document="a.ipynb",
    cell_id="2",
    language="python",
    prefix="prices = load_prices('a.csv')\nframe = clean(prices)\npl",
    suffix="",
)


def _chunk(source: str, text: str) -> Chunk:
    return Chunk(source=source, first_line=1, last_line=text.count("\n") + 1, text=text)


class _Files:
    """A tree of a few chunks."""

    def __init__(self, *chunks: Chunk, error: str = "") -> None:
        self._chunks = chunks
        self._error = error
        self.asked: list[Sequence[str]] = []

    async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
        self.asked.append(queries)
        if self._error:
            raise RetrievalError(self._error)
        return [rank(self._chunks, query)[:n] for query in queries]

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


class _Kernel:
    async def chunk(self, request: CompletionRequest) -> Chunk | None:
        return _chunk(KERNEL, "# frame: DataFrame; columns: city, price")

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


FILES = (_chunk("io.py", LOAD), _chunk("plot.py", PLOT), _chunk("pool.py", POOL))


async def _sources(retrieval: Retrieval, request: CompletionRequest = REQUEST, text: str = "") -> list[str]:
    return [hit.chunk.source for hit in await retrieval.search(request, text=text, confidence=0.9)]


async def test_files_are_found_by_the_lines_around_the_cursor() -> None:
    """Files are found by the lines around the cursor, and each hit begins with its file's name."""
    hits = await Retrieval(tree=_Files(*FILES), live=None).search(REQUEST)
    assert hits[0].chunk.source == "io.py"
    assert hits[0].chunk.text == f"# io.py\n{LOAD}"
    assert "pool.py" not in [hit.chunk.source for hit in hits]
    assert all(0 < hit.score <= 1 for hit in hits)


async def test_a_key_on_the_cursors_line_changes_nothing() -> None:
    """A key on the cursor's line does not change the query."""
    files = _Files(*FILES)
    retrieval = Retrieval(tree=files, live=None)
    for typed in ("", "self", "self._obs_pool"):
        await retrieval.search(replace(REQUEST, prefix=REQUEST.prefix + typed))
    assert len({tuple(queries) for queries in files.asked}) == 1


async def test_the_local_text_finds_what_the_lines_did_not() -> None:
    """The local text finds chunks that the lines around the cursor did not."""
    retrieval = Retrieval(tree=_Files(*FILES), live=None)
    assert (await _sources(retrieval, text="self._obs_pool = CachePool('obs_pool')"))[0] == "pool.py"


async def test_the_local_text_keeps_the_order_of_near_equals() -> None:
    """The local text keeps the order of hits that are still nearly as good."""
    a, b, c = (_chunk(name, f"{name} = 1") for name in ("aleph", "beth", "gimel"))
    rounds = [[(a, 3.0), (b, 2.0), (c, 1.9)], [(a, 1.0), (c, 0.95), (b, 0.9)]]

    class Found(_Files):
        async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
            return [list(found) for found in rounds[: len(queries)]]

    retrieval = Retrieval(tree=Found(), live=None)
    assert await _sources(retrieval) == ["aleph", "beth", "gimel"]
    assert await _sources(retrieval, text="gimel") == ["aleph", "beth", "gimel"]
    assert await _sources(Retrieval(tree=Found(), live=None), text="gimel") == ["aleph", "gimel", "beth"]


async def test_cells_above_and_below_are_found_by_number() -> None:
    """Cells above and below are found and named by their number."""
    other = tuple(Cell(cell_id=f"{i}", kind="code", source=f"value_{i} = {i}\n") for i in range(6))
    above = (Cell(cell_id="a", kind="code", source=LOAD), *other)
    below = (Cell(cell_id="b", kind="code", source=PLOT),)
    request = replace(REQUEST, cells_before=above, cells_after=below)
    retrieval = Retrieval(tree=None, live=None)
    assert "cell 0" in await _sources(retrieval, replace(request, prefix="frame = load_prices('b')\n"))
    assert "cell 8" in await _sources(retrieval, replace(request, prefix="plot_prices(frame)\n"))
    far = replace(request, prefix="plot_prices(frame)\n", n_cells_above=40)
    assert "cell 48" in await _sources(retrieval, far)


async def test_the_cell_that_ran_later_counts_as_nearer() -> None:
    """The nearer of two equal cells comes first; a cell that ran later counts as nearer."""

    def cells(*ran: int | None) -> tuple[Cell, ...]:
        sources = (LOAD, "a = 1\n", "b = 2\n", LOAD.replace("read_table", "parse_lines"))
        return tuple(
            Cell(cell_id=str(number), kind="code", source=source, ran=when)
            for number, (source, when) in enumerate(zip(sources, ran, strict=True))
        )

    retrieval = Retrieval(tree=None, live=None)
    request = replace(REQUEST, prefix="frame = load_prices('b')\n")
    assert (await _sources(retrieval, replace(request, client="1", cells_before=cells(*[None] * 4))))[0] == "cell 3"
    assert (await _sources(retrieval, replace(request, client="2", cells_before=cells(9, 2, 3, 1))))[0] == "cell 0"


def _filler(n_lines: int) -> str:
    return "".join(f"value_{number} = compute_{number}(value_{number - 1})\n\n" for number in range(n_lines))


async def test_other_parts_of_the_own_text_are_found_with_their_lines() -> None:
    """Other parts of the open document are found with their line numbers."""
    request = replace(REQUEST, cell_id="", document="a.py", prefix="x = 1\nframe = load_prices('b')\n", suffix="")
    retrieval = Retrieval(tree=None, live=None)
    above = replace(request, prefix=f"{LOAD}\n{_filler(80)}{request.prefix}")
    (hit, *_) = await retrieval.search(above)
    assert (hit.chunk.source, hit.chunk.first_line) == ("a.py", 1)
    assert "def load_prices" in hit.chunk.text
    below = replace(request, client="2", suffix=f"\n\n{_filler(40)}{PLOT.replace('plot_prices', 'load_prices')}")
    (hit, *_) = await retrieval.search(below)
    assert (hit.chunk.source, hit.chunk.last_line) == ("a.py", 2 + 1 + 1 + 80 + 2)
    cell = replace(
        above, client="3", cell_id="c", n_cells_above=4, cells_before=(Cell(cell_id="b", kind="code", source="y"),)
    )
    assert (await retrieval.search(cell))[0].chunk.source == "cell 5"


async def test_a_line_more_above_moves_no_hit_below_it() -> None:
    """A further line above the cursor moves no hit below it."""
    fetch = PLOT.replace("plot_prices", "load_prices")
    suffix = f"\n\n{_filler(20)}{fetch}\n\n{_filler(20)}{LOAD}"
    request = replace(REQUEST, cell_id="", document="a.py", prefix="frame = load_prices('b')\n", suffix=suffix)
    retrieval = Retrieval(tree=None, live=None)
    first = [hit.chunk.text for hit in await retrieval.search(request)]
    assert len(first) > 1
    assert [
        hit.chunk.text for hit in await retrieval.search(replace(request, prefix=f"{request.prefix}x = 1\n"))
    ] == first


async def test_a_text_of_20_000_lines_is_searched_too() -> None:
    """A document of 20 000 lines is searched too."""
    request = replace(REQUEST, cell_id="", prefix=f"{LOAD}\n{_filler(10_000)}frame = load_prices('b')\n", suffix="")
    (hit, *_) = await Retrieval(tree=None, live=None, patience_s=60).search(request)
    assert "def load_prices" in hit.chunk.text


@pytest.mark.parametrize(
    ("ran", "nearest"), [((None, None, None), "cell 0"), ((None, None, 7), "cell 2"), ((3, 2, None), "cell 0")]
)
async def test_cells_below_count_by_their_distance_unless_they_ran(ran: tuple[int | None, ...], nearest: str) -> None:
    """A cell below counts by its distance, unless it ran."""
    above, near, far = (
        Cell(cell_id=str(number), kind="code", source=LOAD, ran=when) for number, when in enumerate(ran)
    )
    request = replace(REQUEST, prefix="frame = load_prices('b')\n", cells_before=(above,), cells_after=(near, far))
    found = [source for source in await _sources(Retrieval(tree=None, live=None), request) if source.startswith("cell")]
    assert found[0] == nearest


async def test_what_the_kernel_holds_comes_first() -> None:
    """What the kernel holds comes first."""
    assert (await _sources(Retrieval(tree=_Files(*FILES), live=_Kernel())))[0] == KERNEL


@in_virtual_time
async def test_a_source_that_fails_or_is_slow_is_left_out() -> None:
    """A source that fails or is slow is left out."""

    class Slow(_Kernel):
        async def chunk(self, request: CompletionRequest) -> Chunk | None:
            await asyncio.sleep(60)
            return None

    assert await _sources(Retrieval(tree=_Files(error="the index is gone; wait"), live=_Kernel())) == [KERNEL]
    assert (await _sources(Retrieval(tree=_Files(*FILES), live=Slow())))[0] == "io.py"


def test_short_cells_are_asked_with_the_end_of_the_cell_above() -> None:
    """The query of a short cell includes the end of the cell above."""
    cells = (Cell(cell_id="a", kind="code", source="x = 1\ny = 2"), Cell(cell_id="m", kind="markdown", source="# z"))
    request = replace(REQUEST, cells_before=cells, prefix="w = 3\nv", suffix="\nu = 4\nt = 5\ns = 6")
    assert query_of(request) == "x = 1\ny = 2\nw = 3\nu = 4\nt = 5\ns = 6"


def test_fusing_is_the_papers_equation() -> None:
    """Two rounds are fused by the equation of the paper."""
    one, two = _chunk("io.py", "zeta = 1"), _chunk("plot.py", "theta = 2")
    hits = fused([[(one, 3.0), (two, 1.0)], [(two, 2.0)]], 0.5)
    assert {hit.chunk.source: hit.score for hit in hits} == pytest.approx(
        {"io.py": 0.75 / 1.5, "plot.py": (0.25 + 0.5) / 1.5}
    )


def test_a_round_that_finds_nothing_divides_by_nothing() -> None:
    """A round that finds nothing causes no division by zero."""
    assert fused([[], []], 0.9) == []
    assert [hit.score for hit in fused([[(FILES[0], 2.0)], []], 1.0)] == [0.5]


def test_duplicates_and_text_that_stands_here_are_left_out() -> None:
    """Near duplicates, and what already stands around the cursor, are left out."""
    hits = [
        Hit(chunk=_chunk(name, text), score=0.5)
        for name, text in (
            ("a.py", LOAD),
            ("b.py", LOAD + "# again\n"),
            ("c.py", "prices = load_prices('a.csv')\n"),
            ("d.py", PLOT),
        )
    ]
    assert [hit.chunk.source for hit in distinct(hits, REQUEST)] == ["a.py", "d.py"]


async def test_hits_stay_from_line_to_line_while_they_are_still_good() -> None:
    """Hits keep their order from line to line while they are still good."""
    a, b, c = (_chunk(name, f"{name} = 1") for name in ("aleph", "beth", "gimel"))
    scores = (((a, 3.0), (b, 2.0), (c, 1.9)), ((a, 3.0), (c, 2.0), (b, 1.9)), ((c, 3.0), (b, 1.0), (a, 0.1)))

    class Moving(_Files):
        async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
            self.asked.append(queries)
            return [list(scores[len(self.asked) - 1])]

    retrieval = Retrieval(tree=Moving(), live=None)
    found = [await _sources(retrieval, replace(REQUEST, prefix=REQUEST.prefix + "\n" * line)) for line in range(3)]
    assert found == [["aleph", "beth", "gimel"], ["aleph", "beth", "gimel"], ["gimel", "beth", "aleph"]]


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("load_all(path)", {"load_all", "load"}),
        ("path.name", set()),
        ("print(len(path), 12, 'read_all', \"read_all\")", set()),
        ("near(found)", set()),
        ("far_away", {"far_away", "far", "away"}),
        ("if x: return None", set()),
        ("x = f'{load_all(x)}'", {"load_all", "load"}),
        ("path  # load_all", set()),
        (r"'it\'s load_all'", set()),
        ("raise ValueError", set()),
        ("before_text", set()),
    ],
)
def test_names_that_are_neither_near_nor_found(text: str, new: set[str]) -> None:
    """New names are those of the text that stand neither near the cursor nor in a hit."""
    cells = tuple(
        Cell(cell_id=str(n), kind="code", source=source) for n, source in enumerate(["far_away()", "#" * 2000, "near"])
    )
    cells += (
        Cell(cell_id="m", kind="markdown", source="m" * 3000),
        Cell(cell_id="n", kind="code", source="before_text"),
    )
    request = CompletionRequest(
        id="r",
        client="c",
        document="a.ipynb",
        cell_id="3",
        language="python",
        prefix="all_names = path.name\n",
        suffix="",
        cells_before=cells,
    )
    hit = Hit(chunk=_chunk("b.py", "found = 1"), score=1.0)
    assert new_names(text, request, [hit]) == new


def test_in_other_languages_a_quote_may_be_anything() -> None:
    """In other languages a quote does not begin a string."""
    request = replace(REQUEST, language="julia", cells_before=())
    assert "load_all" in new_names("x = A' * load_all(b)", request, [])


async def test_a_second_round_without_new_names_is_the_first_one() -> None:
    """A second round without new names returns the hits of the first."""
    retrieval = Retrieval(tree=_Files(_chunk("a.py", LOAD), _chunk("b.py", PLOT)), live=None)
    first = await retrieval.search(REQUEST)
    assert await retrieval.search(REQUEST, text="clean(prices)", confidence=1.0) == first
