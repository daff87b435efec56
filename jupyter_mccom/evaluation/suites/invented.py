"""`bench --suite invented`: do names that stand nowhere tell that a text is wrong, beyond its own probabilities?

The local model answers at keys of notebook statements and of lines of repositories. As a feature: the held-back log
loss of the product's fit, with and without a weight for such names. As a gate: how many of the texts that the fit
shows have such a name, and how many of these are right.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Any

from ...cascade.route import features_of
from ...cascade.text.invented_names import InventedNames, invented_names
from ...compose import open_cascade
from ...learning.calibrate import EAGERNESS, log_loss
from ...types import Features
from ..lib.bench import Bench
from ..lib.feature_sets import folds_of, held_back
from ..lib.key_positions import at_keys, pressed
from ..lib.metrics import exact_match, interval_by, mean
from ..lib.project_answers import answer_in
from ..lib.projects import indexed, words_of
from ..lib.samples import Sample, notebook_samples, repository_samples
from ..lib.timed_answers import token_from
from ..report.findings import Findings, Table
from ..report.strata import WEIGHTED, strata

WHICH: Mapping[str, Callable[[InventedNames], bool]] = {
    "names used": bool,
    "and keyword arguments": lambda names: bool(names.used or names.keywords),
    "and names that the text binds": lambda names: bool(names.used or names.keywords or names.bound),
    "attributes": lambda names: bool(names.attributes),
}
"""Which names that stand nowhere raise the flag; the product's is the first."""
LOSS = ("stand nowhere", "texts", "of these right", "gained log loss")
_STEPS = [-0.1 * number for number in range(61)]
"""Weights of a flag that are tried, in log odds; a flag never makes a text likelier."""
_SPREAD = 1.0
"""Standard deviation of the weight before any text was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text that the model wrote."""

    sample: Sample
    text: str
    features: Features
    names: InventedNames

    @property
    def right(self) -> bool:
        """True when its first line is the rest of the line."""
        return exact_match(self.text, self.sample.truth)


def measure(bench: Bench) -> Findings:
    """`n` statements, half of notebooks, those on which no gate was fitted. Raises InputError without the data."""
    n_lines = bench.n // 2
    books = notebook_samples(bench.data, bench.n - n_lines, bench.seed, apart=True)
    lines = repository_samples(bench.data, n_lines, bench.seed)
    samples = at_keys([one for pair in zip_longest(books, lines) for one in pair if one is not None], bench.seed)
    asyncio.run(_run(bench, samples))
    texts = [text for sample in samples if (text := text_of(sample, bench.rows.get(sample.task))) is not None]
    keys = pressed(bench.data)
    weights = strata([one.sample for one in texts], keys)[WEIGHTED].weights if texts else []
    return findings(texts, weights, model=bench.model)


async def _run(bench: Bench, samples: Sequence[Sample]) -> None:
    opened = open_cascade(bench.settings)
    new = [sample for sample in samples if bench.rows.get(sample.task) is None]
    async with aclosing(opened), indexed(new) as projects:
        for number, sample in enumerate(new, len(samples) - len(new) + 1):
            told = await answer_in(opened, sample, bench.settings, projects.get(sample.root))
            row = {"text": told.text, "parses": told.parses, "tokens": [asdict(token) for token in told.tokens]}
            bench.rows.put(sample.task, row)
            bench.progress(number, len(samples))


def text_of(sample: Sample, row: Mapping[str, Any] | None) -> Text | None:
    """The text of a row; None without one, or without probabilities."""
    if row is None or not row["text"]:
        return None
    features = features_of([token_from(token) for token in row["tokens"]], row["text"], row["parses"])
    if features is None:
        return None
    read = [" ".join(words_of(sample.root))] if sample.root else []
    names = invented_names(sample.request, row["text"], read)
    return Text(sample=sample, text=row["text"], features=features, names=names)


def findings(texts: Sequence[Text], weights: Sequence[float], *, model: str) -> Findings:
    """`weights` says how often the key of each text is pressed."""
    if len({one.right for one in texts}) < 2:
        few = Table(
            title=f"{model}, {len(texts)} texts: too few, some must be right and some wrong", head=LOSS, rows=[]
        )
        return Findings(tables=[few], figures={"n": len(texts)})
    statements, right = [one.sample.statement for one in texts], [one.right for one in texts]
    folds = folds_of(statements)
    chances = held_back([one.features for one in texts], right, folds)
    flags = {name: [flag(one.names) for one in texts] for name, flag in WHICH.items()}
    kinds = sorted({one.sample.kind for one in texts})
    n_of = ", ".join(
        f"{kind} {len({one.sample.statement for one in texts if one.sample.kind == kind})}" for kind in kinds
    )
    losses = [_loss(name, chances, flags[name], right, statements, folds) for name in WHICH]
    gates = [
        _gate(name, eagerness, [chance > prices.show_chance for chance in chances], flags[name], texts, weights)
        for name in WHICH
        for eagerness, prices in EAGERNESS.items()
    ]
    return Findings(
        tables=[
            Table(
                title=f"{model}, {len(texts)} texts, statements: {n_of}; log loss of the fit "
                f"{mean(_losses(chances, right)):.3f}",
                head=LOSS,
                rows=losses,
            ),
            Table(
                title="As a gate, of the texts that the fit shows",
                head=["stand nowhere", "eagerness", "shown, wrong", "held back", "of these right", "wrong among shown"],
                rows=gates,
            ),
        ],
        notes=["wrong among shown: weighted by how often a key is pressed, without the gate and with it"],
        figures={"n": len(texts)},
    )


def _loss(
    name: str,
    chances: Sequence[float],
    flags: Sequence[bool],
    right: Sequence[bool],
    statements: Sequence[str],
    folds: Sequence[int],
) -> list[str]:
    with_flag = flagged(chances, flags, right, folds)
    gains = [a - b for a, b in zip(_losses(chances, right), _losses(with_flag, right), strict=True)]
    low, high = interval_by(statements, gains)
    n_right = sum(a and b for a, b in zip(flags, right, strict=True))
    return [name, str(sum(flags)), str(n_right), f"{mean(gains):+.4f} ({low:+.4f} to {high:+.4f})"]


def flagged(
    chances: Sequence[float], flags: Sequence[bool], right: Sequence[bool], folds: Sequence[int]
) -> list[float]:
    """The chances with a weight for the flag on top, fitted on the other folds; a flag never makes a text likelier."""
    found = list(chances)
    for fold in sorted(set(folds)):
        seen = [at for at, other in enumerate(folds) if other != fold and flags[at]]

        def cost(step: float, seen: Sequence[int] = seen) -> float:
            loss = sum(log_loss(_moved(chances[at], step), float(right[at])) for at in seen)
            return loss + step**2 / (2 * _SPREAD**2)

        weight = min(_STEPS, key=cost)
        for at, other in enumerate(folds):
            if other == fold and flags[at]:
                found[at] = _moved(chances[at], weight)
    return found


def _moved(chance: float, by: float) -> float:
    """The chance with its log odds moved."""
    chance = min(max(chance, 1e-9), 1 - 1e-9)
    return 1 / (1 + math.exp(-(math.log(chance / (1 - chance)) + by)))


def _losses(chances: Sequence[float], right: Sequence[bool]) -> list[float]:
    return [log_loss(chance, float(each)) for chance, each in zip(chances, right, strict=True)]


def _gate(
    name: str,
    eagerness: str,
    shown: Sequence[bool],
    flags: Sequence[bool],
    texts: Sequence[Text],
    weights: Sequence[float],
) -> list[str]:
    held = [one for one, is_shown, flag in zip(texts, shown, flags, strict=True) if is_shown and flag]
    wrong = sum(not one.right for one, is_shown in zip(texts, shown, strict=True) if is_shown)
    without = _wrong_share(texts, weights, shown)
    gated = _wrong_share(texts, weights, [a and not b for a, b in zip(shown, flags, strict=True)])
    n_right = sum(one.right for one in held)
    return [name, eagerness, f"{sum(shown)}, {wrong}", str(len(held)), str(n_right), f"{without:.3f}, {gated:.3f}"]


def _wrong_share(texts: Sequence[Text], weights: Sequence[float], shown: Sequence[bool]) -> float:
    of = [(weight, one.right) for weight, one, is_shown in zip(weights, texts, shown, strict=True) if is_shown]
    total = sum(weight for weight, _ in of)
    return sum(weight for weight, right in of if not right) / total if total else 0.0
