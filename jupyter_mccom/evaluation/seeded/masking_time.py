"""What masking adds to a cloud request, key after key, where the document has 8,000 characters. Asks no model."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...types import Chunk, Prompt
from .masked_prompts import masked_prompt

_N_ABOVE, _N_BELOW = 6000, 2000
_N_HITS, _HIT_CHARS = 3, 2000
_LINE = "result = model.transform(values)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskingTime:
    """Of one document."""

    first_ms: float
    """Nothing is known of the document."""
    later_ms: Sequence[float]
    """At each further key of a line."""


async def masking_times(texts: Sequence[str]) -> list[MaskingTime]:
    """One entry for each text that is long enough."""
    least = _N_ABOVE + _N_BELOW + _N_HITS * _HIT_CHARS
    return [await _of_document(text) for text in texts if len(text) >= least]


async def _of_document(text: str) -> MaskingTime:
    above = text[:_N_ABOVE].rpartition("\n")[0] + "\n"
    below = "\n" + text[_N_ABOVE : _N_ABOVE + _N_BELOW]
    rest = text[_N_ABOVE + _N_BELOW :]
    cells = [rest[number * _HIT_CHARS : (number + 1) * _HIT_CHARS] for number in range(_N_HITS)]
    took_ms = []
    for n_typed in range(1, len(_LINE)):
        typed, forced = _LINE[: n_typed - 1], _LINE[n_typed - 1 : n_typed]
        prompt = Prompt(
            chunks=tuple(Chunk(source="a", first_line=1, last_line=1, text=cell) for cell in cells),
            prefix=above,
            typed=typed,
            forced=forced,
            suffix=below,
            own=(above + typed + forced, below),
            cells=tuple(cells),
        )
        began_s = time.perf_counter()
        await masked_prompt(prompt)
        took_ms.append((time.perf_counter() - began_s) * 1000)
    return MaskingTime(first_ms=took_ms[0], later_ms=took_ms[1:])
