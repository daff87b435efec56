"""`bench --suite context`: how often is text right that is shown before a model answers? No model is asked.

At the keys people press, of notebook statements and of lines of repositories; by what the context agrees on, also
where the product shows nothing (`cascade/drafts/context_text.py`), so that its gate can be judged.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...cascade.drafts.context_text import context_text
from ...cascade.drafts.speculate import agreed, same
from ...cascade.text.heal import heal
from ..lib.bench import Bench
from ..lib.key_positions import KINDS, at_keys
from ..lib.metrics import percentile
from ..lib.samples import Sample, notebook_samples, repository_samples
from ..report.findings import Findings, Table, ratio_with_interval

_GROUPS = ("two places that part", "three or more that part", "two, whole statement", "three or more, whole", "shown")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    key: str
    groups: frozenset[str]
    begins: bool
    """The first line is a right beginning of the line's rest."""
    exact: bool
    """True when the text is all that is left of the line."""
    took_s: float


def measure(bench: Bench) -> Findings:
    """`n` statements, half of a notebook and half of a file. Raises InputError without the data."""
    lines = repository_samples(bench.data, bench.n // 2, bench.seed)
    drawn = [*notebook_samples(bench.data, bench.n - len(lines), bench.seed), *lines]
    found = []
    samples = at_keys(drawn, bench.seed)
    for number, sample in enumerate(samples, 1):
        found.append(_looked_up(sample))
        bench.progress(number, len(samples))
    took_ms = [one.took_s * 1000 for one in found]
    head = ["what agrees", *(f"{key}: positions, right beginning" for key in KINDS), "all: right beginning", "exact"]
    table = Table(
        title=f"Text of the context at {len(found)} keys (95 % interval)",
        head=head,
        rows=[_line(group, found) for group in _GROUPS],
    )
    said = f"a look-up: median {statistics.median(took_ms):.1f} ms, p99 {percentile(took_ms, 0.99):.1f} ms"
    return Findings(tables=[table], notes=[said], figures={"n": len(found)})


def _looked_up(sample: Sample) -> _Found:
    request = sample.request
    start_s = time.perf_counter()
    shown = context_text(request)
    took_s = time.perf_counter() - start_s
    places = same(request)
    text = agreed(places) if len(places) > 1 else ""
    line = text.removeprefix(heal(request.prefix.rpartition("\n")[2]).left).partition("\n")[0].rstrip()
    groups = set()
    if line:
        whole, many = text.endswith("\n"), len(places) > 2
        groups.add(_GROUPS[2 * whole + many])
    if shown is not None:
        groups.add("shown")
        line = shown.text.partition("\n")[0]
    return _Found(
        key=sample.key,
        groups=frozenset(groups),
        begins=sample.truth.startswith(line),
        exact=line == sample.truth.rstrip(),
        took_s=took_s,
    )


def _line(group: str, found: Sequence[_Found]) -> list[str]:
    cells = []
    for key in KINDS:
        of = [one for one in found if one.key == key and group in one.groups]
        n_key = sum(one.key == key for one in found)
        cells.append(f"{len(of)} of {n_key}, {_share([one.begins for one in of])}")
    every = [one for one in found if group in one.groups]
    return [group, *cells, _share([one.begins for one in every]), _share([one.exact for one in every])]


def _share(values: Sequence[bool]) -> str:
    return ratio_with_interval([float(value) for value in values], [1.0] * len(values)) if values else "–"
