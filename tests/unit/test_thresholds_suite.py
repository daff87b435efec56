"""`bench --suite thresholds`: its figures on made-up lines, and what its lines teach."""

from __future__ import annotations

import json
import random
import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.compose import traces_file
from jupyter_mccom.errors import InputError
from jupyter_mccom.evaluation.lib.metrics import auroc
from jupyter_mccom.evaluation.suites.thresholds import judged_from, report, teach
from jupyter_mccom.learning.calibrate import prior_of
from jupyter_mccom.learning.trace_file import TraceStore
from jupyter_mccom.settings import MCCom
from jupyter_mccom.types import Outcome
from tests.conftest import SMALL
from tests.traced import trace


def _line(number: int, probs: list[float], *, text: str = "x", right: bool = True) -> dict[str, Any]:
    tokens = [{"text": text, "prob": prob} for prob in probs]
    return {
        "task": str(number),
        "local": {"text": text * len(probs), "tokens": tokens, "parses": True},
        "truth": text * len(probs) if right else text + "y",
    }


def _lines(n: int) -> list[dict[str, Any]]:
    """Right where the fourth token is sure, which the first three do not tell."""
    draw = random.Random(1)
    found = []
    for number in range(n):
        last = draw.random()
        found.append(_line(number, [draw.uniform(0.6, 1) for _ in range(3)] + [last], right=last > 0.7))
    return found


def test_a_line_becomes_figures_and_a_verdict() -> None:
    """A line of the bench becomes features and whether its text was right."""
    found = judged_from(_line(1, [0.9, 0.6, 0.9, 0.3], text="a", right=False))
    assert found is not None
    assert (found.right, found.features.lowest_prob, found.features.n_chars) == (False, 0.3, 4)
    assert found.features.confidence == pytest.approx(0.8)


def test_an_empty_answer_is_left_out() -> None:
    """An empty answer is left out."""
    assert judged_from(_line(1, [], text="")) is None


def test_auroc_counts_pairs_and_halves_ties() -> None:
    """The area under the curve counts ordered pairs, and ties by half."""
    assert auroc([0.9, 0.8, 0.1, 0.2], [True, True, False, False]) == 1
    assert auroc([0.1, 0.9], [True, False]) == 0
    assert auroc([0.5, 0.5, 0.5, 0.9], [True, False, False, True]) == 0.75


def test_a_fit_on_more_features_shows_fewer_wrong_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fit that sees more than the first three tokens shows fewer wrong texts."""
    monkeypatch.setattr("jupyter_mccom.evaluation.lib.metrics._RESAMPLES", 100)  # of intervals, not looked at here
    judged = [found for line in _lines(300) if (found := judged_from(line))]
    figures = report(judged, prior_of(0.8, 0.6), {})
    assert figures["auroc"]["lowest"][0] > 0.9 > 0.7 > figures["auroc"]["first-3 mean"][0]
    assert figures["log_loss"]["fit"] < figures["log_loss"]["thresholds"]
    wrong = figures["wrong_at_the_route_thresholds_recall"]
    assert wrong["fit"] < 0.3 < wrong["thresholds"]
    assert sum(part["n"] for part in figures["reliability"]) == figures["n"] == 300


MADE_WITH: dict[str, object] = {
    "model": SMALL,
    "layout": "anchored-block",
    "prompt_tokens": 512,
    "retrieval_tokens": 192,
    "max_tokens": 64,
}


def test_a_bench_teaches_the_thresholds_once(tmp_path: Path) -> None:
    """The rows of a bench teach the thresholds once."""
    lines = [MADE_WITH | line for line in _lines(300)] + [MADE_WITH | {"model": "other"} | line for line in _lines(9)]
    (tmp_path / "thresholds.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    settings = MCCom(model=SMALL, traces_dir=str(tmp_path / "data"))
    said = teach(settings, tmp_path)
    assert "300 outcomes" in said
    assert teach(settings, tmp_path) == said
    with pytest.raises(InputError, match=re.escape(str(tmp_path))):
        teach(MCCom(model=SMALL, prompt_tokens=256), tmp_path)


def test_a_bench_teaches_each_model_apart(tmp_path: Path) -> None:
    """What a bench teaches for one model leaves another model's outcomes."""
    other = "qwen2.5-coder-0.5b"
    lines = [MADE_WITH | {"model": name} | line for name in (SMALL, other) for line in _lines(300)]
    (tmp_path / "thresholds.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    data = str(tmp_path / "data")
    said = teach(MCCom(model=SMALL, traces_dir=data), tmp_path)
    assert "300 outcomes" in teach(MCCom(model=other, traces_dir=data), tmp_path)
    assert teach(MCCom(model=SMALL, traces_dir=data), tmp_path) == said


def test_a_bench_of_other_data_teaches_too(tmp_path: Path) -> None:
    """A bench of other data teaches even when its positions have the same names."""
    data = str(tmp_path / "data")
    for number, source in enumerate("ab", 1):
        folder = tmp_path / source
        folder.mkdir()
        lines = [MADE_WITH | {"data": source} | line for line in _lines(300)]
        (folder / "thresholds.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        assert f"{300 * number} outcomes" in teach(MCCom(model=SMALL, traces_dir=data), folder)


def test_nothing_of_a_position_is_kept(tmp_path: Path) -> None:
    """Nothing of a position's name is kept."""
    (line,) = [MADE_WITH | line for line in _lines(1)]
    (tmp_path / "thresholds.jsonl").write_text(json.dumps({**line, "task": "secret/plan.py:3"}) + "\n")
    settings = MCCom(model=SMALL, traces_dir=str(tmp_path / "data"))
    teach(settings, tmp_path)
    with closing(TraceStore(traces_file(settings))) as store:
        (kept,) = store.examples(SMALL, "anchored-block, healed")
    assert "plan" not in repr(kept)


@pytest.mark.parametrize("age_days", [1, 170])
def test_what_a_bench_teaches_is_older_and_lasts(tmp_path: Path, age_days: float) -> None:
    """What a bench teaches counts as older than a person's outcomes, and it lasts."""
    settings = MCCom(model=SMALL, traces_dir=str(tmp_path / "data"))
    at_s = time.time() - age_days * 24 * 3600
    layout = "anchored-block, healed"
    with closing(TraceStore(traces_file(settings))) as store:
        for number, name in enumerate("ab"):
            own = trace(name, at_s=at_s + number, model=SMALL)
            store.write([own, Outcome(suggestion_id=name, kind="accepted")], layout)
    lines = [MADE_WITH | line for line in _lines(300)]
    (tmp_path / "thresholds.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"model": "sm')
    teach(settings, tmp_path)
    with closing(TraceStore(traces_file(settings))) as store:
        known = [example.suggestion_id.partition(" ")[0] for example in store.examples(SMALL, layout)]
    assert known.count("bench") == 300
    assert known[-2:] == ["a", "b"] or age_days > 90


def test_texts_that_are_all_right_teach_nothing() -> None:
    """Texts that are all right are an error that asks for more."""
    judged = [found for n in range(10) if (found := judged_from(_line(n, [0.9])))]
    with pytest.raises(InputError, match="--n"):
        report(judged, prior_of(0.8, 0.6), {})
