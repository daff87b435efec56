"""The case file `tests/cases/debounce.json`: a person's rhythm, an answer's time, and the wait for a pause."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jupyter_mccom.evaluation.typing.rhythm import Rhythm

CASES = json.loads((Path(__file__).parents[1] / "cases" / "debounce.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(value) for value in case.values()))
def test_the_wait_is_the_rhythm_less_the_latency(case: dict[str, Any]) -> None:
    """Each case's wait is the person's rhythm less the latency of an answer."""
    rhythm = Rhythm()
    for number in range(1, 61):
        rhythm.key(number * case["gap_ms"] / 1000)
    rhythm.answered(case["latency_ms"] / 1000)
    now_s = (60 * case["gap_ms"] + case["since_ms"]) / 1000
    waited_s = rhythm.wait_s(now_s, case["max_ms"] / 1000)
    assert waited_s * 1000 == pytest.approx(case["wait_ms"], abs=1)
