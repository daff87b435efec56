"""How others ask a llama.cpp server at the same key: the bodies of their requests. Pure; knows no server.

llama.vim's way is its request as its defaults make it (ggml-org/llama.vim, a1c8e6e): 256 lines above, 64 below, the
typed part of the line behind the middle marker, up to 16 pieces of other text as `input_extra`, its samplers and its
times. Its pieces are the notebook's earlier code cells here. What it does between keys is left out: its cache of
answers, and the request that it sends ahead for the position behind an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...engines.fim import FimMarkers
from ...types import CompletionRequest

_LINES_ABOVE = 256
_LINES_BELOW = 64
_N_PIECES = 16
_PIECE_LINES = 64
_LEAST_PIECE_LINES = 3
_NOTEBOOK_CHARS = 12_000
"""Before the cursor, where the whole notebook is the prefix: minuet's window of 16,000 characters, 3 to 1."""
_GAP = "\n\n"

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRequest:
    """One way of asking. `body` is what is posted to `path` for a request."""

    name: str
    path: str
    body: Callable[[CompletionRequest], Body]


def peer_requests(fim: FimMarkers, *, max_tokens: int, seed: int) -> tuple[PeerRequest, ...]:
    """All of them; `seed` makes llama.vim's sampling the same in each run."""

    def vim(request: CompletionRequest) -> Body:
        return {**vim_body(request), "seed": seed}

    def greedy(request: CompletionRequest) -> Body:
        return {**vim_body(request), "samplers": ["top_k"], "top_k": 1}

    def notebook(request: CompletionRequest) -> Body:
        above = "".join(source + _GAP for source in _earlier(request)) + request.prefix
        return _standard(fim, above[-_NOTEBOOK_CHARS:], request.suffix, max_tokens)

    def cell(request: CompletionRequest) -> Body:
        return _standard(fim, request.prefix[-_NOTEBOOK_CHARS:], request.suffix, max_tokens)

    return (
        PeerRequest(name="llama.vim's way", path="/infill", body=vim),
        PeerRequest(name="llama.vim's way, greedy", path="/infill", body=greedy),
        PeerRequest(name="the whole notebook", path="/completion", body=notebook),
        PeerRequest(name="the cell only", path="/completion", body=cell),
    )


def vim_body(request: CompletionRequest) -> dict[str, Any]:
    """What llama.vim posts to `/infill` at a key inside a line that is not blank."""
    *above, typed = request.prefix.split("\n")
    rest, *below = request.suffix.split("\n")
    return {
        "id_slot": 0,
        "input_prefix": _joined(above[-_LINES_ABOVE:]),
        "input_suffix": rest + "\n" + _joined(below[:_LINES_BELOW]),
        "input_extra": [{"text": text, "filename": request.document} for text in pieces(_earlier(request))],
        "prompt": typed,
        "n_predict": 128,
        "stop": [],
        "n_indent": len(typed) - len(typed.lstrip()),
        "top_k": 40,
        "top_p": 0.90,
        "samplers": ["top_k", "top_p", "infill"],
        "stream": False,
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "t_max_predict_ms": 250,
    }


def pieces(sources: Sequence[str]) -> list[str]:
    """The last 16 texts of at least 3 lines; of one of 64 or more its last half of that."""
    found = []
    for lines in (source.split("\n") for source in sources):
        kept = lines if len(lines) + 1 < _PIECE_LINES else lines[-_PIECE_LINES // 2 :]
        if len(lines) >= _LEAST_PIECE_LINES:
            found.append(_joined(kept))
    return found[-_N_PIECES:]


def _earlier(request: CompletionRequest) -> list[str]:
    """The code cells above, nearest last."""
    return [cell.source for cell in request.cells_before if cell.kind == "code" and cell.source.strip()]


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"


def _standard(fim: FimMarkers, above: str, below: str, max_tokens: int) -> Body:
    """The order that models are trained on, greedy, up to the end of the line."""
    return {
        "prompt": f"{fim.prefix}{above}{fim.suffix}{below}{fim.middle}",
        "n_predict": max_tokens,
        "stop": ["\n"],
        "temperature": 0,
        "cache_prompt": True,
        "stream": False,
    }
