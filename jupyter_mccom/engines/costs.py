"""What an evaluation of k tokens costs on this machine, and how much of a draft is worth checking by that.

On a processor k tokens cost nearly k times one (engines.md B), on a GPU hardly more than one: so it is timed, once a
machine, model and build, and kept in a file. Knows no library: it is given something to time.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from .decoding import Check, Decoder, Policy
from .runtime import build, processor

TIMED = (1, 2, 4, 8, 16)
"""Tokens of the evaluations that are timed; 2 stands there because a processor's cost jumps at the second token."""
FILE = "costs.json"
"""In the user's cache folder."""
_KEPT = 32
"""Curves; the one that was timed longest ago goes first."""
_BUDGET_S = 1.0
_MAX_ROUNDS = 3
_MARGIN = 0.25
"""Share of a token's cost that a draft must be expected to save: at .05 ten tokens of 40 drafts were checked on a
processor, four came true, and an answer took 1.05 (1.00–1.13) of the processor time (`bench --suite speculation`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """How likely the next token of a draft is the model's own, 0..1."""

    first: float
    """Before any came true."""
    later: float
    """After one did."""


_PRIOR = Acceptance(first=0.58, later=0.6)
"""SmolLM2 on notebook statements: 33 drafts of `cascade/speculate.py`, 20 later tokens."""
_PRIOR_TOKENS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCurve:
    """Milliseconds of one evaluation by its tokens, with logits at each; at least for 1 and one more."""

    ms: Mapping[int, float]

    def cost_ms(self, n_tokens: int) -> float:
        """Between and beyond the timed points along straight lines; never less than one token's."""
        points = sorted(self.ms.items())
        upper = next((i for i, (n, _) in enumerate(points) if n >= n_tokens and i > 0), len(points) - 1)
        (n_low, low), (n_high, high) = points[upper - 1], points[upper]
        return max(self.ms[1], low + (high - low) * (n_tokens - n_low) / (n_high - n_low))

    def saved_ms(self, n_pending: int, n_draft: int, first: float, later: float) -> float:
        """Expected gain of checking `n_draft` tokens with `n_pending` that must be evaluated anyway."""
        n_true = first * sum(later**power for power in range(n_draft))
        extra_ms = self.cost_ms(n_pending + n_draft) - self.cost_ms(n_pending)
        return n_true * self.ms[1] - extra_ms

    def length(self, n_pending: int, most: int, acceptance: Acceptance, *, came_true: bool) -> int:
        """How many of at most `most` draft tokens to check; 0 where none pays."""
        first = acceptance.later if came_true else acceptance.first
        gains = {n: self.saved_ms(n_pending, n, first, acceptance.later) for n in range(1, most + 1)}
        best = max(gains, key=lambda n: gains[n], default=0)
        return best if best and gains[best] > _MARGIN * self.ms[1] else 0


class ByCost:
    """Checks as much of a draft as pays, by the curve and by how often drafts came true in this process so far.

    What the model writes tells that of each draft, checked or not; the prior is that of the model that copies least.
    """

    def __init__(self, curve: CostCurve) -> None:
        self._curve = curve
        self._true = {False: _PRIOR.first * _PRIOR_TOKENS, True: _PRIOR.later * _PRIOR_TOKENS}
        self._seen = {False: _PRIOR_TOKENS, True: _PRIOR_TOKENS}

    @property
    def acceptance(self) -> Acceptance:
        """As learnt so far."""
        first, later = (self._true[came_true] / self._seen[came_true] for came_true in (False, True))
        return Acceptance(first=first, later=later)

    def length(self, n_pending: int, most: int, *, came_true: bool) -> int:
        """See decoding.Policy."""
        return self._curve.length(n_pending, most, self.acceptance, came_true=came_true)

    def saw(self, *, came_true: bool, true: bool) -> None:
        """See decoding.Policy."""
        self._true[came_true] += true
        self._seen[came_true] += 1


def timed(evaluate: Callable[[int], None], clock: Callable[[], float]) -> CostCurve:
    """The quickest of up to three rounds within about a second; `evaluate` evaluates that many tokens.

    Each behind one of a single token, as it comes in use: on a GPU another size than the last one's costs more.
    `clock` tells seconds: processor time, where that is what an evaluation takes, is not moved by other work.
    """
    found: dict[int, float] = {}
    start_s = time.perf_counter()
    for _ in range(_MAX_ROUNDS):
        for n_tokens in TIMED:
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
    """By the curve that is kept, or is timed now; an empty path checks all of a draft, None nothing."""
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
    """Names a curve: this processor, its threads (0: its GPU), the model and the library's build."""
    return f"{processor()}, {threads} threads, {model_hash}, {library} {build(library)}"


def kept(file: Path, key: str) -> CostCurve | None:
    """The curve that was kept; None without one or where the file cannot be read."""
    try:
        ms = json.loads(file.read_text(encoding="utf-8"))[key]
        curve = CostCurve(ms={int(n): float(value) for n, value in ms.items()})
        return curve if set(curve.ms) == set(TIMED) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def keep(file: Path, key: str, curve: CostCurve) -> None:
    """Adds a curve. Two processes at once: one of both is timed again later. Raises OSError."""
    try:
        curves = dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        curves = {}
    others = [item for item in curves.items() if item[0] != key][-(_KEPT - 1) :]
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}.new")
    new.write_text(json.dumps({**dict(others), key: curve.ms}, indent=1), encoding="utf-8")
    new.replace(file)
