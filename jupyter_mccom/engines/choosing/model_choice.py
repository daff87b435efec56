"""Which model suits a machine: figures of those that were measured → the best one that is quick enough. Pure.

A model that was not measured is predicted from the nearest one of the same engine that was. Predictions only say what
is worth measuring: what is chosen has been measured itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .memory import needed_bytes

READ_TOKENS = 8
"""Prompt tokens that a warm key has a model read: what was typed, and the layout's tail."""
WRITE_TOKENS = 9
"""Tokens of a statement: the median of 300 rests of notebook statements (21 in one of ten)."""
_GROWTH = 0.6
"""Cost grows with this power of the weights' size: 2.7 × for 5.0 × the size, 4.5 × for 11.4 × (one CPU, n = 2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a model costs on this machine."""

    read_s: float
    """Seconds a prompt token."""
    write_s: float
    """Seconds a token written."""

    @property
    def statement_s(self) -> float:
        """Seconds from a key to a whole statement, warm."""
        return READ_TOKENS * self.read_s + WRITE_TOKENS * self.write_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A model that could be chosen."""

    name: str
    kind: str
    """Kind of engine: only figures of the same kind say something about it."""
    n_bytes: int
    rank: int
    """Larger is better text."""
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`name` is to be used now; `offer`, if any, is better and would have to be downloaded."""

    name: str
    why: str
    """One line for people, with the figures."""
    offer: str = ""
    figures: Mapping[str, Figures]
    """Figures of every model that was measured."""
    statement_s: Mapping[str, float]
    """Seconds a statement of every model, measured or predicted, once it is loaded."""
    too_large: tuple[str, ...] = ()
    """Better models that would be quick enough and do not fit the memory."""


def choose(options: Sequence[Option], figures: Mapping[str, Figures], *, budget_s: float, free_bytes: int) -> Choice:
    """The best present model that fits `free_bytes` and whose statement takes `budget_s` or less; else the quickest.

    `figures` hold at least one present model. At least one option is present.
    """
    statement_s = {option.name: _statement_s(option, options, figures) for option in options}
    costs = {name: seconds for name, seconds in statement_s.items() if seconds is not None}
    fitting = [option for option in options if needed_bytes(option.n_bytes) <= free_bytes and option.name in costs]
    quick = [option for option in fitting if costs[option.name] <= budget_s]
    here = [option for option in quick if option.present]
    slow = [option for option in options if option.present and option.name in costs]
    chosen = max(here, key=lambda option: _worth(option, costs)) if here else min(slow, key=lambda o: costs[o.name])
    better = [option for option in quick if option.rank > chosen.rank and not option.present]
    offer = max(better, key=lambda option: _worth(option, costs)).name if better else ""
    return Choice(
        name=chosen.name,
        why=_why(chosen, options, costs, figures, budget_s, free_bytes, offer),
        offer=offer,
        figures=figures,
        statement_s=costs,
        too_large=tuple(
            option.name
            for option in options
            if option.rank > chosen.rank and costs.get(option.name, budget_s + 1) <= budget_s and option not in fitting
        ),
    )


def _worth(option: Option, costs: Mapping[str, float]) -> tuple[int, float]:
    return option.rank, -costs[option.name]


def _statement_s(option: Option, options: Sequence[Option], figures: Mapping[str, Figures]) -> float | None:
    if option.name in figures:
        return figures[option.name].statement_s
    known = [other for other in options if other.kind == option.kind and other.name in figures]
    if not known:
        return None
    nearest = min(known, key=lambda other: abs(other.n_bytes - option.n_bytes))
    return figures[nearest.name].statement_s * math.pow(option.n_bytes / nearest.n_bytes, _GROWTH)


def _why(
    chosen: Option,
    options: Sequence[Option],
    costs: Mapping[str, float],
    figures: Mapping[str, Figures],
    budget_s: float,
    free_bytes: int,
    offer: str,
) -> str:
    def cost(option: Option) -> str:
        how = "measured" if option.name in figures else "predicted"
        return f"{option.name} {costs[option.name]:.2f} s ({how})"

    words = f"a statement takes {cost(chosen).removeprefix(chosen.name + ' ')}, auto_budget_s allows {budget_s:g} s"
    if costs[chosen.name] > budget_s:
        words += "; nothing here is quicker"
    others = []
    for option in options:
        if option.rank > chosen.rank and option.name in costs and option.name != offer:
            if costs[option.name] > budget_s:
                others.append(cost(option))
            elif needed_bytes(option.n_bytes) > free_bytes:
                others.append(f"{option.name} needs {needed_bytes(option.n_bytes) / 1e9:.1f} GB of memory")
    words += f"; too much: {', '.join(others)}" if others else ""
    return words + (f"; better and not here yet: {offer} ({costs[offer]:.2f} s)" if offer else "")
