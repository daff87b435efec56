"""Answers of both models → the table of policies, the goals, and what a threshold would change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...cascade.route import Gates, confidence
from ..lib.metrics import exact_match
from ..lib.policies import Both, Policy, Result, cascade, elsewhere, policies
from ..lib.profiles import FIFTH, HOSTED, HOSTED_7B, PAPER_LATENCY, Profile
from .findings import Findings, Plot, Series, Table, distribution
from .reliability import reliability
from .strata import Stratum

GOALS = (
    ("exact match ÷ cloud alone", "at least", 1.08),
    ("mean latency ÷ cloud alone", "at most", 0.75),
    ("the same without the network", "at most", 0.75),
    ("cloud calls", "at most", 0.60),
    ("wrong among shown", "at most", 0.30),
)
_HOSTED_GOAL = 0.75
"""The most of the mean latency, cascade ÷ cloud alone, where the cloud is hosted and local work takes a fifth."""
_THRESHOLDS = [number / 20 for number in range(21)]


def findings(found: Sequence[Both], gates: Gates, strata: Mapping[str, Stratum], note: str = "") -> Findings:
    """`gates` as they are set; other thresholds are plotted beside them.

    Goals, thresholds and figures are those of the last of `strata`, which holds all positions; `note` is said first.
    """
    results = {name: [policy(both) for both in found] for name, policy in policies(gates).items()}
    *_, overall = strata.values()
    goals = _goals(results["cascade"], results["cloud alone"], overall)
    missed = [row[0] for row in goals.rows if row[-1] == "missed"]
    notes = [
        *([note] if note else []),
        "× and ÷ are against the cloud alone in this run; a person takes exact matches and rejects the rest",
        f"goals missed: {', '.join(missed)}" if missed else "all goals are met",
    ]
    by_key = {name: {policy: _figures(of, one) for policy, of in results.items()} for name, one in strata.items()}
    figures = {name: _figures(of, overall) for name, of in results.items()}
    plots = [_latencies(results), _thresholds(found, gates, results, overall), _reliability(found)]
    computed = {profile.name: _computed(found, gates, profile) for profile in HOSTED}
    tables = [_policies(results, name, one) for name, one in reversed(list(strata.items()))]
    tables[1:1] = [goals, _as_it_moves(found, gates, overall), _hosted(computed, overall)]
    latency = {
        name: overall.value(_latency(of["cascade"]), _latency(of["cloud alone"])) for name, of in computed.items()
    }
    told = {"n": len(found), **figures, "by key": by_key, "computed latency ÷": latency}
    return Findings(tables=tables, plots=plots, notes=notes, figures=told)


def _policies(results: Mapping[str, Sequence[Result]], key: str, stratum: Stratum) -> Table:
    base = results["cloud alone"]
    head = [
        "policy",
        "exact match",
        "×",
        "mean latency s",
        "×",
        "×, no network",
        "p95 s",
        "cloud calls",
        "wrong among shown",
    ]
    rows = [_row(name, of, base, stratum) for name, of in results.items()]
    return Table(title=f"One shot, {key}, n = {stratum.n}", head=[*head, "of local ones"], rows=rows)


def _row(name: str, of: Sequence[Result], base: Sequence[Result], stratum: Stratum) -> list[str]:
    latency, against = _latency(of), _latency(base)
    local = [float(result.local_shown) for result in of]
    local_wrong = stratum.told([float(result.local_wrong) for result in of], local)
    return [
        name,
        stratum.told(_right(of), digits=3),
        stratum.told(_right(of), _right(base)),
        stratum.told(latency),
        stratum.told(latency, against),
        stratum.told(_without_network(of), _without_network(base)),
        stratum.percentile(latency, 0.95),
        stratum.told(_calls(of)),
        f"{stratum.told(_wrong(of), _shown(of))} of {stratum.count(_shown(of))}",
        f"{local_wrong} of {stratum.count(local)}" if stratum.count(local) else "–",
    ]


def _goals(of: Sequence[Result], base: Sequence[Result], stratum: Stratum) -> Table:
    latency, against = _latency(of), _latency(base)
    at_once, at_once_against = _without_network(of), _without_network(base)
    figures: tuple[tuple[Sequence[float], Sequence[float] | None], ...] = (
        (_right(of), _right(base)),
        (latency, against),
        (at_once, at_once_against),
        (_calls(of), None),
        (_wrong(of), _shown(of)),
    )
    rows = []
    for (name, word, goal), (values, per) in zip(GOALS, figures, strict=True):
        value = stratum.value(values, per)
        met = value >= goal if word == "at least" else value <= goal
        rows.append([name, f"{word} {goal:.2f}", stratum.told(values, per), "met" if met else "missed"])
    return Table(title="Goals, cascade against cloud alone", head=["figure", "goal", "cascade", ""], rows=rows)


def _computed(found: Sequence[Both], gates: Gates, profile: Profile) -> Mapping[str, Sequence[Result]]:
    """The results computed for local work at a fifth of its time and a hosted cloud."""
    there = [elsewhere(both, local_share=FIFTH, profile=profile) for both in found]
    return {name: [policy(both) for both in there] for name, policy in policies(gates).items()}


def _hosted(computed: Mapping[str, Mapping[str, Sequence[Result]]], stratum: Stratum) -> Table:
    """Mean latency with clouds that are not this processor, beside what the paper measured."""
    names = ("local alone", "cloud alone", "cascade", "cascade, the paper's single gate")
    rows = []
    for profile in HOSTED:
        results = computed[profile.name]
        base = _latency(results["cloud alone"])
        for name in names:
            latency = _latency(results[name])
            goal = f"at most {_HOSTED_GOAL:.2f}" if name == "cascade" and profile is HOSTED_7B else ""
            met = "" if not goal else "met" if stratum.value(latency, base) <= _HOSTED_GOAL else "missed"
            cells = [stratum.told(latency), stratum.told(latency, base), goal, met]
            rows.append([f"{name}, {profile.name}", *cells])
    rows.append(["cascade, the paper's mean over its 24 settings", "–", f"{PAPER_LATENCY:.3f}", "", ""])
    title = f"Computed: local work in {FIFTH:g} of its time, the texts are those above; the cloud's time: "
    title += "; ".join(profile.words for profile in HOSTED)
    return Table(title=title, head=["policy, cloud", "mean latency s", "÷ cloud alone", "goal", ""], rows=rows)


def _latencies(results: Mapping[str, Sequence[Result]]) -> Plot:
    names = ("local alone", "cloud alone", "cascade")
    series = [distribution(name, [result.latency_s for result in results[name]]) for name in names]
    return Plot(
        title="Latency until the last text that is shown",
        x="seconds",
        y="share of positions",
        series=series,
        log_x=True,
    )


def _thresholds(found: Sequence[Both], gates: Gates, results: Mapping[str, Sequence[Result]], stratum: Stratum) -> Plot:
    points = [_point([policy(both) for both in found], stratum) for policy in _sweep(gates)]
    marks = [("as set", "cascade"), ("cloud alone", "cloud alone"), ("local alone", "local alone")]
    dots = [Series(name=name, points=[_point(results[policy], stratum)], style="dots") for name, policy in marks]
    line = Series(name="cascade, route threshold from 0 to 1", points=points)
    return Plot(
        title="Exact match against cloud calls, as the threshold moves",
        x="cloud calls a position",
        y="exact match",
        series=[line, *dots],
    )


def _as_it_moves(found: Sequence[Both], gates: Gates, stratum: Stratum) -> Table:
    """A few points of that plot, with their intervals."""
    rows = []
    for sure, policy in list(zip(_THRESHOLDS, _sweep(gates), strict=True))[::2]:
        of = [policy(both) for both in found]
        wrong = stratum.told(_wrong(of), _shown(of))
        rows.append([f"{sure:.1f}", stratum.told(_calls(of)), stratum.told(_right(of), digits=3), wrong])
    head = ["route threshold", "cloud calls", "exact match", "wrong among shown"]
    return Table(title="Cascade, as the route threshold moves", head=head, rows=rows)


def _sweep(gates: Gates) -> list[Policy]:
    """The sweep over the gates, in the unit in force: a confidence or a chance."""
    return [cascade(replace(gates, sure=sure, show=min(gates.show, sure)), parse=True) for sure in _THRESHOLDS]


def _point(of: Sequence[Result], stratum: Stratum) -> tuple[float, float]:
    return stratum.value(_calls(of)), stratum.value(_right(of))


def _reliability(found: Sequence[Both]) -> Plot:
    with_text = [both for both in found if both.local.text and confidence(both.local.tokens) is not None]
    scores = [confidence(both.local.tokens) or 0.0 for both in with_text]
    right = [exact_match(both.local.text, both.truth) for both in with_text]
    return reliability({"first 3 tokens, mean": scores}, right)


def _figures(of: Sequence[Result], stratum: Stratum) -> dict[str, float]:
    return {
        "exact_match": stratum.value(_right(of)),
        "latency_s": stratum.value(_latency(of)),
        "latency_without_network_s": stratum.value(_without_network(of)),
        "calls": stratum.value(_calls(of)),
        "wrong_among_shown": stratum.value(_wrong(of), _shown(of)),
    }


def _right(of: Sequence[Result]) -> list[float]:
    return [float(result.right) for result in of]


def _latency(of: Sequence[Result]) -> list[float]:
    return [result.latency_s for result in of]


def _without_network(of: Sequence[Result]) -> list[float]:
    return [result.latency_s - result.network_s for result in of]


def _calls(of: Sequence[Result]) -> list[float]:
    return [float(result.calls) for result in of]


def _shown(of: Sequence[Result]) -> list[float]:
    return [float(result.shown) for result in of]


def _wrong(of: Sequence[Result]) -> list[float]:
    return [float(result.wrong) for result in of]
