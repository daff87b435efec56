"""Request + token counts → fill-in-the-middle prompt within a token budget.

The head of a prompt decides how much of a model's cache a key can reuse, so text is cut in whole blocks at places that
typing does not move: a cell's lines in blocks of 16, earlier cells whole, and room is made 64 tokens at a time.
Knows nothing of models: counts come as data, the engine renders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..types import Chunk, CompletionRequest, Prompt

BLOCK_LINES = 16
_STEP_TOKENS = 64
_SUFFIX_SHARE = 0.2
"""Of the budget: measured layouts used 300 characters right of the cursor beside 1,800 left (issue A, engines.md)."""
_MAX_CHARS_A_TOKEN = 8
_TYPED_CHARS = 512


def blocks(prefix: str, budget: int) -> list[str]:
    """The whole lines above the cursor's line in blocks of 16 lines from the cell's start, nearest last.

    Only as many as could fit `budget` tokens; the lines of the last block may be fewer.
    """
    lines = prefix[: prefix.rfind("\n") + 1].splitlines(keepends=True)
    pieces = ["".join(lines[i : i + BLOCK_LINES]) for i in range(0, len(lines), BLOCK_LINES)]
    return _nearest(pieces, budget)


def cells(request: CompletionRequest, budget: int) -> list[Chunk]:
    """Earlier code cells of the notebook as chunks, document order, as many as could fit `budget` tokens."""
    chunks = [
        Chunk(source=f"cell {number}", first_line=1, last_line=cell.source.count("\n") + 1, text=cell.source)
        for number, cell in enumerate(request.cells_before)
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


def healed(typed: str) -> tuple[str, str]:
    """`typed` split before its trailing white space: tokens begin with their space, so the model writes it itself."""
    kept = typed.rstrip(" \t")
    return kept, typed[len(kept) :]


def build(request: CompletionRequest, counts: Mapping[str, int], budget: int, *, session: str = "") -> Prompt:
    """The prompt of at most `budget` tokens; `counts` holds every text that `texts` named.

    Room goes to the cursor's line, the suffix, the lines above, then earlier cells, nearest first.
    """
    suffix, typed = suffix_of(request, budget), typed_of(request.prefix)
    room = budget - counts[suffix]
    above = _fitting(blocks(request.prefix, budget), counts, room - counts[typed])
    used = counts[typed] + sum(counts[piece] for piece in above)
    room -= -(-used // _STEP_TOKENS) * _STEP_TOKENS
    chunks = cells(request, budget)
    kept = len(_fitting([chunk.text for chunk in chunks], counts, room))
    return Prompt(
        chunks=tuple(chunks[len(chunks) - kept :]),
        prefix="".join(above),
        typed=healed(typed)[0],
        suffix=suffix,
        session=session,
    )


def texts(request: CompletionRequest, budget: int) -> list[str]:
    """The texts whose token counts `build` needs."""
    return [
        suffix_of(request, budget),
        typed_of(request.prefix),
        *blocks(request.prefix, budget),
        *(chunk.text for chunk in cells(request, budget)),
    ]


def _nearest(pieces: Sequence[str], budget: int) -> list[str]:
    kept, chars = 0, 0
    for piece in reversed(pieces):
        chars += len(piece)
        if chars > budget * _MAX_CHARS_A_TOKEN:
            break
        kept += 1
    return list(pieces[len(pieces) - kept :])


def _fitting(pieces: Sequence[str], counts: Mapping[str, int], room: int) -> list[str]:
    kept = 0
    for piece in reversed(pieces):
        room -= counts[piece] + 1
        if room < 0:
            break
        kept += 1
    return list(pieces[len(pieces) - kept :])
