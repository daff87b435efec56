"""What an evaluation of k tokens costs on this machine, and how much of a draft is worth checking by that.

On a CPU k tokens cost nearly k times as much as one, on a GPU hardly more than one. So the cost is timed once for each
machine, model and build, and kept in a file. Knows no library: it is given something to time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from ... import atomic_json
from ..choosing.this_machine import build, processor
from .decoding import Check, Decoder, Policy
from .draft import Part

TIMED = (1, 2, 4, 8, 16)
"""Tokens of the evaluations that are timed; 2 stands there because a processor's cost jumps at the second token."""
FILE = "costs.json"
"""In the user's cache folder."""
_KEPT = 32
"""Curves; the one that was timed longest ago goes first."""
_SINGLES = 3
"""Single tokens after which CUDA repeats what it recorded: the first is run, the second recorded (llama.cpp b11549)."""
_BUDGET_S = 1.0
_MAX_ROUNDS = 3
_MARGIN = 0.25
"""Share of a token's cost that a draft must be expected to save: at .05 ten tokens of 40 drafts were checked on a
processor, four came true, and an answer took 1.05 (1.00–1.13) of the processor time (`bench --suite speculation`)."""


_PRIOR: Mapping[Part, float] = {"start": 0.58, "rest": 0.6, "read": 0.83}
"""How likely the next token is the model's own, on notebook statements: SmolLM2's at 33 drafts of `speculate.py`
and at 20 later tokens of them, the 0.5B's at 214 places of 40 answers (by hand)."""
_PRIOR_TOKENS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCurve:
    """Milliseconds of one evaluation by its tokens, about one of them scored; at least for 1 and one more."""

    ms: Mapping[int, float]

    def cost_ms(self, n_tokens: int) -> float:
        """Milliseconds of an evaluation, along straight lines through the timed points; at least those of one token."""
        points = sorted(self.ms.items())
        upper = next((i for i, (n, _) in enumerate(points) if n >= n_tokens and i > 0), len(points) - 1)
        (n_low, low), (n_high, high) = points[upper - 1], points[upper]
        return max(self.ms[1], low + (high - low) * (n_tokens - n_low) / (n_high - n_low))

    def gains_ms(self, n_pending: int, most: int, first: float, later: float) -> list[float]:
        """What checking 1, 2, … `most` tokens beside `n_pending` is expected to save.

        `first` and `later`: chances, 0..1, that the first token is the model's own, and each other if those before are.
        """
        pending_ms, n_true, chance, gains = self.cost_ms(n_pending), 0.0, first, []
        for n_draft in range(1, most + 1):
            n_true += chance
            chance *= later
            gains.append(n_true * self.ms[1] - (self.cost_ms(n_pending + n_draft) - pending_ms))
        return gains

    def length(self, n_pending: int, most: int, first: float, later: float) -> int:
        """How many of at most `most` draft tokens to check; 0 where none pays."""
        gains = self.gains_ms(n_pending, most, first, later)
        best = max(gains, default=0.0)
        return gains.index(best) + 1 if best > _MARGIN * self.ms[1] else 0


class ByCost:
    """Checks as much of a draft as pays, by the curve and by how often drafts came true in this process so far.

    What the model writes tells that of each draft, checked or not.
    """

    def __init__(self, curve: CostCurve) -> None:
        self._curve = curve
        self._true = {part: chance * _PRIOR_TOKENS for part, chance in _PRIOR.items()}
        self._seen = dict.fromkeys(_PRIOR, _PRIOR_TOKENS)

    def length(self, n_pending: int, most: int, part: Part) -> int:
        """How many draft tokens to check, as `decoding.Policy.length`."""
        later: Part = "rest" if part == "start" else part
        return self._curve.length(n_pending, most, self._chance(part), self._chance(later))

    def saw(self, part: Part, *, true: bool) -> None:
        """Notes a pass, as `decoding.Policy.saw`."""
        self._true[part] += true
        self._seen[part] += 1

    def _chance(self, part: Part) -> float:
        return self._true[part] / self._seen[part]


def timed(evaluate: Callable[[int], None], clock: Callable[[], float]) -> CostCurve:
    """The quickest of up to three rounds within some seconds; `evaluate` evaluates that many tokens.

    Each behind single tokens, as it comes in use: a GPU records one that comes again, and repeats it quicker.
    `clock` tells seconds: processor time, where that is what an evaluation takes, is not moved by other work.
    """
    found: dict[int, float] = {}
    start_s = time.perf_counter()
    for _ in range(_MAX_ROUNDS):
        for n_tokens in TIMED:
            for _ in range(_SINGLES if n_tokens == 1 else 1):
                evaluate(1)
            before_s = clock()
            evaluate(n_tokens)
            took_ms = (clock() - before_s) * 1000
            found[n_tokens] = min(took_ms, found.get(n_tokens, took_ms))
        if time.perf_counter() - start_s > _BUDGET_S / 2:
            break
    rising = zip(found, accumulate(found.values(), max), strict=True)  # more tokens never cost less: that is noise
    return CostCurve(ms={n: round(ms, 3) for n, ms in rising})


def by_cost(decoder: Decoder, costs_file: str | None, key: str, clock: Callable[[], float]) -> Policy:
    """The policy by the curve that is kept, or timed now; an empty path checks all of a draft, None nothing."""
    if not costs_file:
        return Check(all_of_it=costs_file is not None)
    file = Path(costs_file)
    found = kept(file, key)
    if found is None:
        ids = decoder.encode("for i in range(10): print(i) # one line of text that is long enough", special=False)[:16]

        def evaluate(n_tokens: int) -> None:
            decoder.decode(ids[:n_tokens], decoder.keep(0), n_tokens, lambda: False)

        for n_tokens in TIMED:
            evaluate(n_tokens)  # the first of its size compiles and reads what it needs
        found = timed(evaluate, clock)
        decoder.keep(0)
        with suppress(OSError):  # timed anew at the next start
            keep(file, key, found)
    return ByCost(found)


def key_of(model_hash: str, threads: int, library: str) -> str:
    """Names a curve: this processor, its threads (0: its GPU, whichever), the model and the library's build."""
    return f"{processor()}, {threads} threads, {model_hash}, {library} {build(library)}"


def kept(file: Path, key: str) -> CostCurve | None:
    """The curve that was kept; None without one or where the file cannot be read."""
    try:
        ms = atomic_json.read(file)[key]
        curve = CostCurve(ms={int(n): float(value) for n, value in ms.items()})
        return curve if set(curve.ms) == set(TIMED) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(file: Path, key: str, curve: CostCurve) -> None:
    """Adds a curve. Two processes at once: one of both is timed again later. Raises OSError."""
    try:
        curves = dict(atomic_json.read(file))
    except (OSError, ValueError, TypeError):
        curves = {}
    others = [item for item in curves.items() if item[0] != key][-(_KEPT - 1) :]
    atomic_json.write(file, {**dict(others), key: curve.ms})
