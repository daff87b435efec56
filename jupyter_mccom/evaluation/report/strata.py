"""Figures by the kind of key, and over all kinds as often as each is pressed (post-stratification). Pure.

Positions of one statement are no independent ones: an interval is drawn by statements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..lib.key_positions import KINDS, Pressed
from ..lib.metrics import interval_of, percentile, ratio, ratio_interval
from ..lib.samples import Sample
from .findings import ratio_with_interval

WEIGHTED = "weighted"
"""Names the stratum of all positions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """A part of a suite's positions. Every method is given a value for each position of the suite, in its order."""

    statements: Sequence[str]
    """The statement of each position."""
    weights: Sequence[float]
    """The weight of each position; 0 where it is none of these."""

    @property
    def n(self) -> int:
        """The number of positions."""
        return sum(weight > 0 for weight in self.weights)

    def count(self, values: Iterable[float]) -> int:
        """The plain sum over these positions, of what is counted whole."""
        return round(sum(value for value, weight in zip(values, self.weights, strict=True) if weight > 0))

    def value(self, values: Iterable[float], per: Iterable[float] | None = None) -> float:
        """The weighted mean; with `per` the weighted sum of `values` ÷ that of `per`. 0 where that is 0."""
        return ratio(*self._sums(values, per))

    def told(self, values: Iterable[float], per: Iterable[float] | None = None, digits: int = 2) -> str:
        """The share with its 95 % interval as text; `–` where there is nothing to divide by."""
        return ratio_with_interval(*self._sums(values, per), digits)

    def gained(self, values: Iterable[float], base: Iterable[float]) -> str:
        """The weighted mean of the differences and its 95 % interval, to read; 0 where all are the same."""
        sums, weights = self._sums((value - of for value, of in zip(values, base, strict=True)), None)
        if not any(sums):
            return "0"
        low, high = ratio_interval(sums, weights)
        return f"{ratio(sums, weights):+.3f} ({low:+.2f} to {high:+.2f})"

    def percentile(self, values: Sequence[float], share: float, digits: int = 2) -> str:
        """The weighted percentile (`share` 0..1) and its 95 % interval, to read; `–` for none."""
        parts: dict[str, list[tuple[float, float]]] = {}
        for statement, value, weight in zip(self.statements, values, self.weights, strict=True):
            if weight > 0:
                parts.setdefault(statement, []).append((value, weight))
        drawn_from = list(parts.values())
        if not drawn_from:
            return "–"

        def figure(drawn: Iterable[int]) -> float:
            pairs = [pair for at in drawn for pair in drawn_from[at]]
            return percentile([value for value, _ in pairs], share, [weight for _, weight in pairs])

        low, high = interval_of(figure, len(drawn_from))
        return f"{figure(range(len(drawn_from))):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"

    def _sums(self, values: Iterable[float], per: Iterable[float] | None) -> tuple[list[float], list[float]]:
        """Weighted sums of both, a statement each."""
        base = per if per is not None else [1.0] * len(self.weights)
        sums: dict[str, tuple[float, float]] = {}
        for statement, weight, value, one in zip(self.statements, self.weights, values, base, strict=True):
            if weight > 0:
                above, below = sums.get(statement, (0.0, 0.0))
                sums[statement] = above + weight * value, below + weight * one
        return [above for above, _ in sums.values()], [below for _, below in sums.values()]


def strata(samples: Sequence[Sample], pressed: Pressed) -> dict[str, Stratum]:
    """A stratum for each kind of key, then all positions as WEIGHTED, where a kind counts by its share of the keys."""
    counts = Counter(sample.key for sample in samples)
    shares: Mapping[str, float] = {kind: pressed.share(kind) / counts[kind] for kind in KINDS if counts[kind]}
    statements = [sample.statement for sample in samples]
    found = {
        kind: Stratum(statements=statements, weights=[float(sample.key == kind) for sample in samples])
        for kind in KINDS
    }
    return found | {WEIGHTED: Stratum(statements=statements, weights=[shares[sample.key] for sample in samples])}


def alike(samples: Sequence[Sample]) -> dict[str, Stratum]:
    """All positions under the name `all`, for a suite whose positions stand where the data cut their lines."""
    return {"all": Stratum(statements=[sample.statement for sample in samples], weights=[1.0] * len(samples))}
