"""What the table of a model's vocabulary costs, by which typed text is forced: time, memory, and a look-up.

The model is loaded into this process. Knows no suite.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass

from ...engines.decoding.constrain import Forced, Vocabulary
from ...engines.decoding.decoding import Decoder

_BUILDS = 3
_LOOK_UPS = 50
"""Look-ups of each text; the median counts."""
HALF_TYPED = ("a", "np.ar", " to", "e", "(", '["', "_", "=", "tot", "import nu", "é", "変", "\t", "0.", "def scale_")
"""What may stand behind the place where a line is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyCosts:
    """The costs of one model's table."""

    build_s: Sequence[float]
    """Processor time of each build, the reading of the pieces included."""
    n_bytes: int
    """That a table holds."""
    n_peak_bytes: int
    """Most that were held while it was built."""
    look_up_s: Sequence[float]
    """Seconds of a look-up, for each of HALF_TYPED."""


def vocabulary_costs(decoder: Decoder) -> VocabularyCosts:
    """Builds the table some times, once more to count its memory, and looks each half-typed text up."""
    builds = []
    for _ in range(_BUILDS):
        start_s = time.thread_time()
        vocabulary = Vocabulary(decoder.pieces())
        builds.append(time.thread_time() - start_s)
    held, peak = _held_bytes(decoder)
    return VocabularyCosts(
        build_s=builds,
        n_bytes=held,
        n_peak_bytes=peak,
        look_up_s=[_look_up_s(decoder, vocabulary, text) for text in HALF_TYPED],
    )


def _held_bytes(decoder: Decoder) -> tuple[int, int]:
    """Bytes held in the end and at most. Counted apart from the timed builds, since counting slows them."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        vocabulary = Vocabulary(decoder.pieces())
        held, peak = tracemalloc.get_traced_memory()
        del vocabulary
    finally:
        tracemalloc.stop()
    return held - before, peak - before


def _look_up_s(decoder: Decoder, vocabulary: Vocabulary, text: str) -> float:
    took = []
    for _ in range(_LOOK_UPS):
        forced = Forced(text, vocabulary, lambda left: decoder.encode(left, special=False), "own")
        start_s = time.perf_counter()
        forced.allowed()
        took.append(time.perf_counter() - start_s)
    return sorted(took)[len(took) // 2]
