"""A trace or the sum of many → a table that reads well as text and as HTML. Knows nothing of where they come from."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from time import localtime, strftime
from typing import Any

from ..server.messages import message
from ..types import OutcomeKind
from .plot import latencies

_SEEN: tuple[OutcomeKind, ...] = ("accepted", "partial", "typed", "rejected", "dismissed", "moved")
"""Outcomes of a text that was visible."""
_STYLE = "text-align: left; white-space: pre-wrap"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page:
    """A title, rows of name and value, and a picture that only rich front ends show."""

    title: str
    rows: tuple[tuple[str, str], ...]
    svg: str = ""

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self.rows)
        indented = "\n" + " " * (width + 4)
        lines = [f"  {name:<{width}}  {value.replace(chr(10), indented)}" for name, value in self.rows]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="{_STYLE}">{html.escape(name)}</th>'
            f'<td style="{_STYLE}">{html.escape(value)}</td></tr>'
            for name, value in self.rows
        )
        return f'<table><caption style="text-align: left">{html.escape(self.title)}</caption>{rows}</table>{self.svg}'


def why(trace: Mapping[str, Any]) -> Page:
    """One request: what was shown, who wrote it, which gate decided, and how long each stage took."""
    rows = [
        ("suggestion", trace["text"] or "none"),
        ("shown from", _writer(trace)),
        ("because", message("reasons", trace["route"]["reason"])),
        ("confidence", _confidence(trace)),
        ("outcome", _outcome(trace["outcome"])),
        ("typed instead", trace["instead"]),
        ("context", "\n".join(map(_hit, trace["hits"]))),
        ("draft", _draft(trace["draft"])),
        ("trouble", trace["trouble"]),
        ("seconds", ", ".join(f"{stage} {took_s:.2f}" for stage, took_s in trace["stage_s"].items())),
    ]
    title = f"{trace['document']} ({trace['trigger']})"
    return Page(title=title, rows=tuple((name, value) for name, value in rows if value))


def sent(left: Sequence[Mapping[str, Any]]) -> str:
    """What left the machine last, each request as it was sent: a line of where it went, then its body."""
    said = [
        f"{strftime('%H:%M:%S', localtime(one['at_s']))} {one['kind']}: {one['address']}\n{one['body']}".rstrip()
        for one in left
    ]
    return "\n\n".join(said) or "nothing has left this machine since the server started, or since you forgot it"


def stats(traces: Sequence[Mapping[str, Any]], status: Mapping[str, Any]) -> Page:
    """Counts of accepted suggestions, times, and saved cloud calls."""
    totals, cloud = status["totals"], status["cloud"]
    asked = [trace for trace in traces if trace["origin"] != "again"]
    kinds = Counter(trace["outcome"]["kind"] for trace in asked if trace["outcome"])
    seen = sum(kinds[kind] for kind in _SEEN)
    taken = kinds["accepted"] + kinds["partial"]
    rows = [
        ("requests", f"{totals['requests']}, {totals['again']} of them typed along without asking a model"),
        ("accepted", f"{taken} of {seen} seen ({taken / seen:.0%})" if seen else "none seen yet"),
        ("outcomes", ", ".join(f"{kinds[kind]} {kind}" for kind in _SEEN if kinds[kind])),
        *((f"seconds, {name}", _spread(times)) for name, times in _times(asked).items()),
        ("cloud calls", f"{cloud['calls_saved']} saved today" if cloud else ""),
        ("left today", f"{cloud['calls_left']} calls" if cloud and cloud["calls_left"] is not None else ""),
    ]
    shown = tuple((name, value) for name, value in rows if value)
    return Page(title="Since the server started", rows=shown, svg=latencies(asked))


def _writer(trace: Mapping[str, Any]) -> str:
    to, generations = trace["route"]["to"], trace["generations"]
    if to == "nothing":
        return "nobody"
    last = 0 if to == "local" else -1  # a cloud that failed was asked after it
    engine = generations[last]["engine"] if generations else "the last suggestion"
    return f"{to}: {engine}"


def _confidence(trace: Mapping[str, Any]) -> str:
    sure, figures = trace["route"]["confidence"], trace["features"]
    if sure is None:
        return ""
    whole = f"; whole text {figures['mean_prob']:.2f}, its lowest token {figures['lowest_prob']:.2f}" if figures else ""
    chance = trace["route"]["chance"]
    decides = f"a chance of {chance:.2f} to be right; " if chance is not None else ""
    return f"{decides}{sure:.2f} (mean probability of the first 3 tokens{whole})"


def _outcome(outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return ""
    return f"{outcome['kind']} after {outcome['shown_ms'] / 1000:.1f} s, {outcome['kept_chars']} characters kept"


def _hit(hit: Mapping[str, Any]) -> str:
    chunk = hit["chunk"]
    return f"{chunk['source']}:{chunk['first_line']}-{chunk['last_line']} ({hit['score']:.2f})"


def _draft(draft: Mapping[str, Any] | None) -> str:
    if draft is None or draft["offered"] is None:
        return ""
    return f"{draft['accepted']} of {draft['offered']} drafted tokens taken"


def _times(traces: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Seconds of each answer, by the tier that was asked last."""
    found: dict[str, list[float]] = {}
    for trace in traces:
        found.setdefault("cloud" if "cloud" in trace["stage_s"] else "local", []).append(trace["stage_s"]["total"])
    return found


def _spread(times: Sequence[float]) -> str:
    p95 = quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    return f"median {median(times):.2f}, p95 {p95:.2f} (n = {len(times)})"
