"""Request, hits and token counts → fill-in-the-middle prompt within a token budget.

The head of a prompt decides how much of a model's cache a key can reuse, so text is cut in whole blocks at places that
typing does not move: a cell's lines in blocks of 8, earlier cells whole, and room is made 64 tokens at a time.
Knows nothing of models: counts come as data, the engine renders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...types import Chunk, CompletionRequest, Hit, Prompt
from .heal import heal

_BLOCK_LINES = 8
_BLOCK_CHARS = 400
"""Fewer lines where they are long, so that a block always fits."""
_NEAR_LINES = 4
"""Above the cursor: they stand in the prompt before anything is retrieved."""
_STEP_TOKENS = 64
_SUFFIX_SHARE = 0.2
"""The suffix's share of the budget: measured layouts used 300 characters right of the cursor beside 1,800 left."""
_MAX_CHARS_A_TOKEN = 8
_MIN_CUT_TOKENS = 48
"""Less than that of a chunk says too little: about a signature and three lines."""
_TYPED_CHARS = 512
_LEAST_TYPED = 32
"""Tokens of the cursor's line in the shortest prompt: it says more than any other text."""


def blocks(prefix: str, budget: int) -> list[str]:
    """The whole lines above the cursor's line in blocks from the cell's start, nearest last.

    Only as many as could fit `budget` tokens; the lines of the last block may be fewer.
    """
    pieces: list[list[str]] = []
    n_chars = _BLOCK_CHARS
    for line in prefix[: prefix.rfind("\n") + 1].splitlines(keepends=True):
        if n_chars >= _BLOCK_CHARS or len(pieces[-1]) >= _BLOCK_LINES:
            pieces.append([])
            n_chars = 0
        pieces[-1].append(line)
        n_chars += len(line)
    return _nearest(["".join(piece) for piece in pieces], budget)


def cells(request: CompletionRequest, budget: int) -> list[Chunk]:
    """Other code cells of the notebook as chunks, nearest last, as many as could fit `budget` tokens."""
    chunks = [
        Chunk(source=f"cell {place}", first_line=1, last_line=cell.source.count("\n") + 1, text=cell.source)
        for place, cell in request.nearest_last()
        if cell.kind == "code" and cell.source.strip()
    ]
    kept = len(_nearest([chunk.text for chunk in chunks], budget))
    return chunks[len(chunks) - kept :]


def suffix_of(request: CompletionRequest, budget: int) -> str:
    """The text after the cursor, cut at a line end so that it could fit its share of `budget` tokens."""
    limit = int(budget * _SUFFIX_SHARE * 4)
    if len(request.suffix) <= limit:
        return request.suffix
    end = request.suffix.rfind("\n", 0, limit)
    return request.suffix[: end if end > 0 else limit]


def typed_of(prefix: str) -> str:
    """The cursor's line up to the cursor; its last 512 characters where it is longer."""
    return prefix[prefix.rfind("\n") + 1 :][-_TYPED_CHARS:]


def build(
    request: CompletionRequest,
    counts: Mapping[str, int],
    budget: int,
    *,
    hits: Sequence[Hit] = (),
    n_retrieved_tokens: int = 0,
    session: str = "",
) -> Prompt:
    """The prompt of at most `budget` tokens; `counts` holds every text that `texts` named.

    Room goes to the cursor's line and the suffix, half of it each at most, the nearest lines, hits, best first, up
    to `n_retrieved_tokens`, the lines above, then earlier cells, nearest first. Cells stand first: they change least.
    """
    (typed, n_typed), (suffix, n_suffix) = _at_cursor(request, counts, budget)
    room = budget - n_suffix - n_typed
    pieces = blocks(request.prefix, budget)
    n_reserved = max(0, min(n_retrieved_tokens, room - _n_near(pieces, counts))) if hits else 0
    room -= n_reserved
    above = _fitting(pieces, counts, room)
    used = n_typed + sum(counts[piece] for piece in above)
    room += n_typed - (used // _STEP_TOKENS + 1) * _STEP_TOKENS
    chunks = cells(request, budget)
    near = chunks[len(chunks) - len(_fitting([chunk.text for chunk in chunks], counts, room)) :]
    whole = {chunk.source for chunk in near}
    own = _rstripped("".join(above)), _rstripped(suffix)
    others = [hit for hit in hits if hit.chunk.source not in whole and not _stands(hit.chunk, request.own_source, own)]
    found = _best(others, counts, n_reserved)
    line = heal(typed)
    return Prompt(
        chunks=(*near, *reversed(found)),
        prefix="".join(above),
        typed=line.typed,
        forced=line.forced,
        suffix=suffix,
        own=(request.prefix, request.suffix),
        cells=tuple(cell.source for cell in (*request.cells_before, *request.cells_after)),
        frames=tuple(frame for hit in hits for frame in hit.chunk.frames),
        session=session,
    )


def texts(request: CompletionRequest, budget: int, hits: Sequence[Hit] = ()) -> list[str]:
    """The texts whose token counts `build` needs, each once."""
    wanted = [
        suffix_of(request, budget),
        typed_of(request.prefix),
        *blocks(request.prefix, budget),
        *(chunk.text for chunk in cells(request, budget)),
        *(hit.chunk.text for hit in hits),
    ]
    return list(dict.fromkeys(wanted))


def _at_cursor(
    request: CompletionRequest, counts: Mapping[str, int], budget: int
) -> tuple[tuple[str, int], tuple[str, int]]:
    """The cursor's line and the suffix, each with its tokens, of which it has at most half of the budget.

    Where a text has more, so many bytes of it are kept: no token is less than a byte. A line of emoji has four a sign.
    """

    def kept(text: str, most: int, cut: slice) -> tuple[str, int]:
        if counts[text] <= most:
            return text, counts[text]
        return text.encode("utf-8", "surrogatepass")[cut].decode(errors="ignore"), most

    half = budget // 2
    most = max(_LEAST_TYPED, half)
    line = kept(typed_of(request.prefix), most, slice(-most, None))
    return line, kept(suffix_of(request, budget), half, slice(half))


def _rstripped(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _stands(chunk: Chunk, own_source: str, texts: Sequence[str]) -> bool:
    """True for a piece of the cursor's own text that the prompt holds as it is."""
    body = chunk.text.removeprefix(f"# {chunk.source}\n")
    return chunk.source == own_source and any(body in text for text in texts)


def _best(hits: Sequence[Hit], counts: Mapping[str, int], room: int) -> list[Chunk]:
    """The hits that fit, best first. A hit that does not fit gives its first lines where they are enough."""
    kept = []
    for hit in hits:
        chunk, n_tokens = hit.chunk, counts[hit.chunk.text]
        if n_tokens >= room >= _MIN_CUT_TOKENS:
            chunk = _first_lines(chunk, (room - 1) / n_tokens)
            n_tokens = room - 1
        if n_tokens < room and chunk.text:
            room -= n_tokens + 1
            kept.append(chunk)
    return kept


def _first_lines(chunk: Chunk, share: float) -> Chunk:
    """The chunk's first whole lines, as many as make up this share of its characters."""
    text = chunk.text[: int(len(chunk.text) * share)]
    text = text[: text.rfind("\n") + 1]
    hidden = tuple((start, min(end, len(text))) for start, end in chunk.hidden if start < len(text))
    return replace(chunk, text=text, hidden=hidden, last_line=chunk.first_line + max(0, text.count("\n") - 1))


def _nearest(pieces: Sequence[str], budget: int) -> list[str]:
    kept, chars = 0, 0
    for piece in reversed(pieces):
        chars += len(piece)
        if chars > budget * _MAX_CHARS_A_TOKEN:
            break
        kept += 1
    return list(pieces[len(pieces) - kept :])


def _n_near(pieces: Sequence[str], counts: Mapping[str, int]) -> int:
    """Tokens of the blocks that hold the nearest lines."""
    n_tokens = n_lines = 0
    for piece in reversed(pieces):
        if n_lines >= _NEAR_LINES:
            break
        n_tokens += counts[piece] + 1
        n_lines += piece.count("\n")
    return n_tokens


def _fitting(pieces: Sequence[str], counts: Mapping[str, int], room: int) -> list[str]:
    kept = 0
    for piece in reversed(pieces):
        room -= counts[piece] + 1
        if room < 0:
            break
        kept += 1
    return list(pieces[len(pieces) - kept :])
