"""Which model suits a machine: figures of those that were measured → the best one that is quick enough. Pure.

A model that was not measured is predicted from the nearest one of the same engine that was. Predictions only say what
is worth measuring: what is chosen has been measured itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from .memory import needed_bytes

READ_TOKENS = 8
"""Prompt tokens that a warm key has a model read: what was typed, and the layout's tail."""
WRITE_TOKENS = 9
"""Tokens of a statement: the median of 300 rests of notebook statements (21 in one of ten)."""
ENOUGH = 0.38
"""Exact match of a model that is right often enough to be offered first: the goal that was set for the 0.5B."""
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
    exact_match: float | None = None
    """Share of statements that it writes exactly; None where nobody has measured it."""
    lacks_bytes: int = 0
    """Size of the weights that the machine would rather take and that are not here; 0 where it has those."""

    @property
    def key(self) -> str:
        """The name of its figures, which are those of one kind of engine."""
        return key_of(self.name, self.kind)


def key_of(name: str, kind: str) -> str:
    """The name of a model's figures, which are those of one kind of engine."""
    return name if kind == "gguf" else f"{name} ({kind})"


OptionT = TypeVar("OptionT", bound=Option)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A better model that could be downloaded, and what is gained by it."""

    name: str
    n_bytes: int
    statement_s: float | None
    """Seconds that a statement is expected to take; None where nothing was measured that could tell."""
    exact_match: float | None
    exact_match_now: float | None
    """The same of the model in use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`name` is to be used now; `offer`, if any, is better and would have to be downloaded."""

    name: str
    why: str
    """One line for people, with the figures."""
    offered: Offer | None = None
    figures: Mapping[str, Figures]
    """Figures of every model that was measured."""
    statement_s: Mapping[str, float]
    """Seconds a statement of every model, measured or predicted, once it is loaded."""
    too_large: tuple[str, ...] = ()
    """Better models that would be quick enough and do not fit the memory."""
    instead_of: str = ""
    """The model that would be used if the machine were not to be spared; empty where it is this one."""

    @property
    def offer(self) -> str:
        """The name of what is offered; empty where nothing is."""
        return self.offered.name if self.offered else ""


def first_offer(options: Sequence[Option], *, free_bytes: int) -> Option:
    """What is to be downloaded first: the smallest model that is right often enough, or the smallest of all."""
    fitting = [option for option in options if needed_bytes(option.n_bytes) <= free_bytes]
    enough = [option for option in fitting if (option.exact_match or 0) >= ENOUGH]
    return min(enough or options, key=lambda option: option.n_bytes)


def useful(options: Sequence[OptionT], *, free_bytes: int) -> list[OptionT]:
    """The options without those that are rarely right, where one that is right often enough is here and fits.

    Rarely right and quick is worse than no text: a person stops reading it.
    """
    fitting = [option for option in options if option.present and needed_bytes(option.n_bytes) <= free_bytes]
    if all((option.exact_match or 0) < ENOUGH for option in fitting):
        return list(options)
    return [option for option in options if option.exact_match is None or option.exact_match >= ENOUGH]


def choose(options: Sequence[Option], figures: Mapping[str, Figures], *, budget_s: float, free_bytes: int) -> Choice:
    """The best present model that fits `free_bytes` and whose statement takes `budget_s` or less; else the quickest.

    One that is rarely right is none of them where a better one is here (see `useful`).
    `figures` hold at least one present model. At least one option is present.
    """
    statement_s = {option.name: _statement_s(option, options, figures) for option in options}
    costs = {name: seconds for name, seconds in statement_s.items() if seconds is not None}
    options = useful(options, free_bytes=free_bytes)
    fitting = [option for option in options if needed_bytes(option.n_bytes) <= free_bytes and option.name in costs]
    quick = [option for option in fitting if costs[option.name] <= budget_s]
    here = [option for option in quick if option.present]
    slow = [option for option in options if option.present and option.name in costs]
    chosen = max(here, key=lambda option: _worth(option, costs)) if here else min(slow, key=lambda o: costs[o.name])
    better = [option for option in quick if option.rank > chosen.rank and not option.present]
    best = max(better, key=lambda option: _worth(option, costs)) if better else None
    offered = _offered(best, chosen, costs)
    return Choice(
        name=chosen.name,
        why=_why(chosen, options, costs, figures, budget_s, free_bytes, offered),
        offered=offered,
        figures=figures,
        statement_s=costs,
        too_large=tuple(
            option.name
            for option in options
            if option.rank > chosen.rank and costs.get(option.name, budget_s + 1) <= budget_s and option not in fitting
        ),
    )


def stepped_down(choice: Choice, options: Sequence[Option]) -> Choice:
    """The next smaller model that is here and right often enough instead of the chosen one; else the same choice."""
    chosen = next(option for option in options if option.name == choice.name)
    smaller = [option for option in options if option.present and option.rank < chosen.rank]
    enough = [option for option in smaller if option.exact_match is None or option.exact_match >= ENOUGH]
    if not enough:
        return choice
    return replace(choice, name=max(enough, key=lambda option: option.rank).name, instead_of=choice.name)


def _offered(best: Option | None, chosen: Option, costs: Mapping[str, float]) -> Offer | None:
    """The best model that is not here, or the chosen one in the form that the machine would rather take."""
    option = best or chosen
    if best is None and not chosen.lacks_bytes:
        return None
    return Offer(
        name=option.name,
        n_bytes=best.n_bytes if best else chosen.lacks_bytes,
        statement_s=costs[best.name] if best else None,
        exact_match=option.exact_match,
        exact_match_now=chosen.exact_match,
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
    offered: Offer | None,
) -> str:
    def cost(option: Option) -> str:
        how = "measured" if option.name in figures else "predicted"
        return f"{option.name} {costs[option.name]:.2f} s ({how})"

    words = f"a statement takes {cost(chosen).removeprefix(chosen.name + ' ')}, auto_budget_s allows {budget_s:g} s"
    if costs[chosen.name] > budget_s:
        words += "; nothing here is quicker"
    others = []
    for option in options:
        if option.rank > chosen.rank and option.name in costs and (not offered or option.name != offered.name):
            if costs[option.name] > budget_s:
                others.append(cost(option))
            elif needed_bytes(option.n_bytes) > free_bytes:
                others.append(f"{option.name} needs {needed_bytes(option.n_bytes) / 1e9:.1f} GB of memory")
    words += f"; too much: {', '.join(others)}" if others else ""
    return words + (_offer_words(offered) if offered else "")


def _offer_words(offered: Offer) -> str:
    if offered.statement_s is None:
        return f"; quicker and not here yet: {offered.name} for MLX ({offered.n_bytes / 1e6:.0f} MB)"
    gained = ""
    if offered.exact_match and offered.exact_match_now:
        gained = f", exactly right {offered.exact_match:.0%} of the time instead of {offered.exact_match_now:.0%}"
    size = f"{offered.n_bytes / 1e6:.0f} MB"
    return f"; better and not here yet: {offered.name} ({offered.statement_s:.2f} s, {size}{gained})"
