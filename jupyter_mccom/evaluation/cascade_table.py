"""Answers of both models → the table of policies, the goals, and what a threshold would change. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..cascade.route import Gates, confidence
from .findings import (
    Findings,
    Plot,
    Series,
    Table,
    distribution,
    percentile_with_interval,
    ratio_with_interval,
    with_interval,
)
from .metrics import exact_match, mean, ratio
from .policies import Both, Policy, Result, cascade, elsewhere, policies
from .profiles import FIFTH, HOSTED, HOSTED_7B, PAPER_LATENCY, Profile
from .reliability import reliability

GOALS = (
    ("exact match ÷ cloud alone", "at least", 1.08),
    ("mean latency ÷ cloud alone", "at most", 0.75),
    ("the same without the network", "at most", 0.75),
    ("cloud calls", "at most", 0.60),
    ("wrong among shown", "at most", 0.30),
)
_HOSTED_GOAL = 0.75
"""Of the mean latency, cascade ÷ cloud alone, where the cloud is hosted and local work takes a fifth."""
_THRESHOLDS = [number / 20 for number in range(21)]


def findings(found: Sequence[Both], gates: Gates) -> Findings:
    """`gates` as they are set; other thresholds are plotted beside them."""
    results = {name: [policy(both) for both in found] for name, policy in policies(gates).items()}
    goals = _goals(results["cascade"], results["cloud alone"])
    missed = [row[0] for row in goals.rows if row[-1] == "missed"]
    notes = [
        "× and ÷ are against the cloud alone in this run; a person takes exact matches and rejects the rest",
        f"goals missed: {', '.join(missed)}" if missed else "all goals are met",
    ]
    figures = {name: _figures(of) for name, of in results.items()}
    plots = [_latencies(results), _thresholds(found, gates, results), _reliability(found)]
    computed = {profile.name: _computed(found, gates, profile) for profile in HOSTED}
    tables = [_policies(results), goals, _as_it_moves(found, gates), _hosted(computed)]
    latency = {name: _ratio_to_cloud(of) for name, of in computed.items()}
    return Findings(
        tables=tables, plots=plots, notes=notes, figures={"n": len(found), **figures, "computed latency ÷": latency}
    )


def _policies(results: Mapping[str, Sequence[Result]]) -> Table:
    base = results["cloud alone"]
    n = len(base)
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
    rows = [_row(name, of, base) for name, of in results.items()]
    return Table(title=f"One shot, n = {n}", head=[*head, "of local ones"], rows=rows)


def _row(name: str, of: Sequence[Result], base: Sequence[Result]) -> list[str]:
    latency, against = _latency(of), _latency(base)
    shown, local = sum(result.shown for result in of), [float(result.local_shown) for result in of]
    local_wrong = ratio_with_interval([float(result.local_wrong) for result in of], local)
    return [
        name,
        with_interval(_right(of), 3),
        ratio_with_interval(_right(of), _right(base)),
        with_interval(latency),
        ratio_with_interval(latency, against),
        ratio_with_interval(_without_network(of), _without_network(base)),
        percentile_with_interval(latency, 0.95, 2),
        with_interval(_calls(of)),
        f"{_wrong_with_interval(of)} of {shown}",
        f"{local_wrong} of {sum(local):.0f}" if any(local) else "–",
    ]


def _goals(of: Sequence[Result], base: Sequence[Result]) -> Table:
    latency, against = _latency(of), _latency(base)
    at_once, at_once_against = _without_network(of), _without_network(base)
    figures = (
        (ratio(_right(of), _right(base)), ratio_with_interval(_right(of), _right(base))),
        (ratio(latency, against), ratio_with_interval(latency, against)),
        (ratio(at_once, at_once_against), ratio_with_interval(at_once, at_once_against)),
        (mean(_calls(of)), with_interval(_calls(of))),
        (_wrong(of), _wrong_with_interval(of)),
    )
    rows = []
    for (name, word, goal), (value, shown) in zip(GOALS, figures, strict=True):
        met = value >= goal if word == "at least" else value <= goal
        rows.append([name, f"{word} {goal:.2f}", shown, "met" if met else "missed"])
    return Table(title="Goals, cascade against cloud alone", head=["figure", "goal", "cascade", ""], rows=rows)


def _computed(found: Sequence[Both], gates: Gates, profile: Profile) -> Mapping[str, Sequence[Result]]:
    """The same answers, with local work at a fifth and a hosted cloud."""
    there = [elsewhere(both, local_share=FIFTH, profile=profile) for both in found]
    return {name: [policy(both) for both in there] for name, policy in policies(gates).items()}


def _ratio_to_cloud(results: Mapping[str, Sequence[Result]]) -> float:
    return ratio(_latency(results["cascade"]), _latency(results["cloud alone"]))


def _hosted(computed: Mapping[str, Mapping[str, Sequence[Result]]]) -> Table:
    """Mean latency with clouds that are not this processor, beside what the paper measured."""
    names = ("local alone", "cloud alone", "cascade", "cascade, the paper's single gate")
    rows = []
    for profile in HOSTED:
        results = computed[profile.name]
        base = _latency(results["cloud alone"])
        for name in names:
            latency = _latency(results[name])
            goal = f"at most {_HOSTED_GOAL:.2f}" if name == "cascade" and profile is HOSTED_7B else ""
            met = "" if not goal else "met" if ratio(latency, base) <= _HOSTED_GOAL else "missed"
            cells = [with_interval(latency), ratio_with_interval(latency, base), goal, met]
            rows.append([f"{name}, {profile.name}", *cells])
    rows.append(["cascade, the paper's mean over its 24 settings", "–", f"{PAPER_LATENCY:.3f}", "", ""])
    title = f"Computed: local work in {FIFTH:g} of its time, the texts are those above; the cloud's time: "
    title += "; ".join(profile.words for profile in HOSTED)
    return Table(title=title, head=["policy, cloud", "mean latency s", "÷ cloud alone", "goal", ""], rows=rows)


def _latencies(results: Mapping[str, Sequence[Result]]) -> Plot:
    names = ("local alone", "cloud alone", "cascade")
    series = [distribution(name, [result.latency_s for result in results[name]]) for name in names]
    return Plot(
        title="Latency until the last text that is shown", x="seconds", y="share of positions", series=series,
        log_x=True,
    )  # fmt: skip


def _thresholds(found: Sequence[Both], gates: Gates, results: Mapping[str, Sequence[Result]]) -> Plot:
    points = [_point([policy(both) for both in found]) for policy in _sweep(gates)]
    marks = [("as set", "cascade"), ("cloud alone", "cloud alone"), ("local alone", "local alone")]
    dots = [Series(name=name, points=[_point(results[policy])], style="dots") for name, policy in marks]
    line = Series(name="cascade, route threshold from 0 to 1", points=points)
    return Plot(
        title="Exact match against cloud calls, as the threshold moves", x="cloud calls a position", y="exact match",
        series=[line, *dots],
    )  # fmt: skip


def _as_it_moves(found: Sequence[Both], gates: Gates) -> Table:
    """A few points of that plot, with their intervals."""
    rows = []
    for sure, policy in list(zip(_THRESHOLDS, _sweep(gates), strict=True))[::2]:
        of = [policy(both) for both in found]
        rows.append([f"{sure:.1f}", with_interval(_calls(of)), with_interval(_right(of), 3), _wrong_with_interval(of)])
    head = ["route threshold", "cloud calls", "exact match", "wrong among shown"]
    return Table(title="Cascade, as the route threshold moves", head=head, rows=rows)


def _sweep(gates: Gates) -> list[Policy]:
    """In the unit in force, a confidence or a chance."""
    return [cascade(replace(gates, sure=sure, show=min(gates.show, sure)), parse=True) for sure in _THRESHOLDS]


def _point(of: Sequence[Result]) -> tuple[float, float]:
    return mean(_calls(of)), mean(_right(of))


def _reliability(found: Sequence[Both]) -> Plot:
    with_text = [both for both in found if both.local.text and confidence(both.local.tokens) is not None]
    scores = [confidence(both.local.tokens) or 0.0 for both in with_text]
    right = [exact_match(both.local.text, both.truth) for both in with_text]
    return reliability({"first 3 tokens, mean": scores}, right)


def _figures(of: Sequence[Result]) -> dict[str, float]:
    return {
        "exact_match": mean(_right(of)),
        "latency_s": mean(_latency(of)),
        "latency_without_network_s": mean(_without_network(of)),
        "calls": mean(_calls(of)),
        "wrong_among_shown": _wrong(of),
    }


def _right(of: Sequence[Result]) -> list[float]:
    return [float(result.right) for result in of]


def _latency(of: Sequence[Result]) -> list[float]:
    return [result.latency_s for result in of]


def _without_network(of: Sequence[Result]) -> list[float]:
    return [result.latency_s - result.network_s for result in of]


def _calls(of: Sequence[Result]) -> list[float]:
    return [float(result.calls) for result in of]


def _wrong_with_interval(of: Sequence[Result]) -> str:
    return ratio_with_interval([float(result.wrong) for result in of], [float(result.shown) for result in of])


def _wrong(of: Sequence[Result]) -> float:
    return sum(result.wrong for result in of) / max(1, sum(result.shown for result in of))
