"""Rows of the keystrokes suite → tables, plots and the goals met and missed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..lib.conditions import CASCADE, CLOUD, CONDITIONS, ORDER, Conditions
from ..lib.metrics import mean, ratio
from .findings import Findings, Plot, Table, distribution, pooled_percentile, ratio_with_interval, with_interval

_Row = Mapping[str, Any]
GOALS = (
    ("cloud calls a statement, against cloud alone", "calls", "at most", 0.35),
    ("time to first useful text, against cloud alone", "useful_s", "at most", 0.60),
    ("keys saved, against cloud alone", "keys_saved", "at least", 1.05),
)
MOST_WRONG = 0.30
"""The share of wrong texts among those shown."""
_Ways = dict[str, list[_Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    name: str
    of: Callable[[_Row], float]
    digits: int = 2


_COLUMNS = (
    _Column(name="keys typed ÷ needed", of=lambda way: way["keys_typed"] / way["keys_needed"]),
    _Column(name="s to useful text", of=lambda way: useful_s(way)),
    _Column(name="without one", of=lambda way: float(way["useful_s"] is None)),
    _Column(name="s a statement", of=lambda way: way["took_s"], digits=1),
    _Column(name="cloud calls", of=lambda way: len(way["cloud"])),
    _Column(name="cloud tokens in", of=lambda way: sum(call["n_prompt"] for call in way["cloud"]), digits=0),
    _Column(name="out", of=lambda way: sum(call["n_written"] for call in way["cloud"]), digits=0),
    _Column(name="chars accepted", of=lambda way: way["accepted_chars"], digits=1),
)


def useful_s(way: _Row) -> float:
    """Seconds to the first useful text; of a statement without one, until it was typed out."""
    found = way["useful_s"]
    return float(way["took_s"] if found is None else found)


def findings(rows: Sequence[_Row]) -> Findings:
    """`rows` as keystrokes.py makes them, at least one; a table of goals for each cloud that was asked."""
    ways = {name: [row["ways"][name] for row in rows] for name in ORDER if name in rows[0]["ways"]}
    asked = [given for given in CONDITIONS if {given.name_of(CASCADE), given.name_of(CLOUD)} <= ways.keys()]
    goals = [_goals(ways, given) for given in asked]
    figures = {name: _figures(found) for name, found in ways.items()}
    return Findings(
        tables=[_typing(ways), _shown(ways), _engines(ways), *_rejections(ways), *(table for table, _ in goals)],
        plots=[_latency(ways), _useful(ways)],
        notes=[note for _, note in goals],
        figures={"n": len(rows), **figures},
    )


def _typing(ways: _Ways) -> Table:
    n = len(next(iter(ways.values())))
    rows = [
        [name, *(with_interval([column.of(way) for way in found], column.digits) for column in _COLUMNS)]
        for name, found in ways.items()
    ]
    head = ["way, network ms", *(column.name for column in _COLUMNS)]
    title = f"A statement, mean (95 % interval), n = {n}; without a useful text: until it was typed out"
    title += "".join(f"; {given.name}: {given.words}" for given in CONDITIONS if given.computed and _of(ways, given))
    return Table(title=title, head=head, rows=rows)


def _shown(ways: _Ways) -> Table:
    head = ["way, network ms", "shown", "right", "partly", "wrong among shown", "read", "wrong among read"]
    rows = []
    for name, found in ways.items():
        shown, right, partly, read = (str(_sum(found, field)) for field in ("shown", "right", "partly", "read"))
        wrong_read = wrong(found, "right_read", "read")
        rows.append([name, shown, right, partly, wrong(found, "right", "shown"), read, wrong_read])
    return Table(title="Suggestions, in all; partly: not right, but some words were", head=head, rows=rows)


def _engines(ways: _Ways) -> Table:
    head = ["way, network ms", "requests", "typed along", "cancelled", "with a text", "p50 s", "p95 s"]
    head = [*head, "local tokens evaluated a key", "draft offered", "accepted"]
    rows = []
    for name, found in ways.items():
        latency = [way["latency_s"] for way in found]
        asked = [[call for call in way["local"] if not call["in_advance"]] for way in found]
        evaluated = [[call["n_evaluated"] for call in calls if call["n_evaluated"] is not None] for calls in asked]
        calls = [call for way in found for call in (*way["local"], *way["cloud"])]
        counts = [str(_sum(found, field)) for field in ("requests", "along", "cancelled")]
        counts.append(str(sum(map(len, latency))))
        times = [pooled_percentile(latency, share, 2) for share in (0.5, 0.95)]
        drafts = [str(sum(call[field] for call in calls)) for field in ("n_offered", "n_accepted")]
        rows.append([name, *counts, *times, pooled_percentile(evaluated, 0.5, 0), *drafts])
    title = "Requests; p50 and p95 of those with a text, until it was whole; median of calls that came to a first token"
    return Table(title=title, head=head, rows=rows)


def _rejections(ways: _Ways) -> list[Table]:
    """How soon the cloud's text is there after a rejection, and how many calls were made in advance for that.

    Without a cloud there is no such table.
    """
    rows = []
    for name, found in ways.items():
        if not any(way["cloud"] for way in found):
            continue
        times = [way.get("after_rejection_s", []) for way in found]
        calls = [call for way in found for call in way["cloud"]]
        ahead = sum(bool(call["in_advance"]) for call in calls)
        shares = [pooled_percentile(times, share, 2) for share in (0.5, 0.95)]
        rows.append([name, str(sum(map(len, times))), *shares, str(ahead), str(len(calls))])
    head = ["way, network ms", "texts after a rejection", "p50 s", "p95 s", "calls in advance", "of all calls"]
    table = Table(title="The cloud's first text after a rejection (cloud_ask_ahead)", head=head, rows=rows)
    return [table] if rows else []


def _of(ways: _Ways, given: Conditions) -> list[str]:
    """The replays under these conditions."""
    return [name for name in ways if name == given.local_alone or name.endswith(f" {given.name}")]


def _goals(ways: _Ways, given: Conditions) -> tuple[Table, str]:
    """And which of them are missed."""
    cascade, base = ways[given.name_of(CASCADE)], ways[given.name_of(CLOUD)]
    rows = []
    for name, field, word, goal in GOALS:
        values, against = [_value(way, field) for way in cascade], [_value(way, field) for way in base]
        found = ratio(values, against)
        met = bool(mean(against)) and (found <= goal if word == "at most" else found >= goal)
        rows.append([name, f"{word} {goal:.2f}", ratio_with_interval(values, against), "met" if met else "missed"])
    shown, right = _sum(cascade, "shown"), _sum(cascade, "right")
    row = ["wrong among shown", f"at most {MOST_WRONG:.2f}", wrong(cascade, "right", "shown")]
    rows.append([*row, "met" if shown and shown - right <= MOST_WRONG * shown else "missed"])
    missed = [row[0] for row in rows if row[-1] == "missed"]
    table = Table(title=f"Goals, {given.words}", head=["figure", "goal", "cascade", ""], rows=rows)
    return table, f"{given.name}: missed: {', '.join(missed)}." if missed else f"{given.name}: all goals are met."


def keys_saved(way: _Row) -> float:
    """Keys that the statement needs and that were not typed."""
    return float(way["keys_needed"] - way["keys_typed"])


def _value(way: _Row, field: str) -> float:
    if field == "calls":
        return float(len(way["cloud"]))
    return useful_s(way) if field == "useful_s" else keys_saved(way)


def _figures(found: Sequence[_Row]) -> dict[str, float]:
    return {column.name: mean([column.of(way) for way in found]) for column in _COLUMNS}


def _plotted(ways: _Ways) -> list[str]:
    """What was measured with the network."""
    return _of(ways, CONDITIONS[0])


def _latency(ways: _Ways) -> Plot:
    series = [
        distribution(name, [second for way in ways[name] for second in way["latency_s"]]) for name in _plotted(ways)
    ]
    return Plot(
        title="Latency of answered requests",
        x="seconds until the text is whole",
        y="share of requests",
        series=series,
        log_x=True,
    )


def _useful(ways: _Ways) -> Plot:
    """Statements whose first useful text was there, by time; a curve ends below 1 where some had none."""
    series = []
    for name in _plotted(ways):
        found = [way["useful_s"] for way in ways[name] if way["useful_s"] is not None]
        curve = distribution(name, found)
        share = len(found) / len(ways[name])
        series.append(type(curve)(name=name, points=[(x, y * share) for x, y in curve.points]))
    return Plot(
        title="First useful text of a statement",
        x="seconds since the first key",
        y="share of statements",
        series=series,
    )


def _sum(found: Sequence[_Row], field: str) -> int:
    return sum(int(way[field]) for way in found)


def wrong(found: Sequence[_Row], right: str, of: str) -> str:
    """The share with its interval."""
    all_of = [float(way[of]) for way in found]
    return ratio_with_interval([float(way[of] - way[right]) for way in found], all_of)
