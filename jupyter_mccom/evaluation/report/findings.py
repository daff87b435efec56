"""What a suite found, as tables and plots: the nouns between measuring and reporting. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ...types import DraftCheck
from ..lib.metrics import interval, interval_of, mean, percentile, ratio, ratio_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells are ready to read; the first column names the row."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """The table as Markdown, below its title."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return f"{self.title}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points (x, y) in the plot's units; `sizes` are counts behind each point of style `dots`."""

    name: str
    points: Sequence[tuple[float, float]]
    style: Literal["line", "dots"] = "line"
    sizes: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """`diagonal`: x = y is drawn, where a calibrated score would lie; `log_x`: decades on the x axis."""

    title: str
    x: str
    y: str
    series: Sequence[Series]
    diagonal: bool = False
    log_x: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """A suite's result. `notes` say what the figures mean and what was missed, a line each."""

    tables: Sequence[Table]
    plots: Sequence[Plot] = ()
    notes: Sequence[str] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    """The figures as plain numbers, for programs."""

    def text(self) -> str:
        """Tables and notes as Markdown; JSON where there are only figures."""
        if not self.tables:
            return json.dumps(self.figures, indent=2)
        notes = ["\n".join(self.notes)] if self.notes else []
        return "\n\n".join([*(table.markdown() for table in self.tables), *notes])

    def to_json(self) -> dict[str, Any]:
        """The findings as plain values."""
        return asdict(self)


def from_json(kept: Mapping[str, Any]) -> Findings:
    """What `to_json` made of it."""
    plots = [{**plot, "series": [Series(**series) for series in plot["series"]]} for plot in kept["plots"]]
    tables = [Table(**table) for table in kept["tables"]]
    return Findings(tables=tables, plots=[Plot(**plot) for plot in plots], notes=kept["notes"], figures=kept["figures"])


def distribution(name: str, values: Sequence[float]) -> Series:
    """The share of values at or below each value."""
    ordered = sorted(values)
    points = []
    for at, value in enumerate(ordered):
        points += [(value, at / len(ordered)), (value, (at + 1) / len(ordered))]
    return Series(name=name, points=points)


def with_interval(values: Sequence[float], digits: int = 2) -> str:
    """The mean and its 95 % interval, to read."""
    low, high = interval(values)
    return f"{mean(values):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def gained(values: Sequence[float], base: Sequence[float]) -> str:
    """The mean of the differences at the same positions and its 95 % interval, to read; 0 where all are the same."""
    differences = [value - of for value, of in zip(values, base, strict=True)]
    if not any(differences):
        return "0"
    low, high = interval(differences)
    return f"{mean(differences):+.3f} ({low:+.2f} to {high:+.2f})"


def percentile_with_interval(values: Sequence[float], share: float, digits: int = 1) -> str:
    """A percentile (`share` 0..1) and its 95 % interval, to read; `–` for no values."""
    return pooled_percentile([[value] for value in values], share, digits)


def pooled_percentile(parts: Sequence[Sequence[float]], share: float, digits: int = 1) -> str:
    """A percentile of all values, its 95 % interval drawn by parts: those of one statement are no independent ones."""
    values = [value for part in parts for value in part]
    if not values:
        return "–"
    low, high = interval_of(lambda drawn: percentile([value for at in drawn for value in parts[at]], share), len(parts))
    return f"{percentile(values, share):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def ratio_with_interval(values: Sequence[float], base: Sequence[float], digits: int = 2) -> str:
    """mean(values) ÷ mean(base) and its 95 % interval, to read; `–` where the base is 0."""
    if not mean(base):
        return "–"
    low, high = ratio_interval(values, base)
    return f"{ratio(values, base):.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def taken(checks: Sequence[DraftCheck]) -> str:
    """The share of drafted tokens that were accepted, its 95 % interval, and of how many, to read."""
    accepted = [float(check.accepted or 0) for check in checks]
    offered = [float(check.offered or 0) for check in checks]
    return f"{ratio_with_interval(accepted, offered)} of {sum(offered):.0f}"
