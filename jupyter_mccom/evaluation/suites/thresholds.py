"""`bench --suite thresholds`: do a local text's own figures tell whether it is right, and better than the thresholds?

The local model answers at keys of notebook statements; each half is judged by a fit on the other, so that no figure
comes from what was fitted. Right is an exact match. A person teaches the same fit; `teach` lets these lines do so.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ...agreement import Agreement
from ...cascade.route import features_of
from ...compose import open_cascade, open_store
from ...compose.gates import calibration_of, prices_of, prompts_of
from ...compose.traces import traces_file
from ...errors import InputError, TracesError
from ...learning.calibrate import (
    AT_SHOW_THRESHOLD,
    AT_THRESHOLD,
    BALANCED,
    FIGURES,
    Calibration,
    Prices,
    fit,
    log_loss,
    prior_of,
)
from ...learning.trace_file import TraceStore
from ...learning.verdict import judge, wrong_at_recall
from ...models.catalog import Model
from ...settings import MCCom
from ...types import READ_MS, Features, Generation, Outcome, OutcomeKind, Route, Survival, Trace
from ..lib.bench import Bench, Progress, last_part
from ..lib.data import fingerprint
from ..lib.feature_sets import losses_by_feature_set
from ..lib.key_positions import at_keys, pressed
from ..lib.measured_on import commit
from ..lib.metrics import auroc, exact_match, interval, interval_by, interval_of, mean
from ..lib.samples import Sample, notebook_samples
from ..lib.timed_answers import answer, token_from
from ..report.findings import Findings
from ..report.strata import Stratum, strata

_FILE = "thresholds.jsonl"
_WRONG_GOAL = 0.3
_THRESHOLDS = 0.8, 0.6
"""Thresholds of the confidence, as the paper has them: what a fit is compared with."""
_BINS = 5
_KEPT_S = 90 * 24 * 3600
"""Half of what the store keeps: what is taught lasts so long at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One local text and whether it was right."""

    features: Features
    right: bool


def measure(bench: Bench) -> Findings:
    """All figures; intervals are 95 % bootstrap.

    With `out` one JSON line a text in `out/thresholds.jsonl`, and what is there is not asked again. Raises InputError
    without the data, or with too few right or wrong texts.
    """
    model = open_store(bench.settings).entry(bench.settings.model)
    made_with = _made_with(bench.settings, model) | {"data": fingerprint(bench.data)}
    samples = at_keys(notebook_samples(bench.data, bench.n, bench.seed), bench.seed)
    lines = asyncio.run(_asked(bench.settings, samples, made_with, bench.out, bench.progress))
    found = [(sample, judged_from(line)) for sample, line in zip(samples, lines, strict=True)]
    judged, keys = [one for _, one in found if one is not None], pressed(bench.data)
    prior, parts = prior_of(*_THRESHOLDS), strata([s for s, one in found if one], keys)
    figures = made_with | report(judged, prior, parts, prices_of(bench.settings))
    figures["log_loss_by_feature_set"] = _by_feature_set(judged, [sample.statement for sample, one in found if one])
    return Findings(tables=[], figures=figures, notes=[keys.note()])


def teach(settings: MCCom, out: Path) -> str:
    """Keeps the lines in `out` of this model as if a person had taken what was right and rejected the rest.

    They are traces like others and dated before a person's, so that these are the ones held back; outweighed by them as
    they become more. Kept ones are not kept twice.
    Returns what holds from then on. Raises InputError where there are none, TracesError when they cannot be kept.
    """
    model = open_store(settings).entry(settings.model)
    lines = _read(out, _made_with(settings, model))
    if not lines:
        raise InputError(f"no lines for {model.id} and these settings in {str(out / _FILE)!r}; run the suite first")
    with closing(TraceStore(traces_file(settings))) as store:
        known = store.examples(model.id, prompts_of(model))
        names = {one.suggestion_id for one in known}
        now_s = time.time()
        before_s = max(min((one.at_s for one in known), default=now_s), now_s - _KEPT_S)
        events: list[Trace | Outcome | Survival | Agreement] = []
        for number, line in enumerate(lines.values(), -len(lines)):
            judged = judged_from(line)
            name = _name_of(line)
            if judged is not None and name not in names:
                events += _as_lived(name, judged, model.id, before_s + number)
        store.write(events, prompts_of(model))
        if store.trouble:
            raise TracesError(store.trouble)
        known = store.examples(model.id, prompts_of(model))
    return judge(known, calibration_of(model), prices_of(settings)).why


def _name_of(line: Mapping[str, Any]) -> str:
    """A suggestion's: the same for the same line, and tells nothing of it, such as the path in a position's name."""
    return "bench " + sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()[:24]


def _as_lived(name: str, judged: Judged, model: str, at_s: float) -> tuple[Trace, Outcome]:
    generation = Generation(engine=model, tokens=(), stop="end", first_token_s=0, total_s=0)
    trace = Trace(
        request_id=name,
        suggestion_id=name,
        document="",
        cell_id="",
        language="python",
        trigger="typing",
        started_s=at_s,
        route=Route(to="local", reason="ungated"),
        origin="local",
        text="",
        generations=(generation,),
        features=judged.features,
    )
    kept_chars = judged.features.n_chars if judged.right else 0
    kind: OutcomeKind = "accepted" if judged.right else "rejected"
    return trace, Outcome(suggestion_id=name, kind=kind, kept_chars=kept_chars, shown_ms=READ_MS)


def judged_from(line: Mapping[str, Any]) -> Judged | None:
    """The judged text of a JSON line of this suite; None for an answer without text or probabilities."""
    local = line["local"]
    tokens = [token_from(token) for token in local["tokens"]]
    features = features_of(tokens, local["text"], local["parses"])
    if features is None or not local["text"]:
        return None
    return Judged(features=features, right=exact_match(local["text"], line["truth"]))


def report(
    judged: Sequence[Judged], prior: Calibration, strata: Mapping[str, Stratum], prices: Prices = BALANCED
) -> dict[str, Any]:
    """What a pair of thresholds says of the texts, and what a fit that has not seen them does at these prices.

    Each of `strata` too.
    """
    chances = _cross_fitted(judged, prior)
    priors = [prior.chance(one.features) for one in judged]
    right = [one.right for one in judged]
    n_wanted = sum(each for score, each in zip(priors, right, strict=True) if score > AT_THRESHOLD)
    losses = {"thresholds": _losses(priors, right), "fit": _losses(chances, right)}
    gains = [before - after for before, after in zip(losses["thresholds"], losses["fit"], strict=True)]
    return {
        "n": len(judged),
        "right": _with_interval([float(each) for each in right]),
        "auroc": {
            **{name: _auroc([sign * of(one.features) for one in judged], right) for name, sign, of in FIGURES},
            "mean": _auroc([one.features.mean_prob for one in judged], right),
            "fit": _auroc(chances, right),
        },
        "log_loss": {name: round(mean(values), 3) for name, values in losses.items()} | {"gain": _with_interval(gains)},
        "shown": [
            _shown("route threshold, thresholds", priors, right, AT_THRESHOLD),
            _shown("route threshold, fit", chances, right, prices.route_chance),
            _shown("show threshold, thresholds", priors, right, AT_SHOW_THRESHOLD),
            _shown("show threshold, fit", chances, right, prices.show_chance),
        ],
        "wrong_at_the_route_thresholds_recall": {
            name: None if found is None else round(found, 3)
            for name, scores in (("thresholds", priors), ("fit", chances))
            for found in [wrong_at_recall(scores, [float(each) for each in right], n_wanted)]
        },
        "at_most_30_percent_wrong": [
            _most_shown(name, scores, right) for name, scores in (("thresholds", priors), ("fit", chances))
        ],
        "reliability": _reliability(chances, right),
        "by_key": {name: _by_key(one, chances, right, prices.show_chance) for name, one in strata.items()},
        "fit_on_all": asdict(_fitted(judged, prior)) | {"figures": [name for name, _, _ in FIGURES]},
    }


def _cross_fitted(judged: Sequence[Judged], prior: Calibration) -> list[float]:
    """The chance of each, by a fit on the other half."""
    half = len(judged) // 2
    older, newer = judged[:half], judged[half:]
    if not all(0 < sum(one.right for one in part) < len(part) for part in (older, newer)):
        raise InputError(
            f"{len(judged)} texts are too few: each half needs right and wrong ones; ask for more with --n"
        )
    by_newer, by_older = _fitted(newer, prior), _fitted(older, prior)
    return [by_newer.chance(one.features) for one in older] + [by_older.chance(one.features) for one in newer]


def _by_feature_set(judged: Sequence[Judged], statements: Sequence[str]) -> dict[str, list[float]]:
    """Held-back log loss with each set of a text's figures, with the ends of its interval, drawn by statement."""
    features, right = [one.features for one in judged], [one.right for one in judged]
    losses = losses_by_feature_set(features, right, statements)
    return {name: _rounded(mean(each), *interval_by(statements, each)) for name, each in losses.items()}


def _auroc(scores: Sequence[float], right: Sequence[bool]) -> list[float]:
    """The value with the ends of its interval."""
    ends = interval_of(lambda drawn: auroc([scores[at] for at in drawn], [right[at] for at in drawn]), len(right))
    return _rounded(auroc(scores, right), *ends)


def _shown(name: str, scores: Sequence[float], right: Sequence[bool], cut: float) -> dict[str, Any]:
    """What would be shown above a chance."""
    return {"name": name, "above_chance": round(cut, 3), **_of([score > cut for score in scores], right)}


def _most_shown(name: str, scores: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """The lowest cut of either half at which at most 30 % of its texts are wrong, tried on the other half."""
    half = len(scores) // 2
    by_second, by_first = _cut(scores[half:], right[half:]), _cut(scores[:half], right[:half])
    shown = [score >= (by_second if number < half else by_first) for number, score in enumerate(scores)]
    return {"name": name, **_of(shown, right)}


def _of(shown: Sequence[bool], right: Sequence[bool]) -> dict[str, Any]:
    """Figures of the texts that are shown, each with the ends of its interval."""
    pairs = list(zip(shown, right, strict=True))
    return {
        "n_shown": sum(shown),
        "coverage": _with_interval([float(each) for each in shown]),
        "recall": _with_interval([float(each) for each, is_right in pairs if is_right]),
        "wrong_among_shown": _with_interval([float(not is_right) for each, is_right in pairs if each]),
    }


def _by_key(stratum: Stratum, chances: Sequence[float], right: Sequence[bool], least: float) -> dict[str, Any]:
    """What the fit shows above the chance `least`, by the kind of key."""
    shown = [float(chance > least) for chance in chances]
    wrong = [float(is_shown and not each) for is_shown, each in zip(shown, right, strict=True)]
    return {
        "n": stratum.n,
        "right": stratum.told(right, digits=3),
        "coverage": stratum.told(shown, digits=3),
        "wrong_among_shown": stratum.told(wrong, shown, digits=3),
    }


def _cut(scores: Sequence[float], right: Sequence[bool]) -> float:
    best, n_wrong = 1.0, 0
    for n_shown, (score, each) in enumerate(sorted(zip(scores, right, strict=True), reverse=True), 1):
        n_wrong += not each
        if n_wrong / n_shown <= _WRONG_GOAL:
            best = score
    return best


def _reliability(chances: Sequence[float], right: Sequence[bool]) -> list[dict[str, float]]:
    """Fifths by chance: what the fit says and what is."""
    pairs = sorted(zip(chances, right, strict=True))
    bins = [pairs[len(pairs) * i // _BINS : len(pairs) * (i + 1) // _BINS] for i in range(_BINS)]
    return [
        {
            "said": round(mean([chance for chance, _ in part]), 3),
            "right": round(mean([float(each) for _, each in part]), 3),
            "n": len(part),
        }
        for part in bins
        if part
    ]


def _fitted(judged: Sequence[Judged], prior: Calibration) -> Calibration:
    return fit([one.features for one in judged], [float(one.right) for one in judged], prior)


def _losses(chances: Sequence[float], right: Sequence[bool]) -> list[float]:
    return [log_loss(chance, float(each)) for chance, each in zip(chances, right, strict=True)]


def _with_interval(values: Sequence[float]) -> list[float]:
    return _rounded(mean(values), *interval(values))


def _rounded(*values: float) -> list[float]:
    return [round(value, 3) for value in values]


def _made_with(settings: MCCom, model: Model) -> dict[str, object]:
    """Lines that were made with anything else say nothing of this model's texts."""
    return {
        "model": last_part(model.id),
        "layout": model.layout,
        "prompt_tokens": settings.n_prompt,
        "retrieval_tokens": settings.retrieval_tokens,
        "max_tokens": settings.max_tokens,
    }


async def _asked(
    settings: MCCom, samples: Sequence[Sample], made_with: Mapping[str, object], out: Path | None, progress: Progress
) -> list[dict[str, Any]]:
    made_with = {**made_with, "commit": commit()}
    lines = _read(out, made_with) if out else {}
    opened = open_cascade(settings)
    try:
        for number, sample in enumerate(samples, 1):
            if sample.task not in lines:
                local = asdict(await answer(opened, sample, settings))
                lines[sample.task] = line = {**made_with, "task": sample.task, "local": local, "truth": sample.truth}
                _append(out, line)
            progress(number, len(samples))
    finally:
        await opened.aclose()
    return [lines[sample.task] for sample in samples]


def _append(out: Path | None, line: Mapping[str, Any]) -> None:
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        with (out / _FILE).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _read(out: Path, made_with: Mapping[str, object]) -> dict[str, dict[str, Any]]:
    """The rows of a file, by task."""
    path = out / _FILE
    texts = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.exists() else []
    lines = []
    for text in texts:
        with suppress(ValueError):  # one that was cut off, and the one that was written behind it
            lines.append(json.loads(text))
    return {line["task"]: line for line in lines if all(line.get(name) == value for name, value in made_with.items())}
