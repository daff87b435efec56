"""A Plot as an SVG drawing: axes, lines, dots, a legend. Pure; colours come from the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from .findings import Plot, Series

_WIDTH, _HEIGHT = 560, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 44
_LEGEND_LINE = 18
_LEGEND_TOP = _HEIGHT + 16
_N_COLOURS = 6
_MOST_DOT = 9.0
Scale = Callable[[float], float]


def draw(plot: Plot) -> str:
    """An `<svg>` element; empty when no series has a point."""
    points = [point for series in plot.series for point in series.points]
    if not points:
        return ""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if plot.diagonal:
        xs, ys = [*xs, 0.0, 1.0], [*ys, 0.0, 1.0]
    x_ticks = _decades(xs) if plot.log_x else _ticks(min(0.0, *xs) if plot.diagonal else min(xs), max(xs))
    y_ticks = _ticks(min(0.0, *ys), max(ys))
    x_scale = _scale(x_ticks, _LEFT, _WIDTH - _RIGHT, log=plot.log_x)
    y_scale = _scale(y_ticks, _HEIGHT - _BOTTOM, _TOP)
    names = list(dict.fromkeys(series.name for series in plot.series))
    height = _LEGEND_TOP + _LEGEND_LINE * len(names)
    return "".join(
        [
            f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(plot.title)}">',
            *_axes(plot, x_ticks, y_ticks, x_scale, y_scale),
            '<path class="even" d="' + _path([(0, 0), (1, 1)], x_scale, y_scale) + '"/>' if plot.diagonal else "",
            *(_series(series, names.index(series.name), x_scale, y_scale) for series in plot.series),
            *(_legend(name, number) for number, name in enumerate(names)),
            "</svg>",
        ]
    )


def _axes(plot: Plot, xs: Sequence[float], ys: Sequence[float], x_scale: Scale, y_scale: Scale) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value in xs:
        x = x_scale(value)
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{value:g}</text>')
    for value in ys:
        y = y_scale(value)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    middle_x, middle_y = (_LEFT + right) / 2, (_TOP + bottom) / 2
    parts.append(f'<text x="{middle_x}" y="{bottom + 34}" text-anchor="middle">{escape(plot.x)}</text>')
    turned = f'transform="rotate(-90 14 {middle_y})"'
    parts.append(f'<text x="14" y="{middle_y}" text-anchor="middle" {turned}>{escape(plot.y)}</text>')
    return parts


def _series(series: Series, number: int, x_scale: Scale, y_scale: Scale) -> str:
    colour = f"c{number % _N_COLOURS}"
    if series.style == "line":
        return f'<path class="line {colour}" d="{_path(series.points, x_scale, y_scale)}"/>' if series.points else ""
    if not series.sizes:
        return "".join(_dot(x_scale(x), y_scale(y), 1, 4, colour) for x, y in series.points)
    sizes = series.sizes
    return "".join(
        _dot(x_scale(x), y_scale(y), size, max(sizes), colour)
        for (x, y), size in zip(series.points, sizes, strict=True)
    )


def _dot(x: float, y: float, size: int, largest: int, colour: str) -> str:
    radius = max(2.5, _MOST_DOT * math.sqrt(size / largest))
    return f'<circle class="{colour}" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>n = {size}</title></circle>'


def _legend(name: str, number: int) -> str:
    y = _LEGEND_TOP + _LEGEND_LINE * number
    colour = f"c{number % _N_COLOURS}"
    return (
        f'<rect class="{colour}" x="{_LEFT}" y="{y - 3}" width="14" height="4"/>'
        f'<text x="{_LEFT + 22}" y="{y + 3}">{escape(name)}</text>'
    )


def _path(points: Sequence[tuple[float, float]], x_scale: Scale, y_scale: Scale) -> str:
    return "M" + "L".join(f"{x_scale(x):.1f} {y_scale(y):.1f}" for x, y in points)


def _scale(ticks: Sequence[float], start: float, end: float, *, log: bool = False) -> Scale:
    """Values between the outer ticks → coordinates between `start` and `end`."""
    place: Scale = (lambda value: math.log10(max(value, ticks[0]))) if log else (lambda value: value)
    low, high = place(ticks[0]), place(ticks[-1])
    return lambda value: start + (end - start) * (place(value) - low) / ((high - low) or 1.0)


def _ticks(low: float, high: float) -> list[float]:
    """About five round values that hold `low` and `high` between them."""
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


def _decades(values: Sequence[float]) -> list[float]:
    least = min((value for value in values if value > 0), default=0.1)
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(max(*values, least)))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]
