"""`bench --suite rules`: how often is a draft from the context right, by the rule that found it? No model is asked.

Positions are notebook statements and lines of repositories; what is compared is the rest of the cursor's line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ...cascade.drafts import speculate
from ...cascade.text.heal import heal
from ...types import CompletionRequest
from ..lib.bench import Bench
from ..lib.samples import Sample, notebook_samples, repository_samples
from ..report.findings import Findings, Table, ratio_with_interval


def _agreed(places: Sequence[str]) -> str:
    draft = speculate.agreed(places) if len(places) > 1 else ""
    return draft if draft.strip() else ""


def _renamed(request: CompletionRequest) -> Sequence[str]:
    """The places with other names, where equal lines give no draft."""
    return [] if _agreed(speculate.same(request)) else speculate.renamed(request)


RULES: Mapping[str, Callable[[CompletionRequest], str]] = {
    "as it is": speculate.draft_of,
    "the same line, as far as two places agree": lambda request: _agreed(speculate.same(request)),
    "else with other names, as far as two agree": lambda request: _agreed(_renamed(request)),
    "the same line, the nearest place alone": lambda request: next(iter(speculate.same(request)), ""),
    "else with other names, the nearest alone": lambda request: next(iter(_renamed(request)), ""),
}


def measure(bench: Bench) -> Findings:
    """Half of the positions notebook statements, half lines of repositories. Raises InputError without the data."""
    lines = repository_samples(bench.data, bench.n // 2, bench.seed)
    samples = [*notebook_samples(bench.data, bench.n - len(lines), bench.seed), *lines]
    drafts: dict[str, list[str]] = {rule: [] for rule in RULES}
    for number, sample in enumerate(samples, 1):
        for rule, found in RULES.items():
            drafts[rule].append(found(sample.request).partition("\n")[0])
        bench.progress(number, len(samples))
    head = ["rule", "positions with a draft", "its characters that are right"]
    rows = [_line(rule, samples, found) for rule, found in drafts.items()]
    title = f"The rest of a line, n = {len(samples)}; intervals by document"
    return Findings(tables=[Table(title=title, head=head, rows=rows)])


def _line(rule: str, samples: Sequence[Sample], drafts: Sequence[str]) -> list[str]:
    n_positions, n_drafts, n_chars, n_right = ({sample.request.document: 0.0 for sample in samples} for _ in range(4))
    for sample, draft in zip(samples, drafts, strict=True):
        document = sample.request.document
        truth = heal(sample.request.prefix.rpartition("\n")[2]).left + sample.truth
        n_positions[document] += 1
        n_drafts[document] += bool(draft)
        n_chars[document] += len(draft)
        n_right[document] += next((at for at, char in enumerate(draft) if truth[at : at + 1] != char), len(draft))
    positions, found, chars, right = (list(of.values()) for of in (n_positions, n_drafts, n_chars, n_right))
    share = ratio_with_interval(found, positions, 3)
    return [rule, share, f"{ratio_with_interval(right, chars)} of {sum(chars):.0f}"]
