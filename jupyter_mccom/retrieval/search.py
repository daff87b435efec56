"""Two rounds of retrieval: the lines around the cursor, then the local model's text as a second query (paper 4).

Candidates are the notebook's other cells, the rest of the cursor's own text and the project's files, each corpus scored
for itself; what the kernel holds comes first. Knows nothing of prompts or engines.
"""

from __future__ import annotations

import asyncio
import builtins
import re
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol, TypeAlias, TypeVar

import anyio

from ..errors import RetrievalError
from ..protocols import N_HITS
from ..types import Cell, Chunk, CompletionRequest, Hit
from .chunks import chunks_of, chunks_of_cells
from .index import Scored, rank, terms

KERNEL = "kernel"
"""Source of the chunk that tells what the kernel holds."""
SEARCH_S = 0.15
"""Ten times what a search of 50,000 chunks may take: a person who types would notice a longer wait."""
_N_CANDIDATES = 20
_NEAR_DUPLICATE = 0.8
"""Terms that two chunks share ÷ terms of either."""
_STAYS_FUSED = 0.99
"""`Weights.stays` of a second round whose text names something new: only order and ties are kept."""
_NEAR_CHARS, _NEAR_CHARS_BELOW = 2000, 500
"""Around the cursor; a prompt holds about so much."""
_BUILTINS = frozenset(terms(" ".join(dir(builtins))))
_UNTOLD = re.compile(r"""(?<!\w)(['"])(?:\\.|(?!\1).)*\1|#.*""")
"""Strings that are closed, but for those with a letter before them, which may hold expressions, and comments."""
_UNKNOWN = 0.5
"""Weight of the text of an engine that tells no probabilities."""
_IN_PROMPT = 2
"""So many hits surely stand in a prompt."""
_CELLS_KEPT = 100
_Found = TypeVar("_Found")
Held: TypeAlias = MutableMapping[str, Sequence[Hit]]
"""The last hits of a first round in one document, by cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What decides which hits come first; what each is worth: `bench --suite hits` (`evaluation/README.md`)."""

    lines_above: int = 4
    """Whole lines above the cursor's line in the first query."""
    lines_below: int = 4
    """Whole lines below it. What is typed on the line itself stays out, since a key must not move the prompt."""
    nearer: float = 0.35
    """A cell's score counts (1 + cells between) to the power of minus this."""
    own: float = 1.0
    """What the cursor's own text counts beside cells and files."""
    stays: float = 0.75
    """Hits stay while they are worth this share of the best ones: each change makes a model read all that stands behind
    it again."""


WEIGHTS = Weights()


class Tree(Protocol):
    """Searches the project that holds a document."""

    async def search(self, document: str, queries: Sequence[str], n: int) -> list[list[Scored]]:
        """The hits of each query, best first, without the document's own chunks. Raises RetrievalError."""
        ...

    async def aclose(self) -> None: ...


class Live(Protocol):
    """What the document's kernel holds, as context."""

    async def chunk(self, request: CompletionRequest) -> Chunk | None:
        """The chunk of the names that are known now; its source is KERNEL. Raises RetrievalError."""
        ...

    async def aclose(self) -> None: ...


class Retrieval:
    """Satisfies protocols.Retriever. None stands for a source that is switched off.

    A source that fails, or is not there after `patience_s`, is left out. `held` says where the hits of a request's
    document are kept from key to key; without it, here, those of the last document alone.
    """

    def __init__(
        self,
        *,
        tree: Tree | None,
        live: Live | None,
        patience_s: float = SEARCH_S,
        weights: Weights = WEIGHTS,
        held: Callable[[CompletionRequest], Held] | None = None,
    ) -> None:
        self._tree = tree
        self._live = live
        self._patience_s = patience_s
        self._weights = weights
        self._held = held or self._held_here
        self._here: tuple[str, str, Held] = ("", "", {})

    async def warm(self) -> None:
        """Loads what the first search would have to wait for (0.2 s)."""
        await asyncio.to_thread(rank, [Chunk(source="", first_line=1, last_line=1, text="warm")], "warm")

    async def search(
        self, request: CompletionRequest, *, text: str = "", confidence: float | None = None, n_hits: int = N_HITS
    ) -> tuple[Hit, ...]:
        """The hits for a position, best first; protocols.Retriever says what is promised."""
        query = query_of(request, self._weights)
        if not text:
            held = self._held(request)
            kernel, found = await asyncio.gather(self._kernel(request), self._found(request, [query], _UNKNOWN))
            return (*kernel, *map(_headed, _filled(self._stayed(held, request.cell_id, found), found, n_hits)))
        kernel = await self._kernel(request)
        before = self._held(request).get(request.cell_id, ())
        if before and not new_names(text, request, [*kernel, *before[:_IN_PROMPT]]):
            more = await self._found(request, [query], _UNKNOWN) if n_hits > len(before) else []
            return (*kernel, *map(_headed, _filled(before, more, n_hits)))
        found = await self._found(request, [query, text], _UNKNOWN if confidence is None else confidence)
        return (*kernel, *map(_headed, settled(before, found, _STAYS_FUSED)[:n_hits]))

    async def _kernel(self, request: CompletionRequest) -> list[Hit]:
        live = self._live
        chunk = await self._in_time(lambda: live.chunk(request)) if live else None
        return [Hit(chunk=chunk, score=1.0)] if chunk else []

    async def _found(self, request: CompletionRequest, queries: Sequence[str], second: float) -> list[Hit]:
        """The hits of all sources but the kernel, best first; `second` is the weight of the second query."""
        weights, tree = self._weights, self._tree
        cells, own, files = await asyncio.gather(
            self._in_time(lambda: asyncio.to_thread(_in_cells, request, queries, weights.nearer)),
            self._in_time(lambda: asyncio.to_thread(_in_own_text, request, queries)),
            self._in_time(lambda: tree.search(request.document, queries, _N_CANDIDATES) if tree else _nothing()),
        )
        of_own = [replace(hit, score=weights.own * hit.score) for hit in fused(own or [], second)]
        found = [*fused(cells or [], second), *of_own, *fused(files or [], second)]
        return distinct(sorted(found, key=lambda hit: -hit.score), request)

    async def _in_time(self, source: Callable[[], Awaitable[_Found | None]]) -> _Found | None:
        """What a source finds in time; nothing from one that is slow or fails."""
        try:
            with anyio.fail_after(self._patience_s):
                return await source()
        except (TimeoutError, RetrievalError):
            return None

    def _stayed(self, held: Held, cell_id: str, hits: Sequence[Hit]) -> Sequence[Hit]:
        """The hits of a first round; the next line's round goes on from them."""
        found = settled(held.pop(cell_id, ()), hits, self._weights.stays)[:N_HITS]
        held[cell_id] = found
        while len(held) > _CELLS_KEPT:
            del held[next(iter(held))]
        return found

    def _held_here(self, request: CompletionRequest) -> Held:
        client, document, held = self._here
        if (client, document) != (request.client, request.document):
            held = {}
            self._here = (request.client, request.document, held)
        return held

    async def aclose(self) -> None:
        """Ends the sources."""
        for source in (self._tree, self._live):
            if source is not None:
                await source.aclose()


def query_of(request: CompletionRequest, weights: Weights = WEIGHTS) -> str:
    """The whole lines around the cursor's line; the end of the cell above where the cell has too few."""
    above = request.prefix.split("\n")[:-1][-weights.lines_above :]
    for cell in reversed(request.cells_before):
        if len(above) >= weights.lines_above:
            break
        if cell.kind == "code":
            above = cell.source.split("\n")[len(above) - weights.lines_above :] + above
    below = request.suffix.split("\n")[1:][: weights.lines_below]
    return "\n".join([*above, *below])


def fused(rounds: Sequence[Sequence[Scored]], weight: float) -> list[Hit]:
    """ctx_i / Σctx + weight · local_i / Σlocal (paper, equation 1), over all candidates; scaled to 0..1.

    A round in which nothing was found adds nothing.
    """
    total: dict[Chunk, float] = {}
    for scored, share in zip(rounds, (1.0, weight), strict=False):
        found = sum(score for _, score in scored)
        for chunk, score in scored:
            total[chunk] = total.get(chunk, 0.0) + share * score / found
    scale = 1.0 + (weight if len(rounds) > 1 else 0.0)
    hits = [Hit(chunk=chunk, score=score / scale) for chunk, score in total.items()]
    return sorted(hits, key=lambda hit: -hit.score)


def new_names(text: str, request: CompletionRequest, hits: Sequence[Hit]) -> set[str]:
    """Terms of `text` that stand neither near the cursor nor in the hits: what a second round is for.

    Where there are none, other hits would only make a model read its prompt again for names that it knew. Builtins and
    numbers do not count, in Python neither strings nor comments.
    """
    told = _UNTOLD.sub("", text) if request.language == "python" else text
    cells = (cell.source for _, cell in request.nearest_last() if cell.kind == "code")
    above = "\n".join([*cells, request.prefix])[-_NEAR_CHARS:]
    near = terms(above + "\n" + request.suffix[:_NEAR_CHARS_BELOW])
    known = _BUILTINS.union(near, *(terms(hit.chunk.text) for hit in hits))
    return {term for term in terms(told) if not term.isdigit()} - known


def distinct(hits: Sequence[Hit], request: CompletionRequest) -> list[Hit]:
    """The hits without near-duplicates of better hits and of the text around the cursor."""
    here = set(terms(request.prefix[-_NEAR_CHARS:] + request.suffix[:_NEAR_CHARS_BELOW]))
    kept: list[tuple[Hit, set[str]]] = []
    for hit in hits:
        own = set(terms(hit.chunk.text))
        others = (other for _, other in kept)
        if not own <= here and all(len(own & other) < _NEAR_DUPLICATE * len(own | other) for other in others):
            kept.append((hit, own))
    return [hit for hit, _ in kept]


def settled(before: Sequence[Hit], hits: Sequence[Hit], share: float) -> Sequence[Hit]:
    """`hits`, those of `before` that are still among them in front and in their order, while these are worth it.

    A chunk may have moved by some lines meanwhile.
    """
    now = {(hit.chunk.source, hit.chunk.text): hit for hit in hits}
    places = [(hit.chunk.source, hit.chunk.text) for hit in before]
    still = [now[place] for place in places if place in now]
    if sum(hit.score for hit in still[:_IN_PROMPT]) < share * sum(hit.score for hit in hits[:_IN_PROMPT]):
        return hits
    return [*still, *(hit for hit in hits if hit not in still)]


def _filled(first: Sequence[Hit], hits: Sequence[Hit], n: int) -> Sequence[Hit]:
    """The first ones, then others, `n` in all."""
    there = {(hit.chunk.source, hit.chunk.text) for hit in first}
    others = [hit for hit in hits if (hit.chunk.source, hit.chunk.text) not in there]
    return [*first, *others][:n]


def _headed(hit: Hit) -> Hit:
    """A model is told from which file a chunk is."""
    chunk = hit.chunk
    if chunk.source.startswith("cell "):
        return hit
    head = f"# {' '.join(chunk.source.split())}\n"
    hidden = tuple((start + len(head), end + len(head)) for start, end in chunk.hidden)
    return replace(hit, chunk=replace(chunk, text=head + chunk.text, hidden=hidden))


def _in_cells(request: CompletionRequest, queries: Sequence[str], nearer: float) -> list[list[Scored]]:
    here = Cell(cell_id=request.cell_id, kind="code", source="")
    cells = _chunks((*request.cells_before, here, *request.cells_after), request.language, request.n_cells_above)
    if not cells:
        return [[] for _ in queries]
    between = _between(request)
    first, *second = (rank(cells, query) for query in queries)
    weighed = [(chunk, score * (1 + between[chunk.source]) ** -nearer) for chunk, score in first]
    ranked = [sorted(weighed, key=lambda one: -one[1]), *second]  # what the local text names may stand anywhere
    return [scored[:_N_CANDIDATES] for scored in ranked]


def _between(request: CompletionRequest) -> dict[str, int]:
    """Cells between the cursor's and each other one, by source: as they ran, and below the cursor as they stand."""
    here = request.n_cells_above + len(request.cells_before)
    below = {f"cell {here + 1 + number}": number for number in range(len(request.cells_after))}
    led_here = reversed(request.nearest_last())
    return below | {f"cell {place}": number for number, (place, _) in enumerate(led_here)}


def _in_own_text(request: CompletionRequest, queries: Sequence[str]) -> list[list[Scored]]:
    """The hits in the cursor's own cell, less the pieces beside it. Cut at blank lines: it may not parse."""
    lines = request.prefix[: request.prefix.rfind("\n") + 1]
    below = request.suffix[request.suffix.find("\n") + 1 :] if "\n" in request.suffix else ""
    return [_ranked(request.own_source, lines, below, query) for query in queries]


@lru_cache(maxsize=8)
def _ranked(source: str, above: str, below: str, query: str) -> list[Scored]:
    """Kept from key to key: only whole lines count."""
    chunks = [*_pieces(source, above, 0)[:-1], *_pieces(source, below, above.count("\n") + 1)[1:]]
    return rank(chunks, query)[:_N_CANDIDATES] if chunks else []


@lru_cache(maxsize=8)
def _pieces(source: str, text: str, n_above: int) -> list[Chunk]:
    """The pieces of one text, for both rounds."""
    return [
        replace(chunk, first_line=chunk.first_line + n_above, last_line=chunk.last_line + n_above)
        for chunk in chunks_of(source, text, "")
    ]


@lru_cache(maxsize=4)
def _chunks(cells: tuple[Cell, ...], language: str, first: int) -> list[Chunk]:
    """Kept from key to key: other cells do not change while one is typed in."""
    return chunks_of_cells(cells, language, first=first)


def forget() -> None:
    """Drops the texts that are kept from key to key. Any thread may call it."""
    for kept in (_ranked, _pieces, _chunks):
        kept.cache_clear()


async def _nothing() -> None:
    return None
