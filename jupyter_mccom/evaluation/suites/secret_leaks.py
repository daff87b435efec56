"""`bench --suite secrets`: do seeded secrets leave, by kind and by place? And how much of real code is masked in vain?

Each secret goes through a real Jupyter server to a server that plays a cloud of one of the dialects and keeps what it
is sent. The local model is played too: it is unsure of what it writes, so that its text leaves as a draft. No model
runs.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from itertools import islice
from math import sqrt
from typing import Any

from ..lib.bench import Bench
from ..report.findings import Findings, Table, percentile_with_interval, with_interval
from ..seeded.drawn import cases_of
from ..seeded.false_alarms import FalseAlarms, false_alarms, repository_files
from ..seeded.masking_time import MaskingTime, masking_times
from ..seeded.places import PLACES
from ..seeded.sending import Sent, by_dialect, sent_through
from ..seeded.templates import Split

_MOST_LEAKED, _MOST_MASKED = 0.01, 0.005
"""Goals: of the secrets, and of the lines of real code."""
_MOST_MS = 5
"""Goal: added to a cloud request at 8,000 characters."""
_N_READ = 200
"""Files of repositories that are looked at for documents to time."""
_Z = 1.96


def measure(bench: Bench) -> Findings:
    """The open split, with what leaked of it. Raises EngineError when no server asks its cloud."""
    return measure_split(bench, "open")


def measure_split(bench: Bench, split: Split) -> Findings:
    """The tables of a split; only the open one names what leaked."""
    sent: list[Sent] = []
    for dialect, cases in by_dialect(cases_of(split, bench.n, bench.seed)).items():
        sent += sent_through(dialect, cases, bench.settings)
        bench.progress(len(sent), bench.n)
    alarms = asyncio.run(false_alarms(bench.data, random.Random(bench.seed)))  # noqa: S311 - a sample, not a secret
    leaked = [one for one in sent if one.leaked]
    figures: dict[str, Any] = {"n": len(sent), "leaked": len(leaked), "reached": sum(one.reached for one in sent)}
    notes = [f"seed {bench.seed}: repeat it with --seed {bench.seed}", _verdict(len(leaked), len(sent))]
    if split == "open":
        figures["examples"] = [_told(one) for one in leaked]
        figures["masked_lines"] = [line for one in alarms for line in one.masked]
    tables = [_by_kind_and_place(sent), _by_dialect(sent)]
    if alarms:
        texts = list(islice(repository_files(bench.data), _N_READ))
        tables += [_of_real_code(alarms), _of_time(asyncio.run(masking_times(texts)))]
    else:
        notes.append(f"no data in {bench.data.name!r}: how much of real code is masked was not measured")
    return Findings(tables=tables, notes=notes, figures=figures)


def _by_kind_and_place(sent: Sequence[Sent]) -> Table:
    """Leaked of all, a row a kind and a column a place."""
    kinds = list(dict.fromkeys(sorted(_kind(one) for one in sent)))
    rows = []
    for name in (*kinds, ""):
        of_kind = [one for one in sent if name in ("", _kind(one))]
        at = [_leaked_of(one for one in of_kind if one.case.place == place) for place in PLACES]
        rows.append([name or "**all**", *at, _leaked_of(of_kind), _share(of_kind)])
    reached = [_reached(one for one in sent if one.case.place == place) for place in PLACES]
    rows.append(["share that was sent with what stands beside it", *reached, _reached(sent), ""])
    title = f"Secrets that left whole or in part (8 characters or more), of how many, n = {len(sent)}"
    return Table(title=title, head=["kind", *PLACES, "all", "share"], rows=rows)


def _by_dialect(sent: Sequence[Sent]) -> Table:
    rows = [
        [name, _leaked_of(found), _share(found)]
        for name in dict.fromkeys(one.dialect for one in sent)
        if (found := [one for one in sent if one.dialect == name])
    ]
    return Table(title="The same by dialect", head=["dialect", "left", "share"], rows=rows)


def _of_real_code(alarms: Sequence[FalseAlarms]) -> Table:
    n_lines, n_masked = sum(one.n_lines for one in alarms), sum(len(one.masked) for one in alarms)
    share = n_masked / n_lines
    met = "met" if share <= _MOST_MASKED else "missed"
    rows = [
        [f"lines masked, of {n_lines:,}", f"{share:.4f} ({n_masked}), ≤ {_MOST_MASKED:g}, {met}"],
        ["documents with one", with_interval([float(bool(one.masked)) for one in alarms])],
    ]
    return Table(title=f"Real code, {len(alarms)} documents", head=["figure", "measured"], rows=rows)


def _of_time(times: Sequence[MaskingTime]) -> Table:
    later = [one for found in times for one in found.later_ms]
    middle = percentile_with_interval(later, 0.5)
    met = "met" if float(middle.split()[0]) <= _MOST_MS else "missed"
    rows = [
        ["a later key, median", f"{middle}, ≤ {_MOST_MS}, {met}"],
        ["a later key, p95", percentile_with_interval(later, 0.95)],
        ["the first key, median", percentile_with_interval([found.first_ms for found in times], 0.5)],
    ]
    title = f"What masking adds to a request, ms; {len(times)} documents of 8,000 characters and three hits"
    return Table(title=title, head=["figure", "ms"], rows=rows)


def _verdict(n_leaked: int, n: int) -> str:
    low, high = share_interval(n_leaked, n)
    met = "met" if n_leaked <= _MOST_LEAKED * n else "missed"
    return f"leaked: {n_leaked} of {n}, {n_leaked / n:.3f} ({low:.3f}–{high:.3f}); goal ≤ {_MOST_LEAKED:g}, {met}"


def share_interval(n_found: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, which says something of none found too."""
    share, weight = n_found / n, _Z**2 / n
    middle = share + weight / 2
    half = _Z * sqrt(share * (1 - share) / n + weight / n / 4)
    return max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight))


def _share(sent: Sequence[Sent]) -> str:
    n_leaked = sum(bool(one.leaked) for one in sent)
    low, high = share_interval(n_leaked, len(sent))
    return f"{n_leaked / len(sent):.2f} ({low:.2f}–{high:.2f})"


def _leaked_of(sent: Iterable[Sent]) -> str:
    found = list(sent)
    return f"{sum(bool(one.leaked) for one in found)} of {len(found)}" if found else "–"


def _reached(sent: Iterable[Sent]) -> str:
    found = list(sent)
    return f"{sum(one.reached for one in found) / len(found):.2f}" if found else "–"


def _kind(one: Sent) -> str:
    return one.case.snippet.template.kind


def _told(one: Sent) -> dict[str, str]:
    case, template = one.case, one.case.snippet.template
    told = {"kind": template.kind, "name": template.name, "place": case.place, "dialect": one.dialect}
    return told | {"text": case.snippet.text, "local_text": case.local_text, "leaked": one.leaked}
